"""MT-CP's task decoders, CFM and SRM on mmseg's SegFormer encoder (MiT-B0): NYUD-v2, three tasks.

There is no Mask2Former: mmseg's JPU joins the encoder's four maps into one. The network trains from scratch unless
``model.backbone.init_cfg`` sets SegFormer's weights.
"""

_base_ = [
    './_base_/mtcp_stock_encoder.py',
    '../_base_/datasets/nyud.py',
    '../_base_/schedules/adamw_100e.py',
    '../_base_/default_runtime.py',
]
model = dict(
    tasks=_base_.tasks,
    backbone=dict(
        type='MixVisionTransformer',
        embed_dims=32,
        num_layers=[2, 2, 2, 2],
        num_heads=[1, 2, 5, 8],
        drop_path_rate=0.1,
    ),
    neck=[
        dict(_base_.joint_pyramid, in_channels=(32, 64, 160, 256)),
        _base_.task_decoders,
        _base_.coherence_fusion,
        _base_.spatial_refinement,
    ],
)
custom_hooks = [*_base_.custom_hooks, dict(type='LossPrioritizationHook', kappa=2.5)]
