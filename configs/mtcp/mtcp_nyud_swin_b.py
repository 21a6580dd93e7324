"""MT-CP with Swin-B (windows of 12) instead of Swin-S; otherwise like ``mtcp_nyud.py``, with the paper's recipe.

By default, the network trains from scratch. Public checkpoints to start from:

- encoder, ImageNet-22k, of MMSegmentation, by ``--cfg-options model.backbone.encoder.init_cfg.type=Pretrained
  model.backbone.encoder.init_cfg.checkpoint=FILE``:
  ``swin_base_patch4_window12_384_22k_20220317-e5c09f74.pth``
- encoder and decoders, ADE20K, of MMSegmentation, by ``load_from`` after ``tools/model_converters/mask2former.py``:
  ``mask2former_swin-b-in22k-384x384-pre_8xb2-160k_ade20k-640x640_20221203_235230-7ec0f569.pth``
"""

_base_ = '../mtcp_nyud.py'
model = dict(
    backbone=dict(
        in_channels=[128, 256, 512, 1024],
        encoder=dict(pretrain_img_size=384, embed_dims=128, num_heads=[4, 8, 16, 32], window_size=12),
    )
)
