import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.datasets import MultiTaskDataset
from mtcp_mm.engine import StrictCheckpointRunner
from mtcp_mm.utils import ConfigError

TASK = dict(type='ClassMap', name='semseg', classes=['wall', 'floor'])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ('images', 'labels', 'gt_sets'):
        (tmp_path / folder).mkdir()
    for folder in ('images', 'labels'):
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / f'{folder}/a.png')
    (tmp_path / 'gt_sets/train.txt').write_text('a\n')
    return tmp_path


def load(root, other_task, **other):
    common = dict(type=MultiTaskDataset, data_root=str(root), split='train')
    parts = [dict(tasks=[task], folders={task['name']: 'labels'}) for task in (TASK, other_task)]
    parts[1].update(other)
    joined = dict(type='ConcatDataset', datasets=[dict(common, **part) for part in parts])
    data = dict(type='RepeatDataset', times=2, dataset=joined)
    settings = dict(dataset=data, sampler=dict(type='DefaultSampler'), batch_size=1)
    return StrictCheckpointRunner.build_dataloader(settings)


def test_encodings_of_data_sets_may_differ(root):
    assert len(load(root, dict(TASK, label_offset=1)).dataset) == 4


@pytest.mark.parametrize(
    ('task', 'settings', 'message'),
    [
        (dict(TASK, classes=['a', 'b']), {}, """classes of task "semseg": ['wall', 'floor'] and ['a', 'b']"""),
        (dict(TASK, name='parts'), {}, "their tasks: ['semseg'] and ['parts']"),
        (TASK, dict(metainfo=dict(note=1)), 'note of metainfo: None and 1'),
        (dict(TASK, palette=[[0, 0, 0], [1, 1, 1]]), {}, 'palette of task "semseg": None and [[0, 0, 0], [1, 1, 1]]'),
    ],
)
def test_a_difference_in_meaning_is_named(root, task, settings, message):
    with pytest.raises(ConfigError, match=f'data sets 1 and 2 .* differ in {re.escape(message)}'):
        load(root, task, **settings)


def test_other_errors_pass(root):
    (root / 'gt_sets/train.txt').write_text('')
    with pytest.raises(ValueError, match='the split is empty'):
        load(root, TASK)
