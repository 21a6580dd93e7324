"""A small MT-CP on Rooms with PASCAL-Context's five tasks, which trains in minutes on two CPU cores."""

_base_ = [
    '../_base_/models/mtcp_efficientnet_lite0.py',
    '../_base_/datasets/rooms_pascal.py',
    '../_base_/schedules/adamw_10e.py',
    '../_base_/default_runtime.py',
]
model = dict(tasks=_base_.tasks)
custom_hooks = [*_base_.custom_hooks, dict(type='LossPrioritizationHook', kappa=2.5)]
