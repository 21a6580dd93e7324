"""mmseg's Semantic FPN (ResNet-50, FPN) on Cityscapes, with a MultiTaskHead for semseg as its head.

Everything but the head is stock: segmentor, data preprocessor, data set, pipeline, metric, loop. The network
trains from scratch. To start from ImageNet weights, which are downloaded, set
``model.pretrained='open-mmlab://resnet50_v1c'``.
"""

_base_ = ['./_base_/cityscapes.py', './_base_/schedule_40k.py', './_base_/default_runtime.py']
custom_imports = dict(imports=['mtcp_mm'])

model = dict(
    type='EncoderDecoder',
    data_preprocessor=_base_.data_preprocessor,
    backbone=dict(
        type='ResNetV1c',
        depth=50,
        num_stages=4,
        out_indices=(0, 1, 2, 3),
        norm_cfg=dict(type='BN', requires_grad=True),
        style='pytorch',
    ),
    neck=dict(type='FPN', in_channels=[256, 512, 1024, 2048], out_channels=256, num_outs=4),
    decode_head=dict(
        type='MultiTaskHead',
        tasks=[dict(type='ClassMap', name='semseg', field='sem_seg', classes=_base_.classes)],
        in_channels=256,
        channels=256,
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
# mmseg's FPN has a convolution per level, but the head uses only the finest.
find_unused_parameters = True
