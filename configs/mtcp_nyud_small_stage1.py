"""The first 20 of 32 epochs of the network that comes with the package: backbone and heads, in a third of the time."""

_base_ = './mtcp_nyud_small.py'
model = dict(neck=None)
max_epochs = 20
# left half way, at the rate that mtcp_nyud_small_stage2.py begins with
param_scheduler = [dict(_base_.param_scheduler[0], end=2 * max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=10)
train_dataloader = dict(dataset=dict(pipeline=_base_.long_pipeline))
