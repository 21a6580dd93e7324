import copy
from functools import partial, wraps

import pytest
from mmengine.config import ConfigDict
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.models import TaskDecoders
from mtcp_mm.models.builder import takes_tasks, with_tasks

HEAD = dict(type='MultiTaskHead', in_channels=4, channels=4)


class Asking(BaseModule):
    def __init__(self, tasks: list[dict], init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.tasks = tasks


class PassingOn(Asking):
    def __init__(self, width: int = 1, **kwargs) -> None:
        super().__init__(**kwargs)


class Silent(PassingOn):
    """Has no ``__init__`` of its own."""


class Fixed(Asking):
    """Chooses its tasks itself."""

    def __init__(self, width: int = 1) -> None:
        super().__init__([])


class OnFixed(Fixed):
    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)


class Anything(nn.Module):
    """Has ``**kwargs``, as has ``nn.Module``, and takes no tasks."""

    def __init__(self, **kwargs) -> None:
        super().__init__()
        assert not kwargs


def noting(init):
    @wraps(init)
    def wrapper(*args, **kwargs):
        return init(*args, **kwargs)

    return wrapper


class Wrapped(nn.Module):
    @noting
    def __init__(self, tasks: list[dict]) -> None:
        super().__init__()


def asking(tasks: list[dict]) -> Asking:
    return Asking(tasks)


def stock(**kwargs) -> Anything:
    return Anything(**kwargs)


@pytest.mark.parametrize('kind', [Asking, PassingOn, Silent, asking, partial(Asking, init_cfg=None)])
def test_tasks_are_added_to_parts_that_take_them(tasks, kind):
    assert MODELS.build(with_tasks(dict(type=kind), tasks)).tasks == tasks


@pytest.mark.parametrize('kind', [Fixed, OnFixed, Anything, stock, nn.Identity])
def test_a_part_that_takes_no_tasks_gets_none(tasks, kind):
    cfg = dict(type=kind)
    assert with_tasks(cfg, tasks) is cfg
    MODELS.build(cfg)


def test_decorated_constructors():
    assert takes_tasks(Wrapped)


def test_registered_names(tasks):
    assert list(MODELS.build(with_tasks(dict(HEAD), tasks)).tasks) == ['semseg', 'depth', 'normals']
    assert takes_tasks(type('Mine', (TaskDecoders,), {}))


def test_tasks_of_a_config_stay(tasks):
    assert MODELS.build(with_tasks(dict(type=Asking, tasks=tasks[:1]), tasks)).tasks == tasks[:1]


def test_stock_parts_and_unknown_ones_keep_their_configs(tasks):
    for cfg in (dict(type='FPN', in_channels=[4], out_channels=4, num_outs=1), dict(type='NoSuchPart')):
        assert with_tasks(cfg, tasks) is cfg


@pytest.mark.parametrize('kind', [dict, ConfigDict])
def test_the_config_is_not_changed(tasks, kind):
    cfg = kind(HEAD)
    before = copy.deepcopy(cfg)
    given = with_tasks(cfg, tasks)
    assert cfg == before and type(given) is kind and given == kind(HEAD, tasks=tasks)
