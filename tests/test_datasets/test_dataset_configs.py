from pathlib import Path

import pytest
from mmengine.config import Config
from mmseg.registry import DATASETS

import mtcp_mm.datasets  # noqa: F401
from mtcp_mm.rooms import ROOMS_CLASSES, ROOMS_VOC_CLASSES
from mtcp_mm.tasks import CLASS_SETS

CONFIGS = Path(__file__).parents[2] / 'configs/_base_/datasets'


@pytest.mark.parametrize(('name', 'size'), [('nyud', (480, 640)), ('nyud_small', (192, 256)), ('rooms', (96, 128))])
def test_configs_load_their_data_set(nyud, name, size):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    parts = [cfg[f'{part}_dataloader'].dataset for part in ('train', 'val', 'test')]
    parts.append(cfg.val_evaluator.baseline)
    assert {part.data_root for part in parts} == {cfg.data_root}
    assert all(part.tasks == cfg.tasks for part in parts)
    train, val, _ = (DATASETS.build({**part, 'data_root': nyud})[0] for part in parts[:3])
    assert train['inputs'].shape == val['inputs'].shape == (3, *size)
    for field in ('sem_seg', 'depth_map', 'normals'):
        assert train['data_samples'].target(field).shape[1:] == size
        assert val['data_samples'].target(field).shape[1:] == (12, 16)  # scored at the labels' own size


def test_rooms_scores_only_its_own_classes():
    cfg = Config.fromfile(CONFIGS / 'rooms.py')
    assert tuple(cfg.tasks[0].metrics[0].classes) == tuple(CLASS_SETS['nyud40'][i] for i in ROOMS_CLASSES)


def test_rooms_in_pascal_layout_scores_only_its_own_classes():
    cfg = Config.fromfile(CONFIGS / 'rooms_pascal.py')
    expected = tuple(CLASS_SETS['pascal21'][i] for i in ROOMS_VOC_CLASSES)
    assert tuple(cfg.tasks[0].metrics[0].classes) == expected
