import pytest
import torch
import torch.nn.functional as F

from mtcp_mm.models.layers import FPNPixelDecoder

FEATS = [(3, (8, 12)), (5, (4, 6)), (7, (2, 3)), (9, (1, 2))]


def build() -> FPNPixelDecoder:
    return FPNPixelDecoder([width for width, _ in FEATS], 6, 6)


def test_equals_the_pyramid_written_out():
    module = build()
    feats = [torch.randn(2, width, *size) for width, size in FEATS]
    pixels, levels = module(feats)
    merged = [module.lateral_convs[3].conv(feats[3])]
    for i in (2, 1, 0):
        enlarged = F.interpolate(merged[0], feats[i].shape[-2:], mode='bilinear', align_corners=False)
        merged.insert(0, module.lateral_convs[i].conv(feats[i]) + enlarged)
    expected = [smooth.conv(x) for smooth, x in zip(module.fpn_convs, merged, strict=True)]
    torch.testing.assert_close(pixels, expected[0])
    torch.testing.assert_close(levels, expected[:0:-1])


def test_is_linear():
    module = build()
    a, b = ([torch.randn(1, width, *size) for width, size in FEATS] for _ in range(2))
    nothing = module([torch.zeros_like(x) for x in a])[0]
    together = module([x + y for x, y in zip(a, b, strict=True)])[0]
    torch.testing.assert_close(together + nothing, module(a)[0] + module(b)[0])


def test_levels_that_are_not_returned_have_no_convolution(gradients):
    full = build()
    module = FPNPixelDecoder([width for width, _ in FEATS], 6, 6, num_levels=2)
    module.load_state_dict({k: v for k, v in full.state_dict().items() if 'fpn_convs.1' not in k}, strict=True)
    feats = [torch.randn(2, width, *size) for width, size in FEATS]
    pixels, levels = module(feats)
    torch.testing.assert_close((pixels, levels), (full(feats)[0], full(feats)[1][:2]))
    sum((x * torch.randn_like(x)).sum() for x in (pixels, *levels)).backward()
    gradients(module)


@pytest.mark.parametrize(('feat_channels', 'out_channels'), [(6, 8), (8, 6)])
def test_has_one_width(feat_channels, out_channels):
    with pytest.raises(ValueError, match=f'feat_channels {feat_channels}, out_channels {out_channels}'):
        FPNPixelDecoder([3, 5], feat_channels, out_channels)


def test_arguments_of_the_stock_pyramid():
    module = FPNPixelDecoder([3, 5], 6, 6, norm_cfg=dict(type='BN'), upsample_cfg=dict(mode='nearest'))
    assert module.lateral_convs[0].with_norm and module.upsample_cfg == dict(mode='nearest')
