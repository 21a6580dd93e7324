"""MT-CP with ConvNeXt-S instead of Swin-S; otherwise like ``mtcp_nyud.py``, with the paper's recipe.

It needs mmpretrain and torchvision: ``pip install onedl-mmpretrain torchvision``.

By default, the network trains from scratch. Public checkpoint to start from:

- encoder, ImageNet-1k, of mmpretrain, by ``--cfg-options model.backbone.encoder.init_cfg.type=Pretrained
  model.backbone.encoder.init_cfg.checkpoint=FILE
  model.backbone.encoder.init_cfg.prefix=backbone.``:
  ``convnext-small_3rdparty_32xb128-noema_in1k_20220301-303e75e3.pth``
"""

_base_ = '../mtcp_nyud.py'
custom_imports = dict(imports=[*_base_.custom_imports.imports, 'mtcp_mm.models.backbones.from_mmpretrain'])
model = dict(
    # Its strided convolutions do not pad, so for other sizes they would drop the last rows and columns.
    data_preprocessor=dict(size_divisor=32, test_cfg=dict(size_divisor=32)),
    backbone=dict(
        in_channels=[96, 192, 384, 768],
        encoder=dict(
            _delete_=True,
            type='mmpretrain.ConvNeXt',
            arch='small',
            out_indices=[0, 1, 2, 3],
            drop_path_rate=0.3,
            layer_scale_init_value=1.0,
            gap_before_final_norm=False,
        ),
    ),
)
