"""A small MT-CP on Rooms, which trains in minutes on two CPU cores (tools/demo.sh)."""

_base_ = [
    './_base_/models/mtcp_efficientnet_lite0.py',
    './_base_/datasets/rooms.py',
    './_base_/schedules/adamw_10e.py',
    './_base_/default_runtime.py',
]
model = dict(tasks=_base_.tasks)
custom_hooks = [*_base_.custom_hooks, dict(type='LossPrioritizationHook', kappa=2.5)]
