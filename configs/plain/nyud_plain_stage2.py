"""Epochs 28 to 32 of 40, after nyud_plain_stage1.py: no zoom, so that objects look as large as in testing."""

_base_ = './nyud_plain.py'
load_from = './work_dirs/nyud_plain_stage1/epoch_27.pth'
# A third of the initial rate of stage 1.
optim_wrapper = dict(optimizer=dict(lr=1e-3 / 3))
max_epochs = 5
param_scheduler = [_base_.warm_up, dict(_base_.param_scheduler[0], end=max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
train_dataloader = dict(dataset=dict(pipeline=_base_.last_pipeline))
