"""MT-CP on PASCAL-Context with protocol `atrc`. Its scores are not comparable with those of `mti`."""

_base_ = [
    '../_base_/models/mtcp_swin_s.py',
    '../_base_/datasets/pascal_context_atrc.py',
    '../_base_/schedules/adamw_100e.py',
    '../_base_/default_runtime.py',
]
model = dict(tasks=_base_.tasks, data_preprocessor=dict(size=_base_.canvas, test_cfg=dict(size=_base_.canvas)))
custom_hooks = [*_base_.custom_hooks, dict(type='LossPrioritizationHook', kappa=2.5)]
