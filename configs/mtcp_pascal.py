"""MT-CP on PASCAL-Context with the paper's recipe: three tasks, 512x512, batch 2, 100 epochs."""

_base_ = [
    './_base_/models/mtcp_swin_s.py',
    './_base_/datasets/pascal_context.py',
    './_base_/schedules/adamw_100e.py',
    './_base_/default_runtime.py',
]
model = dict(tasks=_base_.tasks)
custom_hooks = [*_base_.custom_hooks, dict(type='LossPrioritizationHook', kappa=2.5)]
