import numpy as np
import pytest
from mmengine.config import Config

from mtcp_mm.apis.benchmark import loading
from mtcp_mm.apis.benchmark.loading import time_pipeline
from mtcp_mm.rooms import RoomsParameters, write_rooms
from mtcp_mm.utils import ConfigError, MissingFileError

STEPS = ['LoadImage', 'LoadTaskMaps', 'MultiTaskRandomZoom', 'MultiTaskRandomFlip', 'MultiTaskResize']


@pytest.fixture(scope='module')
def rooms(tmp_path_factory):
    root = tmp_path_factory.mktemp('data') / 'rooms'
    write_rooms(root, RoomsParameters(2, 1, 16, 24, 0))
    return root


@pytest.fixture
def cfg(shipped_config, rooms) -> Config:
    return shipped_config('mtcp_rooms', dict(data_root=str(rooms)))


def test_every_step_of_the_training_pipeline_is_timed(cfg, monkeypatch):
    """On a clock that advances by 1 s at each look, a step takes 1 s."""
    ticks = iter(range(1000))
    monkeypatch.setattr(loading, 'process_time', lambda: next(ticks))
    state = np.random.get_state()[1].copy()
    times = time_pipeline(cfg, samples=3)
    assert times == dict.fromkeys([*STEPS, 'PackMultiTaskInputs', 'transfer'], 1000)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_steps_of_one_kind_and_of_concatenated_data_sets_are_added(cfg, monkeypatch):
    ticks = iter(range(1000))
    monkeypatch.setattr(loading, 'process_time', lambda: next(ticks))
    dataset = cfg.train_dataloader.dataset
    dataset.pipeline.insert(2, dict(type='MultiTaskRandomFlip'))
    cfg.train_dataloader.dataset = dict(type='ConcatDataset', datasets=[dataset, dataset])
    assert time_pipeline(cfg, samples=4)['MultiTaskRandomFlip'] == 2000


def test_nothing_to_measure_is_an_error(cfg, rooms):
    with pytest.raises(ConfigError, match='0 samples'):
        time_pipeline(cfg, 0)
    cfg.train_dataloader.dataset.data_root = str(rooms / 'absent')
    with pytest.raises(MissingFileError, match='absent'):
        time_pipeline(cfg)
    cfg.pop('train_dataloader')
    with pytest.raises(ConfigError, match='no train_dataloader'):
        time_pipeline(cfg)
