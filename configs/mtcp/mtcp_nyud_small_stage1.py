"""Epochs 1 to 20 of 40: backbone and heads only, which takes a third of the time.

The four stages train the network that is shipped with the package.
"""

_base_ = './mtcp_nyud_small.py'

# To reduce overfitting on 795 images: stochastic depth, dropout, and 500 times the weight decay.
attention = dict(dropout=0.1)
model = dict(
    backbone=dict(
        encoder=dict(drop_path_rate=0.2),
        transformer_decoder=dict(layer_cfg=dict(self_attn_cfg=attention, cross_attn_cfg=attention)),
    ),
    neck=None,
)
optim_wrapper = dict(optimizer=dict(weight_decay=0.05), paramwise_cfg=dict(norm_decay_mult=0.0))

max_epochs = 20
# Training ends half way through the schedule, at the initial rate of mtcp_nyud_small_stage2.py.
param_scheduler = [dict(_base_.param_scheduler[0], end=2 * max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=10)
train_dataloader = dict(dataset=dict(pipeline=_base_.long_pipeline))
