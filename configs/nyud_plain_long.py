"""The plain network for 27 epochs, to compare mtcp_nyud_small_long.py with."""

_base_ = './nyud_plain.py'
max_epochs = 27
param_scheduler = [dict(_base_.param_scheduler[0], end=max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=10)

# colours changed at random too: so many epochs are long enough to learn 795 frames by heart
train_pipeline = [*_base_.train_pipeline[:-2], dict(type='PhotoMetricDistortion'), *_base_.train_pipeline[-2:]]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
