"""MT-CP, small, on NYUD-v2 for 27 epochs: 20 of backbone and heads (mtcp_nyud_small_trunk.py), and these 7 of all."""

_base_ = './mtcp_nyud_small_trunk.py'
load_from = './work_dirs/mtcp_nyud_small_trunk/epoch_20.pth'
model = dict(neck=[_base_.task_decoders, _base_.coherence_fusion, _base_.spatial_refinement])

# The trunk goes on at the rate at which its schedule was left; the necks, which add to it, begin.
optim_wrapper = dict(optimizer=dict(lr=1.6e-3), paramwise_cfg=dict(custom_keys=dict(neck=dict(lr_mult=3.0))))
max_epochs = 7
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, end=50, by_epoch=False),
    dict(_base_.param_scheduler[0], end=max_epochs),
]
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
