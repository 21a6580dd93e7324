from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mmengine.config import Config
from mmseg.registry import RUNNERS

from mtcp_mm.engine.config import read_config
from mtcp_mm.engine.sharing import share_settings
from mtcp_mm.utils import ConfigError

CONFIGS = Path(__file__).parents[2] / 'configs'
BASE = """
data_root = 'old'
tasks = [dict(type='DepthMap', name='a'), dict(type='DepthMap', name='b')]
model = dict(tasks=tasks)
part = dict(data_root=data_root, tasks=tasks)
train_dataloader = dict(dataset=dict(type='RepeatDataset', times=2, dataset=part))
val_dataloader = [dict(dataset=part), dict(dataset=part)]
test_dataloader = dict(dataset=part)
val_evaluator = [dict(type='Metric'), dict(baseline=part)]
"""
CHILD = "_base_ = './base.py'\n"
PURE = """
from mmengine.config import read_base
from mtcp_mm.tasks import DepthMap
with read_base():
    from .base import *
"""
ONE_OF_BOTH = "data_root = 'new'\ntasks = [dict(type='DepthMap', name='a')]\n"


@pytest.fixture
def write(tmp_path):
    def write(text: str, base: str = BASE) -> Path:
        if 'read_base' in text:  # whose bases are pure as well
            base = f'from mtcp_mm.tasks import DepthMap\n{base}'.replace("'DepthMap'", 'DepthMap')
        (tmp_path / 'base.py').write_text(base)
        (tmp_path / 'config.py').write_text(text)
        return tmp_path / 'config.py'

    return write


def task_settings(cfg: Config) -> dict[str, tuple]:
    """Returns the data root and the names of tasks of all parts."""
    val, more = cfg.val_dataloader
    parts = dict(
        train=cfg.train_dataloader.dataset.dataset, val=val.dataset, more=more.dataset,
        test=cfg.test_dataloader.dataset, baseline=cfg.val_evaluator[1].baseline,
    )  # fmt: skip
    values = {name: (part.data_root, ''.join(task.name for task in part.tasks)) for name, part in parts.items()}
    return values | dict(model=''.join(task.name for task in cfg.model.tasks))


def everywhere(root: str, tasks: str) -> dict[str, tuple]:
    return dict.fromkeys(['train', 'val', 'more', 'test', 'baseline'], (root, tasks)) | dict(model=tasks)


@pytest.mark.parametrize('start', [CHILD, PURE])
def test_parts_of_a_base_follow_the_new_top_level(write, start):
    cfg = Config.fromfile(write(f'{start}{ONE_OF_BOTH}'))
    share_settings(cfg)
    assert task_settings(cfg) == everywhere('new', 'a')


def test_values_of_parts_stay(write):
    cfg = Config.fromfile(write(f"{CHILD}{ONE_OF_BOTH}test_dataloader = dict(dataset=dict(data_root='own'))"))
    share_settings(cfg)
    assert task_settings(cfg) == everywhere('new', 'a') | dict(test=('own', 'a'))


def test_data_sets_of_unlike_roots_and_tasks_keep_theirs(write):
    own = "dict(data_root='own', tasks=[dict(name='a', label_offset=0)])"
    path = write(f'{CHILD}train_dataloader = dict(dataset=dict(_delete_=True, datasets=[_base_.part, {own}]))')
    first, second = read_config(path).train_dataloader.dataset.datasets
    assert (first.data_root, len(first.tasks)) == ('old', 2)
    assert second == dict(data_root='own', tasks=[dict(name='a', label_offset=0)])


def test_a_value_set_for_a_part_alone_stays(write):
    cfg = read_config(write("data_root = 'old'\ntest_dataloader = dict(dataset=dict(data_root='own'))"))
    assert (cfg.data_root, cfg.test_dataloader.dataset.data_root) == ('old', 'own')


@pytest.mark.parametrize('reader', [read_config, None])
@pytest.mark.parametrize(
    'options, expected',
    [
        ({'data_root': 'new'}, everywhere('new', 'ab')),
        ({'test_dataloader.dataset.data_root': 'own'}, everywhere('old', 'ab') | dict(test=('own', 'ab'))),
        (
            {'data_root': 'new', 'test_dataloader.dataset.data_root': 'own'},
            everywhere('new', 'ab') | dict(test=('own', 'ab')),
        ),
        ({'tasks.1.name': 'c'}, everywhere('old', 'ac')),
    ],
)
def test_an_option_of_the_top_level_is_shared_and_one_of_a_part_stays(write, reader, options, expected):
    path = write(CHILD)
    if reader:
        cfg = reader(path, options)
    else:  # as stock tools do
        cfg = Config.fromfile(path)
        cfg.merge_from_dict(options)
    share_settings(cfg)
    assert task_settings(cfg) == expected


def test_an_option_of_a_part_may_be_the_old_value(write):
    cfg = read_config(write(CHILD), {'data_root': 'new', 'test_dataloader.dataset.data_root': 'old'})
    share_settings(cfg)  # as the runner does
    assert task_settings(cfg) == everywhere('new', 'ab') | dict(test=('old', 'ab'))


@pytest.mark.parametrize('suffix', ['.py', '.json', '.yaml'])
def test_a_copy_means_the_same(write, tmp_path, suffix):
    options = {'data_root': 'new', 'test_dataloader.dataset.data_root': 'old'}
    cfg = read_config(write(f"{CHILD}tasks = [dict(name='a')]"), options)
    cfg.dump(tmp_path / f'copy{suffix}')
    copied = read_config(tmp_path / f'copy{suffix}')
    assert task_settings(copied) == task_settings(cfg) == everywhere('new', 'a') | dict(test=('old', 'a'))


def test_a_contradiction_without_a_file_names_both():
    cfg = Config(dict(data_root='new', test_dataloader=dict(dataset=dict(data_root='old'))))
    with pytest.raises(ConfigError, match="data_root='new', but test_dataloader.dataset has data_root='old'"):
        share_settings(cfg)
    cfg = Config(dict(tasks=[dict(name='a')], model=dict(tasks=[dict(name='a'), dict(name='b')])))
    with pytest.raises(ConfigError, match=r'tasks=\[a\], but model has tasks=\[a, b\]'):
        share_settings(cfg)


@pytest.mark.parametrize('path', sorted(CONFIGS.rglob('*.py')), ids=lambda path: path.stem)
def test_shipped_configs_mean_the_same_to_readers_that_share_nothing(path):
    cfg, shared = (Config.fromfile(path, import_custom_modules=False) for _ in range(2))
    share_settings(shared)
    sections = [key for key in cfg if key == 'model' or key.endswith(('_dataloader', '_evaluator'))]
    assert all(cfg[key] == shared[key] for key in sections)


def test_stock_tools_train_with_the_top_level(write, tmp_path):
    name = CONFIGS / 'plain/nyud_plain.py'
    path = write(f'_base_ = {str(name)!r}\ntasks = _base_.tasks[1:]\nmodel = dict(backbone=dict(init_cfg=None))')
    cfg = Config.fromfile(path)
    cfg.merge_from_dict(dict(work_dir=str(tmp_path), data_root='elsewhere'))
    runner = RUNNERS.build(cfg)
    assert list(runner.model.tasks) == ['depth', 'normals']
    assert runner.cfg.train_dataloader.dataset.data_root == 'elsewhere'
    assert cfg.train_dataloader.dataset.data_root == 'data/nyud'  # the caller's stays as it was


def test_changes_after_reading_are_shared(write):
    cfg = read_config(write(CHILD), {'test_dataloader.dataset.data_root': 'own'})
    cfg.data_root = 'later'
    share_settings(cfg)
    share_settings(cfg)
    assert task_settings(cfg) == everywhere('later', 'ab') | dict(test=('own', 'ab'))


def test_threads_that_read_configs_leave_mmengines_reader_as_it_was(write):
    before = dict(vars(Config))
    path = write(f'{CHILD}{ONE_OF_BOTH}')
    with ThreadPoolExecutor(4) as pool:
        assert [task_settings(cfg) for cfg in pool.map(read_config, [path] * 8)] == [everywhere('new', 'a')] * 8
    assert dict(vars(Config)) == before


def test_a_files_own_value_stays_even_if_a_base_had_the_same(write):
    old = "test_dataloader = dict(dataset=dict(data_root='old'))"
    for text in (
        old,
        old.replace("dict(data_root='old')", '_base_.part'),
        old.replace('(data', '(_delete_=True, data'),
    ):
        cfg = read_config(write(f"{CHILD}data_root = 'new'\n{text}"))
        assert (cfg.test_dataloader.dataset.data_root, cfg.train_dataloader.dataset.dataset.data_root) == ('old', 'new')


@pytest.mark.parametrize('value', ["data_root = 'new'", "tasks = [dict(type='DepthMap', name='a', scale=0.001)]"])
def test_a_value_perhaps_copied_from_a_base_is_ambiguous(write, value):
    wrapped = 'train_dataloader = dict(dataset=dict(_delete_=True, times=3, part=_base_.part))'
    with pytest.raises(
        ConfigError, match=r'the top level has .*, but train_dataloader\.dataset\.part has .*use the same'
    ):
        read_config(write(f'{CHILD}{value}\n{wrapped}'))
    assert read_config(write(f'{CHILD}{wrapped}')).train_dataloader.dataset.part.data_root == 'old'


def test_values_for_reuse_are_not_ambiguous(write):
    cfg = read_config(write(f"{CHILD}data_root = 'new'\nspare = dict(part=_base_.part)"))
    assert (cfg.test_dataloader.dataset.data_root, cfg.spare.part.data_root) == ('new', 'old')


def test_each_part_has_a_copy_of_its_own(write):
    cfg = read_config(write(f"{CHILD}tasks = [dict(type='DepthMap', name='a')]"), {'model.tasks.0.name': 'b'})
    assert task_settings(cfg) == everywhere('old', 'a') | dict(model='b')
    cfg.tasks[0].name = 'c'
    share_settings(cfg)
    cfg.test_dataloader.dataset.tasks[0].name = 'd'
    assert task_settings(cfg) == everywhere('old', 'c') | dict(model='b', test=('old', 'd'))


def test_arrays_among_the_settings_are_compared_too(write):
    path = write(f'{CHILD}import numpy as np\ntasks = [dict(type="DepthMap", name="a", weights=np.ones(3))]')
    cfg = read_config(path, {'data_root': 'new'})
    assert task_settings(cfg) == everywhere('new', 'a') and cfg.model.tasks[0].weights.tolist() == [1] * 3
