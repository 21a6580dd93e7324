"""The baseline on NYUD-v2: a plain multi-task network without any module of MT-CP."""

_base_ = [
    '../_base_/models/plain_efficientnet_lite0.py',
    '../_base_/datasets/nyud_small.py',
    '../_base_/schedules/adamw_12e.py',
    '../_base_/default_runtime.py',
]
model = dict(tasks=_base_.tasks)
optim_wrapper = dict(
    optimizer=dict(lr=1e-3), paramwise_cfg=dict(_delete_=True, custom_keys={'backbone': dict(lr_mult=0.5)})
)
# mmseg's FPN has a convolution per level, but the head uses only the finest.
find_unused_parameters = True
