import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mtcp_mm.tasks import ClassMap, DepthMap, RegressionMap, SurfaceNormals
from mtcp_mm.utils import ConfigError

KINDS = [
    ClassMap('parts', classes=[*'abcd']),
    DepthMap('depth'),
    RegressionMap('flow', channels=2),
    SurfaceNormals('normals'),
]


def random_target(task, height, width, rng):
    """Returns a target with void in it."""
    if task.target_channels > 1:
        target = rng.normal(size=(height, width, task.target_channels)).astype(np.float32)
    if task.unit_vectors:
        target /= np.linalg.norm(target, axis=-1, keepdims=True)
    elif task.classes:
        target = rng.integers(0, task.channels, (height, width)).astype(np.int16)
    elif task.metric_depth:
        target = rng.uniform(0.5, 9, (height, width)).astype(np.float32)
    target[rng.random((height, width)) < 0.2] = task.void
    return target


@pytest.mark.parametrize('task', KINDS, ids=lambda task: task.name)
@settings(max_examples=15, deadline=None)
@given(sizes=st.tuples(*[st.integers(1, 40)] * 4), seed=st.integers(0, 9))
def test_resize_takes_the_pixel_at_the_centre_as_torch_nearest_exact_does(task, sizes, seed):
    target = random_target(task, *sizes[:2], np.random.default_rng(seed))
    resized = task.resize(target, *sizes[2:])
    centres = [[((2 * i + 1) * old, 2 * new) for i in range(new)] for old, new in (sizes[::2], sizes[1::2])]
    rows, columns = ([over // under for over, under in axis] for axis in centres)
    np.testing.assert_array_equal(resized, target[rows][:, columns])
    # torch rounds the ratio of the sizes, so a centre that falls exactly between two pixels may go either way
    tied = any(over % under == 0 for axis in centres for over, under in axis)
    assume(not tied)
    expected = F.interpolate(task.to_tensor(target)[None].double(), size=sizes[2:], mode='nearest-exact')[0]
    torch.testing.assert_close(task.to_tensor(resized).double(), expected, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize('task', KINDS, ids=lambda task: task.name)
def test_resize_up_by_two_repeats_each_pixel(task):
    target = random_target(task, 3, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(task.resize(target, 6, 10), target.repeat(2, 0).repeat(2, 1))


@pytest.mark.parametrize('task', KINDS, ids=lambda task: task.name)
def test_unflip_of_logits_matches_flip_of_a_target(task):
    torch.manual_seed(0)
    logits = torch.randn(task.channels, 4, 6)
    prediction = task.activate(logits).squeeze(0)
    array = prediction.numpy() if prediction.ndim == 2 else prediction.permute(1, 2, 0).numpy()
    torch.testing.assert_close(task.activate(task.unflip(logits)), task.to_tensor(task.flip(array)))
    assert not torch.equal(task.unflip(logits), logits)
    torch.testing.assert_close(task.unflip(task.unflip(logits)), logits)


@pytest.mark.parametrize('task', KINDS, ids=lambda task: task.name)
def test_flip_and_resize_keep_void_where_it_was(task):
    target = random_target(task, 5, 7, np.random.default_rng(1))
    valid = task.valid(task.to_tensor(target))
    assert valid.any() and not valid.all()
    assert torch.equal(task.valid(task.to_tensor(task.flip(target))), valid.flip(-1))
    doubled = task.valid(task.to_tensor(task.resize(target, 10, 14)))
    assert torch.equal(doubled[:, ::2, ::2], valid)


@pytest.mark.parametrize('task', KINDS, ids=lambda task: task.name)
def test_rotation_keeps_shape_type_and_void_and_zero_degrees_changes_nothing(task):
    target = random_target(task, 5, 7, np.random.default_rng(1))
    turned = task.rotate(target, 30)
    assert turned.dtype == target.dtype and turned.shape == target.shape
    assert torch.equal(task.valid(task.to_tensor(turned)), task.valid(task.to_tensor(target)))
    np.testing.assert_array_equal(task.rotate(target, 0), target)


@pytest.mark.parametrize('task', KINDS, ids=lambda task: task.name)
def test_an_empty_target_has_no_valid_pixel_and_the_shape_of_others(task):
    empty = task.to_tensor(task.empty(4, 6))
    other = task.to_tensor(random_target(task, 4, 6, np.random.default_rng(0)))
    assert empty.shape == other.shape == (task.target_channels, 4, 6)
    assert empty.dtype == other.dtype
    assert task.valid(empty).shape == (1, 4, 6) and not task.valid(empty).any()


@pytest.mark.parametrize('task', KINDS, ids=lambda task: task.name)
def test_batches_give_the_same_as_single_maps(task):
    torch.manual_seed(0)
    logits = torch.randn(2, task.channels, 4, 6)
    assert task.activate(logits).shape == (2, task.target_channels, 4, 6)
    for method in (task.activate, task.unflip):
        assert torch.equal(method(logits), torch.stack([method(single) for single in logits]))
    target = torch.stack([task.to_tensor(random_target(task, 4, 6, np.random.default_rng(i))) for i in (0, 1)])
    assert torch.equal(task.valid(target), torch.stack([task.valid(single) for single in target]))


@pytest.mark.parametrize('task', KINDS, ids=lambda task: task.name)
def test_baseline_statistics_add_up_over_images_and_ignore_void(task):
    rng = np.random.default_rng(2)
    left, right = (task.to_tensor(random_target(task, 4, 6, rng)) for _ in range(2))
    padded = torch.cat([left, right, task.to_tensor(task.empty(4, 6))], -1)
    torch.testing.assert_close(
        task.baseline_statistics(left) + task.baseline_statistics(right), task.baseline_statistics(padded)
    )


@pytest.mark.parametrize('task', KINDS, ids=lambda task: task.name)
def test_without_a_valid_pixel_the_baseline_is_still_a_finite_prediction(task):
    baseline = task.baseline_prediction(task.baseline_statistics(task.to_tensor(task.empty(2, 2))))
    assert baseline.shape == (task.target_channels,) and baseline.isfinite().all()


def test_loss_field_and_metrics_can_be_set_and_are_copies():
    task = DepthMap('far', field='depth_map', loss=dict(type='Other'), metrics=[dict(type='MeanIoU', per_class=True)])
    assert (task.name, task.field, task.loss) == ('far', 'depth_map', dict(type='Other'))
    assert task.metrics == [dict(type='MeanIoU', per_class=True)]
    plain = DepthMap('depth')
    assert plain.field == 'depth'
    plain.loss['weight'] = 2
    assert 'weight' not in DepthMap('depth').loss


@pytest.mark.parametrize(
    'name', ['', 'a b', 'a/b', 'a.b', 'a\nb', '../a', None, 3, 'gloss', 'loss_depth', 'training', 'items', 'forward']
)
def test_a_name_that_would_break_the_names_of_losses_scores_and_layers_is_refused(name):
    with pytest.raises(ConfigError, match='name .* of a task'):
        DepthMap(name)
    with pytest.raises(ConfigError, match='(name|field) .* of a task'):
        DepthMap('depth', field=name) if name is not None else DepthMap(name)


@pytest.mark.parametrize('name', ['depth', 'human_parts', 'depth-2', '深度', 'A1'])
def test_valid_names_are_accepted(name):
    assert DepthMap(name).field == name


@pytest.mark.parametrize(
    ('given', 'reason'),
    [
        (dict(loss='MaskedL1Loss'), 'loss of task "depth" is \'MaskedL1Loss\''),
        (dict(loss=[dict(type='MaskedL1Loss')]), 'loss of task "depth" is'),
        (dict(loss=dict(loss_weight=2)), 'loss of task "depth" is'),
        (dict(metrics=dict(type='DepthErrors')), 'metrics of task "depth" is'),
        (dict(metrics='DepthErrors'), 'metrics of task "depth" is'),
        (dict(metrics=['DepthErrors']), 'a metric of task "depth" is'),
        (dict(metrics=[dict(type='DepthErrors'), dict(type='DepthErrors')]), 'metric DepthErrors 2 times'),
    ],
)
def test_an_invalid_loss_or_metric_is_refused_when_the_task_is_built(given, reason):
    with pytest.raises(ConfigError, match=reason):
        DepthMap('depth', **given)
