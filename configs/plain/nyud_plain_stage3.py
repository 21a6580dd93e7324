"""Epochs 33 to 40 of 40, after nyud_plain_stage2.py: the same as stage 2."""

_base_ = './nyud_plain_stage2.py'
load_from = './work_dirs/nyud_plain_stage2/epoch_5.pth'
max_epochs = 8
param_scheduler = [_base_.warm_up, dict(_base_.param_scheduler[1], end=max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
