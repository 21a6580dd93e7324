"""mmseg's SegFormer encoder (MiT-B0) and FCN head on Cityscapes, with task decoders and SRM between them.

Everything but the neck is stock: segmentor, data preprocessor, data set, pipeline, metric, loop. The neck is a
NeckSequence: mmseg's JPU joins the encoder's four maps into one, a task decoder turns that into a pyramid for semseg,
SRM refines it, and SelectTask gives the stock head the tuple of maps that it expects. The network trains from scratch
unless ``model.backbone.init_cfg`` sets SegFormer's weights.
"""

_base_ = ['./_base_/cityscapes.py', './_base_/schedule_40k.py', './_base_/default_runtime.py']
custom_imports = dict(imports=['mtcp_mm'])

channels, pyramid_channels = 128, (128, 192, 256)
model = dict(
    type='EncoderDecoder',
    data_preprocessor=_base_.data_preprocessor,
    backbone=dict(
        type='MixVisionTransformer',
        embed_dims=32,
        num_layers=[2, 2, 2, 2],
        num_heads=[1, 2, 5, 8],
        drop_path_rate=0.1,
    ),
    neck=dict(
        type='NeckSequence',
        tasks=[dict(type='ClassMap', name='semseg', field='sem_seg', classes=_base_.classes)],
        necks=[
            dict(type='JPU', in_channels=(32, 64, 160, 256), mid_channels=32),  # four times as wide at the end
            dict(type='TaskDecoders', in_channels=128, in_index=-1, channels=pyramid_channels, out_channels=channels),
            # a stock head has no losses for intermediate predictions
            dict(type='SpatialRefinement', channels=channels, pyramid_channels=pyramid_channels, intermediate=False),
            dict(type='SelectTask', task='semseg'),
        ],
    ),
    decode_head=dict(
        type='FCNHead',
        in_channels=channels,
        in_index=0,
        channels=channels,
        num_convs=1,
        concat_input=False,
        num_classes=19,
        norm_cfg=dict(type='BN', requires_grad=True),
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='slide', crop_size=(512, 1024), stride=(256, 512)),
)

# SegFormer's recipe: learning rate 6e-5 for the transformer, ten times that for the new neck and head.
optim_wrapper = dict(
    _delete_=True,
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=6e-5, betas=(0.9, 0.999), weight_decay=0.01),
    paramwise_cfg=dict(
        custom_keys={
            'pos_block': dict(decay_mult=0.0),
            'norm': dict(decay_mult=0.0),
            'neck': dict(lr_mult=10.0),
            'head': dict(lr_mult=10.0),
        }
    ),
)
