import pytest
import torch
from mmdet.models.dense_heads import Mask2FormerHead
from mmengine.config import ConfigDict
from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.models import Mask2FormerBackbone


def build(backbone: dict, **kwargs) -> Mask2FormerBackbone:
    module = MODELS.build(backbone | kwargs)
    module.init_weights()
    return module


def build_lively(backbone: dict, **kwargs) -> Mask2FormerBackbone:
    """Builds a backbone whose masks have both signs, so that attention masks matter. Untrained masks hardly vary."""
    module = build(backbone, **kwargs)
    for part in (module.pixel_decoder, module.transformer_decoder, module.mask_embed):
        for parameter in part.parameters():
            nn.init.normal_(parameter, std=0.3)
    return module


def stock_head(backbone: dict, module: Mask2FormerBackbone) -> Mask2FormerHead:
    """mmdet's head with the backbone's weights, loaded by name; only its class layer has others."""
    width = backbone['feat_channels']
    head = Mask2FormerHead(
        in_channels=backbone['in_channels'],
        feat_channels=width,
        out_channels=backbone['out_channels'],
        num_queries=backbone['num_queries'],
        pixel_decoder=ConfigDict(backbone['pixel_decoder'] | dict(type='mmdet.MSDeformAttnPixelDecoder')),
        transformer_decoder=ConfigDict(backbone['transformer_decoder'] | dict(return_intermediate=True)),
        positional_encoding=dict(num_feats=width // 2, normalize=True),
        loss_cls=ConfigDict(type='CrossEntropyLoss', class_weight=[1.0] * 134),
    )
    own = {name: value for name, value in module.state_dict().items() if not name.startswith('encoder.')}
    missing, unexpected = head.load_state_dict(own, strict=False)
    assert set(missing) == {'cls_embed.weight', 'cls_embed.bias'} and not unexpected
    return head


@pytest.mark.parametrize('mask_layers', ['all', 'last'])
def test_equals_the_formula_on_mmdets_head(backbone, mask_layers):
    module = build_lively(backbone, mask_layers=mask_layers, shared_norm=None)
    head = stock_head(backbone, module)
    images = torch.randn(2, 3, 64, 96)
    shared = module(images)[0]
    maps = module.encoder(images)
    masks = head(maps, None)[1]
    pixels = head.pixel_decoder(maps)[0]
    assert 0.1 < (torch.stack(masks) < 0).float().mean() < 0.9
    chosen = masks[1:] if mask_layers == 'all' else masks[-1:]
    expected = torch.stack(chosen).sum((0, 2))[:, None] * pixels
    assert (shared - expected).abs().max() < 1e-4 * expected.abs().max()

    cotangent = torch.randn_like(shared)
    (shared * cotangent).sum().backward()
    (expected * cotangent).sum().backward()
    for name, parameter in head.named_parameters():
        if not name.startswith('cls_embed'):
            other = module.get_parameter(name).grad
            assert (parameter.grad - other).abs().max() <= 1e-4 * parameter.grad.abs().max() + 1e-3, name


def test_the_initial_masks_do_not_count(backbone):
    module = build(backbone, shared_norm=None)
    head = stock_head(backbone, module)
    images = torch.randn(1, 3, 64, 64)
    shared = module(images)[0]
    maps = module.encoder(images)
    wrong = torch.stack(head(maps, None)[1]).sum((0, 2))[:, None] * head.pixel_decoder(maps)[0]
    assert (shared - wrong).abs().max() > 1e-2 * wrong.abs().max()


@pytest.mark.parametrize('mask_layers', ['all', 'last'])
def test_every_parameter_gets_a_gradient(backbone, gradients, mask_layers):
    module = build(backbone, mask_layers=mask_layers)
    out = module(torch.randn(2, 3, 64, 64))[0]
    (out * torch.randn_like(out)).sum().backward()
    assert all(gradient.isfinite().all() for gradient in gradients(module).values())


def test_sizes_that_are_not_multiples_of_the_strides(backbone):
    module = build(backbone)
    outs = module(torch.randn(2, 3, 70, 90))
    assert isinstance(outs, tuple) and [out.shape for out in outs] == [(2, 16, 18, 23)]


def test_shared_norm_is_a_batch_norm_over_the_shared_map(backbone):
    module = build(backbone)
    out = module(torch.randn(2, 3, 64, 64))[0]
    assert isinstance(module.shared_norm, nn.BatchNorm2d)
    torch.testing.assert_close(out.mean((0, 2, 3)), torch.zeros(16), atol=1e-4, rtol=0)
    assert isinstance(build(backbone, shared_norm=None).shared_norm, nn.Identity)


def test_decoders_of_different_widths_are_joined_by_projections(backbone):
    backbone['feat_channels'] = 24
    pixel_decoder = backbone['pixel_decoder']
    pixel_decoder['positional_encoding'] = dict(num_feats=12, normalize=True)
    layer = pixel_decoder['encoder']['layer_cfg']
    layer['self_attn_cfg'] = layer['self_attn_cfg'] | dict(embed_dims=24)
    layer['ffn_cfg'] = layer['ffn_cfg'] | dict(embed_dims=24)
    module = build(backbone)
    assert [tuple(conv.weight.shape) for conv in module.decoder_input_projs] == [(16, 24, 1, 1)] * 3
    assert module(torch.randn(2, 3, 64, 64))[0].shape == (2, 16, 16, 16)


def test_the_shared_map_is_float32_under_autocast(backbone):
    module = build(backbone, shared_norm=None)
    with torch.autocast('cpu', torch.bfloat16):
        out = module(torch.randn(1, 3, 64, 64))[0]
    assert out.dtype == torch.float32 and out.isfinite().all()


def test_unknown_mask_layers(backbone):
    with pytest.raises(ValueError, match="'first' is unknown; choose one of"):
        build(backbone, mask_layers='first')


def test_pretrained_weights_survive_the_initialization(backbone, tmp_path):
    state = {name: torch.full_like(tensor, 0.25) for name, tensor in build(backbone).state_dict().items()}
    torch.save(dict(state_dict=state), tmp_path / 'weights.pth')
    module = build(backbone, init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'weights.pth')))
    module.init_weights()
    assert all((tensor == 0.25).all() for tensor in module.state_dict().values() if tensor.is_floating_point())


def test_mask_norm_lets_the_shared_map_start_as_the_pixel_embeddings(backbone):
    module = build(backbone, shared_norm=None, mask_norm=dict(type='BN'))
    images = torch.randn(2, 3, 64, 96)
    maps = module.encoder(images)
    pixels, levels = module.pixel_decoder(maps)
    torch.testing.assert_close(module(images)[0], pixels)

    nn.init.constant_(module.mask_norm.weight, 0.5)
    masks = (module.sum_mask_embeddings(pixels, levels)[..., None, None] * pixels).sum(1, keepdim=True)
    standard = (masks - masks.mean()) / (masks.var(unbiased=False) + 1e-5).sqrt()
    shared = module(images)[0]
    torch.testing.assert_close(shared, (1 + 0.5 * standard) * pixels, rtol=1e-4, atol=1e-4)
    (shared * torch.randn_like(shared)).sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in module.mask_embed.parameters())


def use_vit(backbone: dict) -> dict:
    """Puts a ViT with patches of 14 pixels, and a neck that makes a pyramid, into the backbone's config."""
    return backbone | dict(
        in_channels=[12] * 4,
        encoder=dict(
            type='VisionTransformer',
            img_size=56,
            patch_size=14,
            embed_dims=12,
            num_layers=4,
            num_heads=2,
            out_indices=(0, 1, 2, 3),
        ),
        encoder_neck=dict(type='Feature2Pyramid', embed_dim=12, norm_cfg=dict(type='BN')),
    )


@pytest.mark.parametrize('size, patches', [((56, 84), (4, 6)), ((61, 91), (5, 7))], ids=['even', 'odd'])
def test_an_encoder_with_a_single_stride(backbone, gradients, size, patches):
    module = build(use_vit(backbone))
    out = module(torch.randn(2, 3, *size))[0]
    assert out.shape == (2, 16, 4 * patches[0], 4 * patches[1])
    (out * torch.randn_like(out)).sum().backward()
    assert all(gradient.isfinite().all() for gradient in gradients(module).values())


def test_without_a_neck_the_names_of_tensors_are_unchanged(backbone):
    assert {name.partition('.')[0] for name in build(backbone).state_dict()} == {
        'encoder', 'pixel_decoder', 'transformer_decoder', 'query_embed', 'query_feat', 'level_embed', 'mask_embed',
        'shared_norm',
    }  # fmt: skip


def test_in_channels_that_differ_from_the_encoder(backbone):
    module = build(backbone, in_channels=[24, 40, 112, 192])
    with pytest.raises(ValueError, match=r'in_channels is \[24, 40, 112, 192\].* gives \[24, 40, 112, 320\]'):
        module(torch.randn(1, 3, 64, 64))


def test_an_encoder_without_maps(backbone):
    backbone = use_vit(backbone) | dict(encoder_neck=None)
    backbone['encoder'] |= dict(out_indices=3)
    module = build(backbone)
    with pytest.raises(ValueError, match=r'gives \[12\] .*encoder_neck'):
        module(torch.randn(1, 3, 56, 56))
    module.encoder.forward = lambda images: (images.new_zeros(len(images), 12),)
    with pytest.raises(ValueError, match=r'gives \[\(1, 12\)\]'):
        module(torch.randn(1, 3, 56, 56))
