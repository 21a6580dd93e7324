import pytest
import torch
import torch.nn.functional as F

from mtcp_mm.models.layers import SpatialRefinementModule

PYRAMID = [(6, (8, 12)), (10, (4, 6)), (14, (2, 3))]


def inputs() -> tuple[torch.Tensor, list[torch.Tensor]]:
    return torch.randn(2, 4, 8, 12), [torch.randn(2, width, *size) for width, size in PYRAMID]


def test_maps_come_coarse_to_fine(gradients):
    module = SpatialRefinementModule(4, [width for width, _ in PYRAMID])
    maps = module(*inputs())
    assert [refined.shape for refined in maps] == [(2, 4, 2, 3), (2, 4, 4, 6), (2, 4, 8, 12)]
    sum((refined * torch.randn_like(refined)).sum() for refined in maps).backward()
    gradients(module)


def test_equals_the_formula_on_its_parts():
    module = SpatialRefinementModule(4, [width for width, _ in PYRAMID])
    fused, pyramid = inputs()
    traced, expected = fused, []
    for stage, level in zip(module.stages, pyramid[::-1], strict=True):
        enlarged = F.interpolate(stage.traced_cbam(traced), level.shape[-2:], mode='bilinear', align_corners=False)
        joint = torch.cat([enlarged, stage.stage_cbam(level)], 1)
        expected.append(stage.prediction(joint))
        traced = None if stage.handed_on is None else stage.handed_on(joint)
    torch.testing.assert_close(module(fused, pyramid), tuple(expected))
    assert traced is None


@pytest.mark.parametrize('residual', [True, False])
def test_intermediate_maps_go_through_a_relu(residual):
    *intermediate, last = SpatialRefinementModule(4, [width for width, _ in PYRAMID], residual)(*inputs())
    assert all((x >= 0).all() and (x == 0).any() and (x > 0).any() for x in intermediate)
    assert (last >= 0).all() != residual


def test_without_a_residual_nothing_starts_at_zero():
    module = SpatialRefinementModule(4, [width for width, _ in PYRAMID])
    assert all((norm.weight == 1).all() for norm in module.modules() if isinstance(norm, torch.nn.BatchNorm2d))


def test_norms_follow_the_config():
    module = SpatialRefinementModule(4, [6, 10], norm_cfg=dict(type='GN', num_groups=2))
    norms = [part.norm for stage in module.stages for part in (stage.prediction, stage.handed_on) if part is not None]
    assert [type(norm) for norm in norms] == [torch.nn.GroupNorm] * 3


def test_a_pyramid_of_another_height():
    fused, pyramid = inputs()
    with pytest.raises(ValueError):
        SpatialRefinementModule(4, [width for width, _ in PYRAMID])(fused, pyramid[1:])


def test_the_last_map_alone():
    module = SpatialRefinementModule(4, [width for width, _ in PYRAMID], intermediate=False)
    assert [refined.shape for refined in module(*inputs())] == [(2, 4, 8, 12)]


def test_branches_are_conv_norm_relu_of_the_stages_channels():
    stages = SpatialRefinementModule(4, [width for width, _ in PYRAMID]).stages
    assert [stage.prediction.conv.weight.shape for stage in stages] == [(4, 18, 1, 1), (4, 24, 1, 1), (4, 16, 1, 1)]
    assert [stage.handed_on.conv.out_channels for stage in stages[:-1]] == [14, 10]
    assert stages[0].prediction.order == ('conv', 'norm', 'act') and stages[0].prediction.with_activation


def test_residual_starts_as_the_identity_and_learns(gradients):
    module = SpatialRefinementModule(4, [width for width, _ in PYRAMID], residual=True)
    fused, pyramid = inputs()
    refined = module(fused, pyramid)[-1]
    torch.testing.assert_close(refined, fused)
    (refined * torch.randn_like(refined)).sum().backward()
    assert module.stages[-1].prediction.bn.weight.grad.abs().min() > 0
    torch.nn.init.ones_(module.stages[-1].prediction.bn.weight)
    added = module(fused, pyramid)[-1] - fused
    assert (added < 0).any(), 'a ReLU would let the module add only'


def test_stochastic_depth_keeps_the_input_of_some_samples(check_drop_path):
    module = SpatialRefinementModule(4, [width for width, _ in PYRAMID], residual=True, drop_path_rate=0.4)
    torch.nn.init.ones_(module.stages[-1].prediction.bn.weight)
    fused, pyramid = torch.randn(16, 4, 8, 12), [torch.randn(16, width, *size) for width, size in PYRAMID]
    check_drop_path(module, module.drop_path, lambda: module(fused, pyramid)[-1] - fused)
