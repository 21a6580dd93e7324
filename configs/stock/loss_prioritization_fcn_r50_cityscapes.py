"""mmseg's FCN (ResNet-50, output stride 8) on Cityscapes, with its main and auxiliary losses weighted by LPS.

Every part of the model is stock. The hook replaces its ``parse_losses`` with a LossWeighting, which treats each key
that contains "loss" as a task: here ``decode.loss_ce`` and ``aux.loss_ce`` (0.4 times the cross-entropy, as set
in the head). Their logarithms get new weights each epoch. The network trains from scratch. To start from ImageNet
weights, which are downloaded, set ``model.pretrained='open-mmlab://resnet50_v1c'``.
"""

_base_ = ['./_base_/cityscapes.py', './_base_/schedule_40k.py', './_base_/default_runtime.py']
custom_imports = dict(imports=['mtcp_mm'])
# The schedule is in iterations, so the hook needs the length of an epoch: 2975 images in batches of 8 (4 GPUs x 2).
custom_hooks = [dict(type='LossPrioritizationHook', kappa=2.5, interval=372)]

norm_cfg = dict(type='BN', requires_grad=True)
model = dict(
    type='EncoderDecoder',
    data_preprocessor=_base_.data_preprocessor,
    backbone=dict(
        type='ResNetV1c',
        depth=50,
        num_stages=4,
        out_indices=(0, 1, 2, 3),
        dilations=(1, 1, 2, 4),
        strides=(1, 2, 1, 1),
        norm_cfg=norm_cfg,
        style='pytorch',
        contract_dilation=True,
    ),
    decode_head=dict(
        type='FCNHead',
        in_channels=2048,
        in_index=3,
        channels=512,
        num_convs=2,
        concat_input=True,
        num_classes=19,
        norm_cfg=norm_cfg,
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0),
    ),
    auxiliary_head=dict(
        type='FCNHead',
        in_channels=1024,
        in_index=2,
        channels=256,
        num_convs=1,
        concat_input=False,
        num_classes=19,
        norm_cfg=norm_cfg,
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=0.4),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
