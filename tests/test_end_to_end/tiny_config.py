"""MT-CP with all its modules, tiny, for three epochs on eight rooms; the tests say where the data lie."""

_base_ = ['../../configs/_base_/datasets/rooms.py', '../../configs/_base_/default_runtime.py']

channels, pyramid_channels = 16, (16, 24, 32)
attention = dict(embed_dims=channels, num_heads=4, dropout=0.0, batch_first=True)
ffn = dict(embed_dims=channels, feedforward_channels=32, num_fcs=2, act_cfg=dict(type='ReLU', inplace=True))
backbone = dict(
    type='Mask2FormerBackbone',
    in_channels=[24, 40, 112, 320],
    feat_channels=channels,
    out_channels=channels,
    num_queries=8,
    encoder=dict(type='EfficientNetLite'),
    pixel_decoder=dict(
        type='TraceablePixelDecoder',
        norm_cfg=dict(type='BN'),
        encoder=dict(
            num_layers=1, layer_cfg=dict(self_attn_cfg=dict(**attention, num_levels=3, num_points=4), ffn_cfg=ffn)
        ),
        positional_encoding=dict(num_feats=channels // 2, normalize=True),
    ),
    transformer_decoder=dict(
        num_layers=3, layer_cfg=dict(self_attn_cfg=attention, cross_attn_cfg=attention, ffn_cfg=ffn)
    ),
)
model = dict(
    type='MultiTaskSegmentor',
    tasks=_base_.tasks,
    data_preprocessor=dict(type='MultiTaskDataPreProcessor', mean=[127] * 3, std=[128] * 3, bgr_to_rgb=True),
    backbone=backbone,
    neck=[
        dict(type='TaskDecoders', in_channels=channels, channels=pyramid_channels, out_channels=channels),
        dict(type='CoherenceFusion', channels=channels, residual=True, q_stride=4),
        dict(type='SpatialRefinement', channels=channels, pyramid_channels=pyramid_channels),
    ],
    decode_head=dict(type='MultiTaskHead', in_channels=channels, channels=channels),
)

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadTaskMaps'),
    dict(type='MultiTaskRandomZoom', factors=(1.0, 1.2, 1.5)),
    dict(type='MultiTaskRandomFlip', prob=0.5),
    dict(type='MultiTaskResize', scale=(64, 64)),
    dict(type='PackMultiTaskInputs'),
]
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='MultiTaskResize', scale=(64, 64)),
    dict(type='LoadTaskMaps'),
    dict(type='PackMultiTaskInputs'),
]
train_dataloader = dict(batch_size=2, num_workers=0, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=2, num_workers=0, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader

max_epochs = 3
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-4), clip_grad=dict(max_norm=5.0)
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, begin=0, end=3, by_epoch=False),
    dict(type='PolyLR', power=0.9, begin=0, end=max_epochs, by_epoch=True, convert_to_iter_based=True),
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=max_epochs, val_interval=max_epochs)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(vis_backends=vis_backends)
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(max_keep_ckpts=-1))
custom_hooks = [
    dict(type='EpochSeedHook'),
    dict(type='BatchContextHook'),
    dict(type='LossPrioritizationHook', kappa=2.5),
]
