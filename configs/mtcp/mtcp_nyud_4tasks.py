"""MT-CP on NYUD-v2 with four tasks, including edges, as in the literature."""

_base_ = '../mtcp_nyud.py'
tasks = [
    *_base_.tasks,
    dict(
        type='BinaryMap',
        name='edge',
        field='edge_map',
        loss=dict(type='BalancedBCELoss', positive_weight=0.95),
        metrics=[dict(type='BoundaryF', tolerance=0.011)],
    ),
]

# Training needs only `tasks`. The rest is for stock tools such as MMSegmentation's get_flops.py.
model = dict(tasks=tasks)
train_dataloader = dict(dataset=dict(tasks=tasks))
val_dataloader = dict(dataset=dict(tasks=tasks))
test_dataloader = val_dataloader
val_evaluator = dict(baseline=dict(tasks=tasks))
test_evaluator = val_evaluator
