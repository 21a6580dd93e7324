"""40 epochs with regularisation, from ImageNet weights: trains the network that comes with the package."""

_base_ = './mtcp_nyud_small.py'

# To reduce overfitting on 795 images: stochastic depth, dropout, label smoothing, and 500 times the weight decay.
semseg, depth, normals = _base_.tasks
tasks = [dict(semseg, loss=dict(type='PixelCrossEntropyLoss', label_smoothing=0.1)), depth, normals]
attention = dict(dropout=0.1)
necks = (_base_.task_decoders, _base_.coherence_fusion, _base_.spatial_refinement)
model = dict(
    tasks=tasks,
    backbone=dict(
        encoder=dict(drop_path_rate=0.2),
        transformer_decoder=dict(layer_cfg=dict(self_attn_cfg=attention, cross_attn_cfg=attention)),
    ),
    neck=[*(dict(neck, drop_path_rate=0.2) for neck in necks), _base_.shared_map_residual],
)
optim_wrapper = dict(optimizer=dict(weight_decay=0.05), paramwise_cfg=dict(norm_decay_mult=0.0))

# Rotation and any scale instead of three zooms. The last six epochs have neither, so that objects look as large as in
# testing.
rotation = dict(type='MultiTaskRandomRotateScale', angles=(-10, 10), scales=(0.9, 1.5), pad_val=(127, 127, 127))
pipeline = [rotation if step['type'] == 'MultiTaskRandomZoom' else step for step in _base_.long_pipeline]
train_dataloader = dict(dataset=dict(tasks=tasks, pipeline=pipeline))
val_dataloader = dict(dataset=dict(tasks=tasks))
test_dataloader = val_dataloader
val_evaluator = dict(baseline=dict(tasks=tasks))
test_evaluator = val_evaluator

max_epochs = 40
last_epochs = 6
param_scheduler = [dict(_base_.param_scheduler[0], end=max_epochs)]
train_cfg = dict(max_epochs=max_epochs, val_interval=10)
switch = dict(
    type='mmdet.PipelineSwitchHook', switch_epoch=max_epochs - last_epochs, switch_pipeline=_base_.last_pipeline
)
custom_hooks = [*_base_.custom_hooks, switch]
