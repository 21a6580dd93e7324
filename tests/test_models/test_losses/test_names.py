import pytest
import torch

from mtcp_mm.models.losses.names import (
    LossTerm,
    check_task_names,
    is_intermediate,
    merge_losses,
    neck_loss,
    parse_loss,
    stage_loss,
    task_loss,
    without_prefix,
)
from mtcp_mm.utils import ConfigError

TASKS = ('depth', 'human_parts', 'a_s1')


@pytest.mark.parametrize('task', TASKS)
def test_names_are_parsed_as_they_are_made(task):
    assert parse_loss(task_loss(task), TASKS) == (task_loss(task), task, None)
    assert parse_loss(stage_loss(task, 12), TASKS) == (stage_loss(task, 12), task, 12)


def test_the_names_that_logs_have():
    names = task_loss('depth'), stage_loss('depth', 0), neck_loss('coherence')
    assert names == ('loss_depth', 'loss_depth_s0', 'loss_coherence')


def test_any_other_loss_is_a_necks():
    assert parse_loss('loss_coherence', TASKS) == LossTerm('loss_coherence', None, None)
    assert parse_loss('loss_depth_x0', TASKS).task is None


@pytest.mark.parametrize('key', ['loss_edge_s0', 'coherence_loss', 'loss'])
def test_invalid_names(key):
    with pytest.raises(ConfigError, match=f'"{key}" is unknown.*loss_depth, loss_human_parts'):
        parse_loss(key, TASKS)


def test_intermediate_predictions_of_stock_models_too():
    keys = ('loss_depth_s0', 'decode.loss_depth_s12', 'loss_depth', 'loss_depth_s', 'depth_s0')
    assert [is_intermediate(key) for key in keys] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ('key', 'label'), [('loss_depth', 'depth'), ('aux.loss_ce', 'aux.ce'), ('decode.loss', 'decode.')]
)
def test_labels(key, label):
    assert without_prefix(key) == label


def test_losses_of_necks_come_after_those_of_tasks():
    merged = merge_losses(dict(loss_depth=torch.tensor(1.0)), dict(loss_coherence=torch.tensor(2.0)), TASKS)
    assert {key: value.item() for key, value in merged.items()} == dict(loss_depth=1, loss_coherence=2)


@pytest.mark.parametrize('key', ['loss_depth', 'loss_depth_s3', 'loss_own'])
def test_a_necks_loss_may_not_have_the_name_of_a_tasks_loss(key):
    with pytest.raises(ConfigError, match=f'{key}, which is the loss of a task; rename'):
        merge_losses(dict(loss_depth=torch.tensor(1.0), loss_own=torch.tensor(1.0)), {key: torch.tensor(2.0)}, TASKS)


@pytest.mark.parametrize('key', ['coherence', 'smooth_loss'])
def test_a_necks_loss_needs_a_valid_name(key):
    """MMEngine would silently leave out the first."""
    with pytest.raises(ConfigError, match=f'"{key}" is unknown'):
        merge_losses({}, {key: torch.tensor(2.0)}, TASKS)


def test_tasks_named_like_intermediate_predictions():
    check_task_names(('depth_s0', 'semseg', 's1'))
    with pytest.raises(ConfigError, match='"depth" and "depth_s0": loss_depth_s0'):
        check_task_names(('depth_s0', 'depth'))
