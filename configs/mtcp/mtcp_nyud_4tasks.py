"""MT-CP on NYUD-v2 with four tasks, edges among them, as in the literature."""

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

# For stock tools such as MMSegmentation's get_flops.py, which read each part as written. Training needs `tasks` alone.
model = dict(tasks=tasks)
train_dataloader = dict(dataset=dict(tasks=tasks))
val_dataloader = dict(dataset=dict(tasks=tasks))
test_dataloader = val_dataloader
val_evaluator = dict(baseline=dict(tasks=tasks))
test_evaluator = val_evaluator
