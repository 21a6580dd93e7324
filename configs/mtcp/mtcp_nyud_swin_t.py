"""MT-CP with Swin-T instead of Swin-S; otherwise like ``mtcp_nyud.py``, with the paper's recipe.

By default, the network trains from scratch. Public checkpoints to start from:

- encoder, ImageNet-1k, of MMSegmentation, by ``--cfg-options model.backbone.encoder.init_cfg.type=Pretrained
  model.backbone.encoder.init_cfg.checkpoint=FILE``:
  ``swin_tiny_patch4_window7_224_20220317-1cdeb081.pth``
- encoder and decoders, ADE20K, of MMSegmentation, by ``load_from`` after ``tools/model_converters/mask2former.py``:
  ``mask2former_swin-t_8xb2-160k_ade20k-512x512_20221203_234230-7d64e5dd.pth``
"""

_base_ = '../mtcp_nyud.py'
model = dict(backbone=dict(encoder=dict(depths=[2, 2, 6, 2])))
