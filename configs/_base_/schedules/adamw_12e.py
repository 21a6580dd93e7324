# A short schedule for small networks. The learning rate of the pretrained encoder is a sixth of the others.
# The rate suits 64 to 80 channels: with Adam, a step changes the output of narrow layers less than that of wide ones.
max_epochs = 12
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='FusedAdamW', lr=3e-3, weight_decay=1e-4),
    clip_grad=dict(max_norm=5.0),
    paramwise_cfg=dict(custom_keys={'backbone.encoder': dict(lr_mult=1 / 6)}),
)
param_scheduler = [
    dict(type='PolyLR', power=0.9, begin=0, end=max_epochs, by_epoch=True, convert_to_iter_based=True),
]
# For stages that continue training with a new optimizer.
warm_up = dict(type='LinearLR', start_factor=0.1, end=50, by_epoch=False)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=max_epochs, val_interval=3)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
