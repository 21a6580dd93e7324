"""Like mtcp_mit_b0_nyud.py, with semantic segmentation and depth only."""

_base_ = './mtcp_mit_b0_nyud.py'
tasks = _base_.tasks[:2]

# Training needs only `tasks`. The rest is for stock tools such as MMSegmentation's get_flops.py.
model = dict(tasks=tasks)
train_dataloader = dict(dataset=dict(tasks=tasks))
val_dataloader = dict(dataset=dict(tasks=tasks))
test_dataloader = val_dataloader
val_evaluator = dict(baseline=dict(tasks=tasks))
test_evaluator = val_evaluator
