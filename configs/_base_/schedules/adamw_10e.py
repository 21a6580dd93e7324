# The schedule of the demo, which takes minutes on two CPU cores.
_base_ = './adamw_12e.py'
max_epochs = 10
param_scheduler = [
    dict(type='PolyLR', power=0.9, begin=0, end=max_epochs, by_epoch=True, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=max_epochs, val_interval=10)
