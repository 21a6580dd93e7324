import json
import logging
from types import SimpleNamespace

from mmseg.registry import HOOKS
from PIL import Image

import mtcp_mm.engine.hooks  # noqa: F401


def make_runner(work_dir):
    return SimpleNamespace(work_dir=str(work_dir), logger=logging.getLogger('curves'))


def test_draws_the_log(tmp_path):
    folder = tmp_path / '20250101_000000' / 'vis_data'
    folder.mkdir(parents=True)
    record = {'loss': 1.0, 'loss_depth': 0.5, 'lps/weight_depth': 1.0, 'epoch': 1, 'iter': 10, 'step': 10}
    (folder / 'scalars.json').write_text(json.dumps(record) + '\n' + json.dumps({'depth/rmse': 0.7, 'step': 1}))
    HOOKS.build(dict(type='TrainingCurvesHook', file='all.png')).after_train(make_runner(tmp_path))
    with Image.open(tmp_path / 'all.png') as image:
        assert image.width >= 800


def test_only_warns_without_a_local_log(tmp_path, caplog):
    HOOKS.build(dict(type='TrainingCurvesHook')).after_train(make_runner(tmp_path))
    assert 'LocalVisBackend' in caplog.text
    assert list(tmp_path.iterdir()) == []
