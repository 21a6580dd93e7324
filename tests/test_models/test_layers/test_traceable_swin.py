import pytest
import torch
from mmdet.models.backbones.swin import SwinBlock, WindowMSA
from mmdet.models.layers import PatchMerging
from torch import nn

from mtcp_mm.models.layers import SwinPyramid
from mtcp_mm.models.layers.traceable_swin import TraceablePatchMerging, TraceableSwinBlock, TraceableWindowMSA


@pytest.mark.parametrize('shift', [False, True])
@pytest.mark.parametrize('size', [(8, 12), (7, 9), (3, 2)], ids=['whole', 'padded', 'below a window'])
def test_block_equals_mmdets(gradients, shift, size):
    stock = SwinBlock(16, 2, 32, window_size=4, shift=shift)
    ours = TraceableSwinBlock(16, 2, 32, window_size=4, shift=shift)
    for parameter in stock.parameters():
        nn.init.normal_(parameter, std=0.3)
    ours.load_state_dict(stock.state_dict(), strict=True)
    x = torch.randn(2, size[0] * size[1], 16)
    cotangent, results = torch.randn_like(x), []
    for block in (ours, stock):
        tokens = x.clone().requires_grad_()
        out = block(tokens, size)
        (out * cotangent).sum().backward()
        results.append([out, tokens.grad, gradients(block)])
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('mask', [None, torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(0))])
def test_window_attention_equals_mmdets(mask):
    """Including dropout of attention weights and of the result."""
    stock, ours = (
        kind(16, 2, (4, 4), attn_drop_rate=0.3, proj_drop_rate=0.2) for kind in (WindowMSA, TraceableWindowMSA)
    )
    for parameter in stock.parameters():
        nn.init.normal_(parameter, std=0.3)
    ours.load_state_dict(stock.state_dict(), strict=True)
    x, results = torch.randn(6, 16, 16), []
    for module in (ours, stock):
        torch.manual_seed(1)
        results.append(module(x, mask))
    torch.testing.assert_close(*results)


@pytest.mark.parametrize('size', [(4, 6), (5, 7)])
def test_patch_merging_equals_mmdets(size):
    stock, ours = (kind(8, 12) for kind in (PatchMerging, TraceablePatchMerging))
    for parameter in stock.parameters():
        nn.init.normal_(parameter)
    ours.load_state_dict(stock.state_dict(), strict=True)
    x = torch.randn(2, size[0] * size[1], 8)
    (expected, merged), (tokens, ours_merged) = stock(x, size), ours(x, size)
    torch.testing.assert_close(tokens, expected)
    assert tuple(ours_merged) == tuple(merged)
    for _, result in ((stock, expected), (ours, tokens)):
        (result * torch.arange(12)).sum().backward()
    for name, parameter in stock.named_parameters():
        torch.testing.assert_close(ours.get_parameter(name).grad, parameter.grad, rtol=1e-4, atol=1e-4)


def test_pyramid_halves_rounding_up_and_normalises():
    pyramid = SwinPyramid((16, 24, 32), window_size=4)(torch.randn(2, 16, 9, 13))
    assert [level.shape for level in pyramid] == [(2, 16, 9, 13), (2, 24, 5, 7), (2, 32, 3, 4)]
    for level in pyramid:
        torch.testing.assert_close(level.mean(1), torch.zeros_like(level[:, 0]), atol=1e-5, rtol=0)


def test_pyramid_gives_every_parameter_a_gradient(gradients):
    pyramid = SwinPyramid((16, 24, 32), window_size=4)
    sum((level * torch.randn_like(level)).sum() for level in pyramid(torch.randn(2, 16, 8, 8))).backward()
    gradients(pyramid)


def test_every_second_block_is_shifted():
    stages = SwinPyramid((8, 8), depths=(3, 1), num_heads=(2, 2)).stages
    assert [[block.attn.shift_size for block in stage] for stage in stages] == [[0, 3, 0], [0]]


def test_different_numbers_of_stages():
    with pytest.raises(ValueError):
        SwinPyramid((16, 24), depths=(1, 2, 1))


def test_export_leaves_the_batch_open():
    pyramid = SwinPyramid((8, 16), depths=(2, 1), num_heads=(2, 2), window_size=4).eval()
    batch = torch.export.Dim('batch', min=1, max=8)
    exported = torch.export.export(pyramid, (torch.randn(2, 8, 7, 9),), dynamic_shapes=({0: batch},)).module()
    x = torch.randn(3, 8, 7, 9)
    torch.testing.assert_close(exported(x), pyramid(x))


def test_linear_layers_start_as_those_of_swin():
    pyramid = SwinPyramid((16, 24), depths=(1, 1), num_heads=(2, 2), mlp_ratio=8.0)
    pyramid.init_weights()
    layers = [pyramid.merges[0].reduction, *(stage[0].ffn.layers[0][0] for stage in pyramid.stages)]
    assert [layer.weight.shape for layer in layers[1:]] == [(128, 16), (192, 24)]
    for layer in layers:
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.1)


def test_another_initialization():
    pyramid = SwinPyramid((16,), (1,), (2,), init_cfg=dict(type='Constant', layer='Linear', val=0.5))
    pyramid.init_weights()
    assert (pyramid.stages[0][0].ffn.layers[0][0].weight == 0.5).all()
