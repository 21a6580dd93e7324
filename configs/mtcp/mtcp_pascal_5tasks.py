"""MT-CP on PASCAL-Context with the literature's five tasks: surface normals and edges besides."""

_base_ = '../mtcp_pascal.py'
tasks = [*_base_.tasks, _base_.normals, _base_.edge]

# For readers that build no StrictCheckpointRunner, such as MMSegmentation's get_flops.py; to train, `tasks` alone is enough.
model = dict(tasks=tasks)
train_dataloader = dict(dataset=dict(tasks=tasks))
val_dataloader = dict(dataset=dict(tasks=tasks))
test_dataloader = val_dataloader
val_evaluator = dict(baseline=dict(tasks=tasks))
test_evaluator = val_evaluator
