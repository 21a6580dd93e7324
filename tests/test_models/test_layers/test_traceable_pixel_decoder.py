import pytest
import torch
from mmdet.models.layers import MSDeformAttnPixelDecoder
from mmengine.config import ConfigDict
from torch import nn

from mtcp_mm.models.layers import TraceablePixelDecoder
from mtcp_mm.models.layers.traceable_pixel_decoder import TraceableDeformableAttention, reference_points

CHANNELS = [6, 8, 10, 12]


@pytest.fixture
def arguments(pixel_decoder: dict) -> ConfigDict:
    del pixel_decoder['type']
    return ConfigDict(pixel_decoder, in_channels=CHANNELS, feat_channels=16, out_channels=16)


@pytest.fixture
def pair(arguments: ConfigDict) -> tuple[nn.Module, nn.Module]:
    """Our decoder and mmdet's with the same weights, none of them zero, as some are initially."""
    ours, stock = TraceablePixelDecoder(**arguments), MSDeformAttnPixelDecoder(**arguments)
    for parameter in stock.parameters():
        nn.init.normal_(parameter, std=0.3)
    ours.load_state_dict(stock.state_dict(), strict=True)
    return ours, stock


@pytest.fixture
def vit_pair(arguments: ConfigDict) -> tuple[nn.Module, nn.Module]:
    """The two decoders at the strides of a ViT's pyramid, which only mmdet's needs to know."""
    ours, stock = TraceablePixelDecoder(**arguments), MSDeformAttnPixelDecoder(**arguments, strides=[3.5, 7, 14, 28])
    ours.load_state_dict(stock.state_dict(), strict=True)
    return ours, stock


def features(sizes: list[tuple[int, int]]) -> list[torch.Tensor]:
    return [torch.randn(2, width, *size, requires_grad=True) for width, size in zip(CHANNELS, sizes, strict=True)]


@pytest.mark.parametrize(
    'sizes', [[(16, 24), (8, 12), (4, 6), (2, 3)], [(18, 23), (9, 12), (5, 6), (3, 3)]], ids=['even', 'odd']
)
def test_equals_mmdets(pair, gradients, sizes):
    results = []
    feats = features(sizes)
    for module in pair:
        inputs = [feat.detach().requires_grad_() for feat in feats]
        pixels, levels = module(inputs)
        outs = [pixels, *levels]
        torch.manual_seed(1)
        sum((out * torch.randn_like(out)).sum() for out in outs).backward()
        results.append([outs, [feat.grad for feat in inputs], gradients(module)])
    assert [tuple(out.shape[-2:]) for out in results[0][0]] == [sizes[0], *sizes[:0:-1]]
    torch.testing.assert_close(*results, rtol=1e-3, atol=1e-3)


def attend(dtype: torch.dtype, **settings: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns queries of two levels, and the output of the attention."""
    module = TraceableDeformableAttention(8, num_heads=2, num_levels=2, num_points=2, **settings).to(dtype)
    sizes = [(2, 3), (4, 5)]
    query, value, position = torch.randn(3, 2, 26, 8, dtype=dtype)
    points = reference_points(sizes, torch.device('cpu'))[None, :, None].expand(-1, -1, 2, -1)
    return query, module(query, value, query_pos=position, reference_points=points, spatial_shapes=sizes)


def test_attention_is_dropped_out_before_the_query_is_added():
    query, out = attend(torch.float32, dropout=1.0)
    assert torch.equal(out, query)
    query, out = attend(torch.float32, dropout=0.0)
    assert not torch.isclose(out, query).any(-1).all()


def test_attention_keeps_the_precision_of_its_input():
    assert attend(torch.bfloat16)[1].dtype == torch.bfloat16


def test_reference_points_are_pixel_centres_level_after_level():
    points = reference_points([(1, 2), (2, 1)], torch.device('cpu'))
    assert points.tolist() == [[0.25, 0.5], [0.75, 0.5], [0.5, 0.25], [0.5, 0.75]]


def test_strides_do_not_matter(vit_pair):
    feats = [feat.detach() for feat in features([(16, 24), (8, 12), (4, 6), (2, 3)])]
    (ours, levels), (expected, stock_levels) = (module(feats) for module in vit_pair)
    torch.testing.assert_close([ours, *levels], [expected, *stock_levels])


def test_reference_points_are_the_centres_of_a_vits_pixels():
    """At strides 28, 14 and 7 over an image of 504x644."""
    height, width = 504, 644
    points = reference_points([(height // stride, width // stride) for stride in (28, 14, 7)], torch.device('cpu'))
    expected = [
        (x + stride / 2, y + stride / 2)
        for stride in (28, 14, 7)
        for y in range(0, height, stride)
        for x in range(0, width, stride)
    ]
    torch.testing.assert_close(points * torch.tensor([width, height]), torch.tensor(expected))


def test_export_follows_it(pair):
    feats = tuple(feat.detach() for feat in features([(16, 16), (8, 8), (4, 4), (2, 2)]))
    ours = pair[0].eval()
    exported = torch.export.export(ours, (feats,)).module()
    torch.testing.assert_close(exported(feats)[0], ours(feats)[0])
