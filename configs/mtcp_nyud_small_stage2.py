"""Epochs 21 to 27 of 32: all of MT-CP, after mtcp_nyud_small_stage1.py."""

_base_ = './mtcp_nyud_small.py'
load_from = './work_dirs/mtcp_nyud_small_stage1/epoch_20.pth'

# The backbone goes on at the rate at which its schedule was left; the necks, which add to it, begin.
optim_wrapper = dict(optimizer=dict(lr=1.6e-3), paramwise_cfg=dict(custom_keys=dict(neck=dict(lr_mult=3.0))))
max_epochs = 7
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, end=50, by_epoch=False),
    dict(_base_.param_scheduler[0], end=max_epochs),
]
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
train_dataloader = dict(dataset=dict(pipeline=_base_.long_pipeline))
