import pytest
import torch
from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.structures import TaskFeatures
from mtcp_mm.utils import ConfigError

PYRAMID = (8, 12, 16)


def build(tasks: list[dict], **kwargs) -> nn.Module:
    return MODELS.build(dict(type='TaskDecoders', tasks=tasks, channels=PYRAMID, out_channels=10) | kwargs)


def test_each_task_has_a_pyramid_and_features(tasks, gradients):
    neck = build(tasks, in_channels=6)
    features = neck((torch.randn(2, 6, 9, 13),))
    assert list(features.features) == list(features.pyramids) == ['semseg', 'depth', 'normals']
    for name, fused in features.features.items():
        assert fused.shape == (2, 10, 9, 13)
        assert [x.shape for x in features.pyramids[name]] == [(2, 8, 9, 13), (2, 12, 5, 7), (2, 16, 3, 4)]
    assert not features.predictions and not features.losses
    sum((x * torch.randn_like(x)).sum() for x in features.features.values()).backward()
    gradients(neck)


def test_tasks_share_no_weights(tasks):
    neck = build(tasks, in_channels=8)
    neck((torch.randn(2, 8, 8, 8),)).features['depth'].sum().backward()
    touched = {name.split('.')[1] for name, parameter in neck.named_parameters() if parameter.grad is not None}
    assert touched == {'depth'}


def test_a_projection_only_where_the_width_changes(tasks):
    assert isinstance(build(tasks, in_channels=8).project, nn.Identity)
    assert build(tasks, in_channels=6).project.weight.shape == (8, 6, 1, 1)


def test_which_map_is_shared(tasks):
    neck = build(tasks, in_channels=8, in_index=1).eval()
    maps = torch.randn(1, 5, 16, 16), torch.randn(1, 8, 8, 8)
    assert neck(maps).features['depth'].shape == (1, 10, 8, 8)


def test_residual_starts_as_the_shared_map(tasks):
    neck = build(tasks, in_channels=10, residual=True)
    shared = torch.randn(2, 10, 14, 14)
    for fused in neck((shared,)).features.values():
        torch.testing.assert_close(fused, shared)
    with pytest.raises(ValueError, match='in_channels=6 equal to out_channels=10'):
        build(tasks, in_channels=6, residual=True)


def test_stride(tasks):
    """The decoders read the means of blocks, as if the backbone had given them."""
    neck = build(tasks, in_channels=10, residual=True, stride=2)
    for fusion in neck.fusions.values():
        torch.nn.init.normal_(fusion.smooths[-1].norm.weight)
    shared = torch.randn(2, 10, 16, 12)
    means = shared.unflatten(3, (6, 2)).unflatten(2, (8, 2)).mean((3, 5))
    strided = neck((shared,))
    neck.stride = 1
    plain = neck((means,))
    torch.testing.assert_close(dict(strided.features), dict(plain.features))
    assert strided.features['depth'].shape == strided.pyramids['depth'][0].shape[:1] + (10, 8, 6)
    assert strided.encoder[0] is shared


def test_stochastic_depth_keeps_the_input_of_some_samples(tasks, check_drop_path):
    neck = build(tasks, in_channels=10, residual=True, drop_path_rate=0.4)
    for parameter in neck.fusions['depth'].parameters():
        torch.nn.init.normal_(parameter)
    shared = torch.randn(16, 10, 14, 14)
    check_drop_path(neck, neck.drop_path, lambda: neck((shared,)).features['depth'] - shared)


def test_later_necks_find_the_backbones_maps(tasks):
    maps = (torch.randn(2, 8, 8, 8), torch.randn(2, 5, 4, 4))
    out = build(tasks, in_channels=8)(maps)
    assert len(out.encoder) == 2 and all(x is y for x, y in zip(out.encoder, maps, strict=True))


def test_predictions_and_losses_of_a_backbone_stay(tasks):
    x, earlier = torch.randn(2, 8, 8, 8), torch.randn(2, 1, 4, 4)
    given = TaskFeatures(
        features=dict(depth=earlier), predictions=dict(depth=(earlier,)), losses=dict(loss_own=x.mean()), encoder=(x,)
    )
    neck = build(tasks, in_channels=8).eval()
    out = neck(given)
    torch.testing.assert_close(out.features, neck((x,)).features)
    assert out.predictions == given.predictions and out.losses == given.losses


def test_a_map_that_does_not_exist(tasks):
    with pytest.raises(ConfigError, match='TaskDecoders has in_index 1, but receives 1 maps'):
        build(tasks, in_channels=8, in_index=1)((torch.randn(1, 8, 8, 8),))
