"""MT-CP, small, on NYUD-v2 for 40 epochs."""

_base_ = './mtcp_nyud_small.py'
max_epochs = 40
param_scheduler = [dict(_base_.param_scheduler[0], end=max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=10)

# colours changed at random too: 40 epochs are long enough to learn 795 frames by heart
train_pipeline = [*_base_.train_pipeline[:-2], dict(type='PhotoMetricDistortion'), *_base_.train_pipeline[-2:]]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
