"""MT-CP with DINOv2's ViT-B/14 instead of Swin-S; otherwise like ``mtcp_nyud.py``, with the paper's recipe.

A ViT has a single stride, here 14. A neck resizes the features of four layers to strides 3.5, 7, 14 and 28. Images are
padded to multiples of 28, so that all features cover the same area: 480x640 becomes 504x644. Predictions are cropped.

It needs mmpretrain and torchvision: ``pip install onedl-mmpretrain torchvision``.

By default, the network trains from scratch. Public checkpoint to start from:

- encoder, LVD-142M, of mmpretrain, by ``--cfg-options model.backbone.encoder.init_cfg.type=Pretrained
  model.backbone.encoder.init_cfg.checkpoint=FILE
  model.backbone.encoder.init_cfg.prefix=backbone.``:
  ``vit-base-p14_dinov2-pre_3rdparty_20230426-ba246503.pth``
"""

_base_ = '../mtcp_nyud.py'
custom_imports = dict(imports=[*_base_.custom_imports.imports, 'mtcp_mm.models.backbones.from_mmpretrain'])
model = dict(
    data_preprocessor=dict(size_divisor=28, test_cfg=dict(size_divisor=28)),
    backbone=dict(
        in_channels=[768, 768, 768, 768],
        encoder=dict(
            _delete_=True,
            type='mmpretrain.VisionTransformer',
            arch='base',
            img_size=518,
            patch_size=14,
            layer_scale_init_value=1e-5,
            out_indices=[2, 5, 8, 11],
            out_type='featmap',
        ),
        encoder_neck=dict(type='Feature2Pyramid', embed_dim=768, rescales=[4, 2, 1, 0.5], norm_cfg=dict(type='BN')),
    ),
)
