"""Epochs 1 to 20 of 40: backbone and heads only, which takes a third of the time.

The four stages train the network that is shipped with the package.
"""

_base_ = [
    '../_base_/models/mtcp_efficientnet_lite0_stride4.py',
    '../_base_/datasets/nyud_small.py',
    '../_base_/schedules/adamw_12e.py',
    '../_base_/default_runtime.py',
]

# To reduce overfitting on 795 images: stochastic depth, dropout, and 500 times the weight decay.
attention = dict(dropout=0.1)
model = dict(
    tasks=_base_.tasks,
    loss_weighting=dict(projection=None),
    backbone=dict(
        encoder=dict(drop_path_rate=0.2),
        transformer_decoder=dict(layer_cfg=dict(self_attn_cfg=attention, cross_attn_cfg=attention)),
    ),
    neck=None,
)
custom_hooks = [*_base_.custom_hooks, dict(type='LossPrioritizationHook', kappa=2.5)]
optim_wrapper = dict(optimizer=dict(weight_decay=0.05), paramwise_cfg=dict(norm_decay_mult=0.0))

max_epochs = 20
# Training ends half way through the schedule, at the initial rate of mtcp_nyud_small_stage2.py.
param_scheduler = [dict(_base_.param_scheduler[0], end=2 * max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=10)
train_dataloader = dict(dataset=dict(pipeline=_base_.long_pipeline))
