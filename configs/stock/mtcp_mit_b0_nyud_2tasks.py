"""As mtcp_mit_b0_nyud.py, with semantic segmentation and depth alone."""

_base_ = './mtcp_mit_b0_nyud.py'
tasks = _base_.tasks[:2]

# For stock tools such as MMSegmentation's get_flops.py, which read each part as written. Training needs `tasks` alone.
model = dict(tasks=tasks)
train_dataloader = dict(dataset=dict(tasks=tasks))
val_dataloader = dict(dataset=dict(tasks=tasks))
test_dataloader = val_dataloader
val_evaluator = dict(baseline=dict(tasks=tasks))
test_evaluator = val_evaluator
