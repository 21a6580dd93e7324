"""A small MT-CP on NYUD-v2 for two CPU cores: every module of the paper, on EfficientNet-Lite0 at 192x256."""

_base_ = [
    '../_base_/models/mtcp_efficientnet_lite0.py',
    '../_base_/datasets/nyud_small.py',
    '../_base_/schedules/adamw_12e.py',
    '../_base_/default_runtime.py',
]
# LPS without its logarithm: the gradient 1 / (1 + l) is smallest for the largest loss, semantic segmentation.
model = dict(tasks=_base_.tasks, loss_weighting=dict(projection=None))
custom_hooks = [*_base_.custom_hooks, dict(type='LossPrioritizationHook', kappa=2.5)]
