# A plain multi-task network: EfficientNet-Lite0, FPN, and one head per task. Configs that use it must set model.tasks.
channels = 96
model = dict(
    type='MultiTaskSegmentor',
    channels_last=True,
    data_preprocessor=dict(type='MultiTaskDataPreProcessor', mean=[127] * 3, std=[128] * 3, bgr_to_rgb=True),
    backbone=dict(
        type='EfficientNetLite',
        arch='lite0',
        init_cfg=dict(type='Pretrained', checkpoint='efficientnet-lite://lite0'),
    ),
    neck=dict(
        type='FPN',
        in_channels=[24, 40, 112, 320],
        out_channels=channels,
        num_outs=4,
    ),
    decode_head=dict(type='MultiTaskHead', in_channels=channels, channels=channels, in_index=0),
    loss_weighting=dict(type='LossWeighting', projection=None),
)
