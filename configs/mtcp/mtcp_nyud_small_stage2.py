"""Epochs 21 to 27 of 40, after mtcp_nyud_small_stage1.py: the whole network."""

_base_ = './mtcp_nyud_small_stage1.py'
load_from = './work_dirs/mtcp_nyud_small_stage1/epoch_20.pth'
necks = (_base_.task_decoders, _base_.coherence_fusion, _base_.spatial_refinement)
model = dict(neck=[dict(neck, drop_path_rate=0.2) for neck in necks])

# The backbone continues at the final rate of stage 1. The necks are new, and their rate is three times as high.
optim_wrapper = dict(optimizer=dict(lr=1.6e-3), paramwise_cfg=dict(custom_keys=dict(neck=dict(lr_mult=3.0))))
max_epochs = 7
# Training ends half way through the schedule. mtcp_nyud_small_stage3.py restarts it with stronger augmentation.
param_scheduler = [_base_.warm_up, dict(_base_.param_scheduler[0], end=12)]
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
