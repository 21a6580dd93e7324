import torch
import torch.nn.functional as F
from torch import nn

from mtcp_mm.models.layers import build_convs


def test_several_equal_the_formula():
    convs = build_convs([6, 8, 7], 5, None, None, dict(type='GELU'))
    x = torch.randn(2, 6, 8, 12)
    expected = x
    for module in convs:
        padded = F.pad(expected, (2, 2, 2, 2), mode='replicate')
        expected = F.gelu(F.conv2d(padded, module.conv.weight, module.conv.bias))
    torch.testing.assert_close(convs(x), expected)
    assert [module.conv.weight.shape for module in convs] == [(8, 6, 5, 5), (7, 8, 5, 5)]


def test_a_plain_one_has_no_norm_and_no_activation():
    module, x = build_convs([6, 8], 1, None, None, None), torch.randn(2, 6, 8, 12)
    torch.testing.assert_close(module(x), F.conv2d(x, module.conv.weight, module.conv.bias))


def test_none_is_the_identity():
    x = torch.randn(2, 6, 8, 12)
    assert build_convs([6], 3, None, dict(type='BN'), dict(type='ReLU'))(x) is x


def test_a_constant_map_stays_constant_at_the_border():
    out = build_convs([6, 8], 3, None, None, None)(torch.randn(1, 6, 1, 1).expand(1, 6, 8, 12))
    torch.testing.assert_close(out, out[..., 4:5, 6:7].expand_as(out))


def test_parts_follow_the_configs():
    convs = build_convs([6, 8, 8], 3, dict(type='ConvWS'), dict(type='GN', num_groups=2), dict(type='ELU'))
    leaves = [type(module).__name__ for module in convs.modules() if not list(module.children())]
    assert leaves == ['ReplicationPad2d', 'ConvWS2d', 'GroupNorm', 'ELU'] * 2


def test_a_single_one_has_names_without_a_number():
    def names(module: nn.Module) -> list[str]:
        return [name for name, _ in module.named_parameters()]

    norm, act = dict(type='BN'), dict(type='ReLU')
    own = ['conv.weight', 'bn.weight', 'bn.bias']
    assert names(build_convs([6, 8], 3, None, norm, act)) == own
    assert names(build_convs([6, 8, 8], 3, None, norm, act)) == [f'{i}.{name}' for i in range(2) for name in own]
