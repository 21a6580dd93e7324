# A small MT-CP: every module of the paper, on EfficientNet-Lite0. Configs that use it must set model.tasks.
channels = 64
pyramid_channels = (64, 128)

attention = dict(embed_dims=channels, num_heads=4, dropout=0.0, batch_first=True)
ffn = dict(embed_dims=channels, feedforward_channels=4 * channels, num_fcs=2, act_cfg=dict(type='ReLU', inplace=True))
backbone = dict(
    type='Mask2FormerBackbone',
    in_channels=[24, 40, 112, 320],
    feat_channels=channels,
    out_channels=channels,
    num_queries=32,
    num_levels=2,
    mask_layers='all',
    # The shared map S starts as the pixel embeddings P, which are linear in the pretrained encoder. With the residuals
    # below, the network starts as a plain one, and the modules of MT-CP come in as they learn. S is normalised, since P
    # grows to a standard deviation of 100, beside which additions would have no effect.
    mask_norm=dict(type='BN'),
    shared_norm=dict(type='BN'),
    encoder=dict(
        type='EfficientNetLite',
        arch='lite0',
        init_cfg=dict(type='Pretrained', checkpoint='efficientnet-lite://lite0'),
    ),
    # Queries attend to strides 32 and 16; stride 8 has four times as many positions.
    pixel_decoder=dict(type='FPNPixelDecoder', num_levels=2),
    transformer_decoder=dict(
        num_layers=2, layer_cfg=dict(self_attn_cfg=attention, cross_attn_cfg=attention, ffn_cfg=ffn)
    ),
)

# Decoders, CFM and SRM work at strides 8 and 16, where a map has at most a quarter of the positions. The last neck
# brings back the details of stride 4.
task_decoders = dict(
    type='TaskDecoders',
    in_channels=channels,
    channels=pyramid_channels,
    out_channels=channels,
    depths=(1, 1),
    num_heads=(2, 2),
    window_size=8,
    mlp_ratio=2.0,
    stride=2,
    residual=True,
)
# A tenth of the default weight: constant V and Q would minimise the coherence loss, and with a residual, nothing else
# prevents that.
coherence_fusion = dict(type='CoherenceFusion', channels=channels, residual=True, q_stride=2, loss_weight=0.01)
spatial_refinement = dict(type='SpatialRefinement', channels=channels, pyramid_channels=pyramid_channels, residual=True)
shared_map_residual = dict(type='SharedMapResidual')

model = dict(
    type='MultiTaskSegmentor',
    channels_last=True,
    data_preprocessor=dict(type='MultiTaskDataPreProcessor', mean=[127] * 3, std=[128] * 3, bgr_to_rgb=True),
    backbone=backbone,
    # To reproduce the paper's ablation (Table 3), remove a neck from the list.
    neck=[task_decoders, coherence_fusion, spatial_refinement, shared_map_residual],
    decode_head=dict(type='MultiTaskHead', in_channels=channels, channels=channels),
    loss_weighting=dict(type='LossWeighting', projection='log1p'),
)
