"""MT-CP with Swin-L (windows of 12) instead of Swin-S; otherwise like ``mtcp_nyud.py``, with the paper's recipe.

By default, the network trains from scratch. Public checkpoints to start from:

- encoder, ImageNet-22k, of MMSegmentation, by ``--cfg-options model.backbone.encoder.init_cfg.type=Pretrained
  model.backbone.encoder.init_cfg.checkpoint=FILE``:
  ``swin_large_patch4_window12_384_22k_20220412-6580f57d.pth``
- encoder and decoders, ADE20K, of MMSegmentation, by ``load_from`` after ``tools/model_converters/mask2former.py``:
  ``mask2former_swin-l-in22k-384x384-pre_8xb2-160k_ade20k-640x640_20221203_235933-7120c214.pth``
"""

_base_ = '../mtcp_nyud.py'
model = dict(
    backbone=dict(
        in_channels=[192, 384, 768, 1536],
        encoder=dict(pretrain_img_size=384, embed_dims=192, num_heads=[6, 12, 24, 48], window_size=12),
    )
)
