import pytest
import torch
from torch import nn

from mtcp_mm.models.layers import DynamicFPNFusion


def transparent(levels: int) -> DynamicFPNFusion:
    """Makes convolutions and normalization identities, which leaves only the weighted sums of positive maps."""
    module = DynamicFPNFusion([2] * levels, 2).eval()
    for conv in [*module.laterals, *(smooth.conv for smooth in module.smooths)]:
        nn.init.dirac_(conv.weight)
    for lateral in module.laterals:
        nn.init.zeros_(lateral.bias)
    for smooth in module.smooths:
        smooth.bn.eps = 0.0
    return module


def test_weights_are_a_softmax_of_each_merge():
    module = transparent(3)
    with torch.no_grad():  # Merges in the order they happen in: of the coarsest two first.
        module.level_logits.copy_(torch.tensor([[3.0, 1.0], [1.0, 4.0]]).log())
    pyramid = [torch.full((1, 2, 8 // s, 12 // s), value) for s, value in ((1, 10.0), (2, 20.0), (4, 40.0))]
    coarse = 0.75 * 20 + 0.25 * 40
    torch.testing.assert_close(module(pyramid), torch.full((1, 2, 8, 12), 0.2 * 10 + 0.8 * coarse))


def test_levels_start_alike():
    out = transparent(2)([torch.full((1, 2, 3, 5), 1.0), torch.full((1, 2, 2, 3), 4.0)])
    torch.testing.assert_close(out, torch.full((1, 2, 3, 5), 2.5))


def test_every_parameter_gets_a_gradient(gradients):
    module = DynamicFPNFusion([4, 6, 8], 5)
    pyramid = [torch.randn(2, width, *size) for width, size in ((4, (7, 9)), (6, (4, 5)), (8, (2, 3)))]
    out = module(pyramid)
    assert out.shape == (2, 5, 7, 9)
    (out * torch.randn_like(out)).sum().backward()
    assert gradients(module)['level_logits'].all()


def test_may_start_at_zero_and_learn_both_ways():
    module = DynamicFPNFusion([4, 6], 5, zero_init=True)
    pyramid = [torch.randn(2, 4, 8, 8), torch.randn(2, 6, 4, 4)]
    assert (module(pyramid) == 0).all()
    (module(pyramid) * torch.randn(2, 5, 8, 8)).sum().backward()
    assert module.smooths[-1].bn.weight.grad.abs().min() > 0
    torch.nn.init.ones_(module.smooths[-1].bn.weight)
    assert (module(pyramid) < 0).any()


@pytest.mark.parametrize('zero_init', [False, True])
def test_only_a_last_convolution_that_starts_at_zero_has_no_relu(zero_init):
    module = DynamicFPNFusion([4, 6, 8], 5, zero_init=zero_init)
    assert [smooth.with_activation for smooth in module.smooths] == [True, not zero_init]
    assert [bool(smooth.bn.weight.any()) for smooth in module.smooths] == [True, not zero_init]


def test_norms_follow_the_config():
    module = DynamicFPNFusion([4, 6, 8], 6, norm_cfg=dict(type='GN', num_groups=2))
    assert [type(smooth.norm) for smooth in module.smooths] == [nn.GroupNorm] * 2


def test_a_pyramid_of_another_height():
    with pytest.raises(ValueError):
        DynamicFPNFusion([4, 6], 5)([torch.randn(2, 4, 8, 8), torch.randn(2, 6, 4, 4), torch.randn(2, 6, 2, 2)])
