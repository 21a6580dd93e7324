"""MT-CP on NYUD-v2 with the literature's four tasks: edges besides."""

_base_ = './mtcp_nyud.py'
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
