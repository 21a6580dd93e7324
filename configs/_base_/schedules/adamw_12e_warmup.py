# The short schedule for networks with transformers from scratch: a short warm-up, and clipped gradients.
_base_ = './adamw_12e.py'
optim_wrapper = dict(clip_grad=dict(max_norm=5.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=30, by_epoch=False),
    *_base_.param_scheduler,
]
