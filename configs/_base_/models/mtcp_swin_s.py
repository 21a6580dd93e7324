# MT-CP as in the paper: Mask2Former with Swin-S, 256 channels. Configs that use it must set model.tasks.
channels = 256
pyramid_channels = (256, 512, 1024)

attention = dict(embed_dims=channels, num_heads=8, dropout=0.0, batch_first=True)
backbone = dict(
    type='Mask2FormerBackbone',
    in_channels=[96, 192, 384, 768],
    feat_channels=channels,
    out_channels=channels,
    num_queries=100,
    mask_layers='all',
    shared_norm=dict(type='BN'),
    encoder=dict(
        type='SwinTransformer',
        embed_dims=96,
        depths=[2, 2, 18, 2],
        num_heads=[3, 6, 12, 24],
        window_size=7,
        drop_path_rate=0.3,
    ),
    pixel_decoder=dict(
        type='TraceablePixelDecoder',
        norm_cfg=dict(type='GN', num_groups=32),
        encoder=dict(
            num_layers=6,
            layer_cfg=dict(
                self_attn_cfg=dict(**attention, num_levels=3, num_points=4),
                ffn_cfg=dict(
                    embed_dims=channels, feedforward_channels=1024, num_fcs=2, act_cfg=dict(type='ReLU', inplace=True)
                ),
            ),
        ),
        positional_encoding=dict(num_feats=channels // 2, normalize=True),
    ),
    transformer_decoder=dict(
        num_layers=9,
        layer_cfg=dict(
            self_attn_cfg=attention,
            cross_attn_cfg=attention,
            ffn_cfg=dict(
                embed_dims=channels, feedforward_channels=2048, num_fcs=2, act_cfg=dict(type='ReLU', inplace=True)
            ),
        ),
    ),
)

task_decoders = dict(
    type='TaskDecoders',
    in_channels=channels,
    channels=pyramid_channels,
    out_channels=channels,
    depths=(1, 2, 1),
    num_heads=(2, 2, 2),
)
coherence_fusion = dict(type='CoherenceFusion', channels=channels, loss_weight=0.1)
spatial_refinement = dict(type='SpatialRefinement', channels=channels, pyramid_channels=pyramid_channels)

model = dict(
    type='MultiTaskSegmentor',
    # Exact. Without it, a training step takes 2.5 times the memory and 13 % less time (docs/performance.md).
    activation_checkpointing=True,
    data_preprocessor=dict(
        type='MultiTaskDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=backbone,
    # To reproduce the paper's ablation (Table 3), remove a neck from the list.
    neck=[task_decoders, coherence_fusion, spatial_refinement],
    decode_head=dict(type='MultiTaskHead', in_channels=channels, channels=channels),
    loss_weighting=dict(type='LossWeighting', projection='log1p'),
)
