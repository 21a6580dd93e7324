"""A plain multi-task network on NYUD-v2, nothing of MT-CP in it: the one to compare with."""

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
# mmseg's FPN smooths each of its levels, and the head reads the finest alone.
find_unused_parameters = True
