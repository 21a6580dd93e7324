"""The first 20 of the 27 epochs of mtcp_nyud_small_long.py: backbone and heads alone, in a third of the time."""

_base_ = './mtcp_nyud_small.py'
model = dict(neck=None)
max_epochs = 20
# left half way, at the rate that mtcp_nyud_small_long.py begins with
param_scheduler = [dict(_base_.param_scheduler[0], end=2 * max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=10)

# colours changed at random too: so many epochs are long enough to learn 795 frames by heart
train_pipeline = [*_base_.train_pipeline[:-2], dict(type='PhotoMetricDistortion'), *_base_.train_pipeline[-2:]]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
