"""MT-CP's task decoders, CFM and SRM on mmpretrain's Swin-T: NYUD-v2, three tasks.

There is no Mask2Former: mmseg's JPU joins the encoder's four maps into one. It needs mmpretrain and torchvision. The
network trains from scratch unless ``model.backbone.init_cfg`` sets mmpretrain's weights.
"""

_base_ = [
    './_base_/mtcp_stock_encoder.py',
    '../_base_/datasets/nyud.py',
    '../_base_/schedules/adamw_100e.py',
    '../_base_/default_runtime.py',
]
custom_imports = dict(imports=['mtcp_mm', 'mtcp_mm.models.backbones.from_mmpretrain'])
model = dict(
    tasks=_base_.tasks,
    backbone=dict(
        type='mmpretrain.SwinTransformer',
        arch='tiny',
        out_indices=(0, 1, 2, 3),
        drop_path_rate=0.2,
        pad_small_map=True,  # for maps smaller than a window
    ),
    neck=[
        dict(_base_.joint_pyramid, in_channels=(96, 192, 384, 768)),
        _base_.task_decoders,
        _base_.coherence_fusion,
        _base_.spatial_refinement,
    ],
)
custom_hooks = [*_base_.custom_hooks, dict(type='LossPrioritizationHook', kappa=2.5)]
