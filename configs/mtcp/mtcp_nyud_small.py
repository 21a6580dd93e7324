"""A small MT-CP on NYUD-v2 for two CPU cores: every module of the paper, on EfficientNet-Lite0 at 192x256."""

_base_ = [
    '../_base_/models/mtcp_efficientnet_lite0.py',
    '../_base_/datasets/nyud_small.py',
    '../_base_/schedules/adamw_12e.py',
    '../_base_/default_runtime.py',
]
model = dict(tasks=_base_.tasks)
# Without the logarithm of 'lps', whose gradient 1 / (1 + l) leaves the classes, the largest loss, behind.
custom_hooks = [*_base_.custom_hooks, dict(type='LossPrioritizationHook', mode='priority', kappa=2.5)]
