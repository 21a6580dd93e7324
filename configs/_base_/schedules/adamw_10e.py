# The schedule of the demo, which takes minutes on two CPU cores.
_base_ = './adamw_12e.py'
max_epochs = 10
param_scheduler = [dict(_base_.param_scheduler[0], end=max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=10)
