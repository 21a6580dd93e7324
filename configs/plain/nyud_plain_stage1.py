"""Epochs 1 to 27 of 40 of the plain network, to compare with mtcp_nyud_small_stage4.py."""

_base_ = './nyud_plain.py'
max_epochs = 27
param_scheduler = [dict(_base_.param_scheduler[0], end=max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
train_dataloader = dict(dataset=dict(pipeline=_base_.long_pipeline))
