"""Epochs 36 to 40 of 40, after mtcp_nyud_small_stage3.py: no zoom, so that objects look as large as in testing."""

_base_ = './mtcp_nyud_small_stage3.py'
load_from = './work_dirs/mtcp_nyud_small_stage3/epoch_8.pth'
optim_wrapper = dict(optimizer=dict(lr=0.55e-3))
max_epochs = 5
param_scheduler = [_base_.warm_up, dict(_base_.param_scheduler[1], end=max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
train_dataloader = dict(dataset=dict(pipeline=_base_.last_pipeline))
