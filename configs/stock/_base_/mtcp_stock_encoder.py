# MT-CP's necks and head on a stock encoder. Configs that use it must set model.tasks, model.backbone, and in_channels
# of mmseg's JPU, which joins the encoder's four maps into one at stride 4.
channels, pyramid_channels = 128, (128, 192, 256)
joint_pyramid = dict(type='JPU', mid_channels=32)  # four times as wide at the end
task_decoders = dict(
    type='TaskDecoders', in_channels=128, in_index=-1, channels=pyramid_channels, out_channels=channels
)
coherence_fusion = dict(type='CoherenceFusion', channels=channels, q_stride=4, loss_weight=0.1)
spatial_refinement = dict(type='SpatialRefinement', channels=channels, pyramid_channels=pyramid_channels)

model = dict(
    type='MultiTaskSegmentor',
    data_preprocessor=dict(
        type='MultiTaskDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    decode_head=dict(type='MultiTaskHead', in_channels=channels, channels=channels),
    loss_weighting=dict(type='LossWeighting', projection='log1p'),
)
