"""MT-CP with ResNet-50 instead of Swin-S; otherwise like ``mtcp_nyud.py``, with the paper's recipe.

By default, the network trains from scratch, including the encoder's BatchNorm, which MMSegmentation's Mask2Former
freezes. Public checkpoints to start from:

- encoder, ImageNet-1k, of torchvision, by ``--cfg-options model.backbone.encoder.init_cfg.type=Pretrained
  model.backbone.encoder.init_cfg.checkpoint=FILE``:
  ``resnet50-0676ba61.pth``
- encoder and decoders, ADE20K, of MMSegmentation, by ``load_from`` after ``tools/model_converters/mask2former.py``:
  ``mask2former_r50_8xb2-160k_ade20k-512x512_20221204_000055-2d1f55f1.pth``
"""

_base_ = '../mtcp_nyud.py'
model = dict(
    backbone=dict(
        in_channels=[256, 512, 1024, 2048],
        encoder=dict(_delete_=True, type='ResNet', depth=50, norm_cfg=dict(type='BN')),
    )
)
