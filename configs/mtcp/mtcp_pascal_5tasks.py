"""MT-CP on PASCAL-Context with five tasks, including normals and edges, as in the literature."""

_base_ = '../mtcp_pascal.py'
tasks = [*_base_.tasks, _base_.normals, _base_.edge]

# Training needs only `tasks`. The rest is for stock tools such as MMSegmentation's get_flops.py.
model = dict(tasks=tasks)
train_dataloader = dict(dataset=dict(tasks=tasks))
val_dataloader = dict(dataset=dict(tasks=tasks))
test_dataloader = val_dataloader
val_evaluator = dict(baseline=dict(tasks=tasks))
test_evaluator = val_evaluator
