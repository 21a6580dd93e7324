import pytest
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.models.losses import BalancedBCELoss, NormalsL1Loss, build_loss
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils import ConfigError

TASKS = [
    dict(type='ClassMap', name='parts', classes=[*'abc']),
    dict(type='DepthMap', name='depth'),
    dict(type='SurfaceNormals', name='normals'),
    dict(type='BinaryMap', name='edge'),
]
SUITABLE = {
    'PixelCrossEntropyLoss': {'parts'},
    'MaskedL1Loss': {'depth', 'normals', 'edge'},
    'NormalsL1Loss': {'normals'},
    'BalancedBCELoss': {'edge'},
}


class OwnLoss(nn.Module):
    def forward(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        return (prediction * valid).sum()


class LooseLoss(nn.Module):
    def forward(self, *inputs: Tensor) -> Tensor:
        return inputs[0].sum()


class WeightedLoss(nn.Module):
    def forward(self, prediction: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        return (prediction * weight).sum()


class PairLoss(nn.Module):
    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return (prediction - target).sum()


def task_with(config, loss):
    (task,) = build_tasks([dict(config, loss=loss)]).values()
    return task


def test_each_kind_has_its_loss():
    losses = {name: build_loss(task) for name, task in build_tasks(TASKS).items()}
    assert isinstance(losses['edge'], BalancedBCELoss) and isinstance(losses['normals'], NormalsL1Loss)


@pytest.mark.parametrize('config', TASKS, ids=lambda config: config['name'])
@pytest.mark.parametrize('loss', SUITABLE)
def test_a_loss_for_maps_of_another_kind_is_refused(config, loss):
    task = task_with(config, dict(type=loss))
    if config['name'] in SUITABLE[loss]:
        build_loss(task)
    else:
        with pytest.raises(ConfigError, match=f'loss of task "{task.name}": {loss} is made for .*Use '):
            build_loss(task)


@pytest.mark.parametrize('loss', ['CrossEntropyLoss', 'DiceLoss', 'OhemCrossEntropy'])
def test_stock_losses_of_classes_are_refused_with_ours_in_their_place(loss):
    with pytest.raises(ConfigError, match=f'loss of task "parts": {loss} .*use PixelCrossEntropyLoss'):
        build_loss(task_with(TASKS[0], dict(type=loss)))


@pytest.mark.parametrize('config', TASKS, ids=lambda config: config['name'])
def test_a_custom_loss_is_accepted_if_it_can_be_called(config):
    for own in (OwnLoss, LooseLoss, WeightedLoss):
        assert isinstance(build_loss(task_with(config, dict(type=own))), own)
    with pytest.raises(ConfigError, match='PairLoss takes .*valid'):
        build_loss(task_with(config, dict(type=PairLoss)))


@pytest.mark.parametrize(
    ('loss', 'reason'),
    [
        (dict(type='PixelCrossEntropyLoss', class_wait=[1, 2, 3]), 'class_wait'),
        (dict(type='PixelCrossEntropyLoss', label_smoothing=2), 'label_smoothing 2'),
        (dict(type='PixelEntropyLoss'), 'PixelEntropyLoss'),
    ],
)
def test_an_invalid_config_is_refused_with_the_name_of_its_task(loss, reason):
    with pytest.raises(ConfigError, match=f'loss of task "parts": .*{reason}'):
        build_loss(task_with(TASKS[0], loss))


def test_the_head_builds_them_before_anything_is_trained():
    tasks = [dict(TASKS[1], loss=dict(type='PixelCrossEntropyLoss'))]
    with pytest.raises(ConfigError, match='"depth": PixelCrossEntropyLoss is made for maps of two classes or more'):
        MODELS.build(dict(type='MultiTaskHead', tasks=tasks, in_channels=4, channels=4))
