from dataclasses import replace

import pytest
import torch
from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.structures import TaskFeatures
from mtcp_mm.utils import ConfigError


def build(tasks: list[dict], **kwargs) -> nn.Module:
    return MODELS.build(dict(type='CoherenceFusion', tasks=tasks, channels=8) | kwargs)


@pytest.fixture
def features() -> TaskFeatures:
    names = ('semseg', 'depth', 'normals')
    return TaskFeatures(
        features={name: torch.randn(2, 8, 6, 7) for name in names},
        pyramids={name: (torch.randn(2, 4, 6, 7),) for name in names},
        losses=dict(loss_earlier=torch.tensor(1.0)),
    )


def test_each_task_is_fused_with_the_others(tasks, features):
    neck = build(tasks, scale=1.0).eval()
    out = neck(features)
    for name, fusion in neck.fusions.items():
        assert fusion.attention.scale == 1.0
        others = [x for other, x in features.features.items() if other != name]
        torch.testing.assert_close(out.features[name], fusion(features.features[name], others)[0])
    assert out.pyramids == features.pyramids and out.losses == features.losses


def test_training_adds_the_mean_coherence_loss(tasks, features, gradients):
    neck, losses = build(tasks), []
    for fusion in neck.fusions.values():
        fusion.register_forward_hook(lambda _, __, out: losses.append(out[1]))
    out = neck(features)
    assert set(out.losses) == {'loss_earlier', 'loss_coherence'} and len(losses) == 3
    torch.testing.assert_close(out.losses['loss_coherence'], 0.1 * sum(losses) / 3)
    assert set(features.losses) == {'loss_earlier'}
    (out.losses['loss_coherence'] + sum((x * torch.randn_like(x)).sum() for x in out.features.values())).backward()
    gradients(neck)


def test_two_tasks_are_enough(tasks, features):
    features = replace(features, features={name: features.features[name] for name in ('semseg', 'depth')})
    out = build(tasks[:2])(features)
    assert list(out.features) == ['semseg', 'depth']


def test_a_residual_starts_as_the_identity(tasks, features):
    out = build(tasks, residual=True, q_stride=4, kv_stride=2)(features)
    assert all(torch.equal(out.features[name], features.features[name]) for name in out.features)


def test_cheaper_variants_take_the_same_checkpoint(tasks, features):
    state, results = build(tasks).state_dict(), []
    for settings in (dict(), dict(merge='window', window_size=3), dict(merge='linear'), dict(q_stride=4)):
        neck = build(tasks, **settings).eval()
        neck.load_state_dict(state)
        results.append(neck(features).features['depth'])
    assert {result.shape for result in results} == {(2, 8, 6, 7)}
    assert all(not torch.allclose(a, b) for i, a in enumerate(results) for b in results[:i])


def test_settings_that_do_not_go_together(tasks):
    with pytest.raises(ConfigError, match='scale=1.0 with merge="linear"'):
        build(tasks, merge='linear', scale=1.0)


def test_drop_path_is_passed_on(tasks):
    neck = build(tasks, residual=True, drop_path_rate=0.4)
    assert [fusion.drop_path.drop_prob for fusion in neck.fusions.values()] == [0.4] * 3


def test_one_task_is_an_error(tasks):
    with pytest.raises(ValueError, match='there is only "depth"; add a task, or remove CoherenceFusion'):
        build(tasks[1:2])


def test_the_coherence_loss_has_a_weight(tasks, features):
    one, tenth = build(tasks, loss_weight=1), build(tasks)
    tenth.load_state_dict(one.state_dict())
    losses = [neck(features).losses['loss_coherence'] for neck in (one, tenth)]
    torch.testing.assert_close(losses[1], 0.1 * losses[0])


@pytest.mark.parametrize('value', [-1, float('nan'), float('inf'), '1'])
def test_invalid_weights_are_refused(tasks, value):
    with pytest.raises(ConfigError, match='loss_weight of CoherenceFusion'):
        build(tasks, loss_weight=value)


def test_an_auxiliary_task_takes_part(tasks, features):
    auxiliary = [*tasks[:2], dict(tasks[2], auxiliary=True)]
    assert list(build(auxiliary)(features).features) == ['semseg', 'depth', 'normals']
