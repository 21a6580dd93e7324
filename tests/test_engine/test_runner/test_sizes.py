import pytest
from mmengine.config import Config
from mmengine.dataset import DefaultSampler, InfiniteSampler
from torch.utils.data import DataLoader

from mtcp_mm.engine import StrictCheckpointRunner
from mtcp_mm.engine.runner import sizes
from mtcp_mm.engine.runner.sizes import check_length, check_numbers, check_shares
from mtcp_mm.utils import ConfigError


class Images(list):
    data_root, split = 'data/few', 'train'


@pytest.fixture
def load(monkeypatch):
    """Makes the loader of one of several processes."""

    def load(images: int, batch_size: int = 1, ranks: int = 1, kind: type = DefaultSampler, **settings) -> DataLoader:
        monkeypatch.setattr(sizes, 'get_world_size', lambda: ranks)
        monkeypatch.setattr('mmengine.dataset.sampler.get_dist_info', lambda: (0, ranks))
        data = Images(range(images))
        drop_last = settings.pop('drop_last', True)
        return DataLoader(data, batch_size, sampler=kind(data, **settings), drop_last=drop_last)

    return load


def test_fewer_images_than_a_batch(load):
    check_length(load(4, 4))
    check_length(load(4, 8, drop_last=False))
    message = r"Images, data_root 'data/few', split 'train' has 4 image.* batch_size=8, .* set batch_size=4 or less"
    with pytest.raises(ConfigError, match=message):
        check_length(load(4, 8))


def test_a_batch_on_each_of_several_processes(load):
    check_length(load(8, 4, ranks=2))
    with pytest.raises(ConfigError, match=r'6 image\(s\) for 2 processes.* batch_size=4, .* set batch_size=3 or less'):
        check_length(load(6, 4, ranks=2))


def test_more_processes_than_images(load):
    check_length(load(1, ranks=3))  # the sampler repeats it
    with pytest.raises(ConfigError, match=r'1 image\(s\) for 3 processes; start at most one .* round_up=False'):
        check_length(load(1, ranks=3, round_up=False))


def test_ranks_with_different_numbers_of_batches(load):
    check_shares(load(5, ranks=2))
    check_shares(load(5, ranks=1, round_up=False))
    with pytest.raises(ConfigError, match='round_up=False of the training sampler can give 2 processes different n'):
        check_shares(load(5, ranks=2, round_up=False))


def test_an_infinite_sampler_needs_at_least_one_image(load):
    check_length(load(4, 8, kind=InfiniteSampler))
    for kind in (InfiniteSampler, DefaultSampler):
        with pytest.raises(ConfigError, match="split 'train' has no image"):
            check_length(load(0, kind=kind))


def test_an_empty_data_set_of_mmengine_is_named(tmp_path):
    (tmp_path / 'list.json').write_text('{"metainfo": {}, "data_list": []}')
    dataset = dict(type='mmengine.dataset.BaseDataset', data_root=str(tmp_path), ann_file='list.json')
    with pytest.raises(ConfigError, match=rf"BaseDataset, data_root '{tmp_path}' has no image"):
        sampler = dict(type='DefaultSampler')
        StrictCheckpointRunner.build_dataloader(dict(dataset=dataset, sampler=sampler, batch_size=1))


def test_the_runner_checks_its_loaders():
    for images, batch_size in ((0, 1), (3, 4)):
        with pytest.raises(ConfigError, match='image'):
            StrictCheckpointRunner.build_dataloader(
                dict(
                    dataset=Images(range(images)),
                    sampler=dict(type='DefaultSampler'),
                    batch_size=batch_size,
                    drop_last=True,
                )
            )


@pytest.mark.parametrize(
    'section, key, value',
    [
        ('train_dataloader', 'batch_size', 0), ('test_dataloader', 'num_workers', -1), ('train_cfg', 'max_epochs', 0),
        ('train_cfg', 'max_iters', -5), ('train_cfg', 'val_interval', 0), ('train_cfg', 'max_epochs', '12'),
    ],
)  # fmt: skip
def test_invalid_numbers_are_named(section, key, value):
    with pytest.raises(ConfigError, match=rf'{section}\.{key}={value!r}; it has to be a number, [01] or more'):
        StrictCheckpointRunner.from_cfg(Config({section: {key: value}}))
    check_numbers(Config({section: {key: 1}, 'val_cfg': None}))


@pytest.mark.parametrize(
    'settings, expected', [({}, 0), ({'num_workers': 1}, 600), ({'num_workers': 1, 'timeout': 7}, 7)]
)
def test_a_worker_is_waited_for_with_a_timeout(settings, expected):
    cfg = dict(dataset=Images([1]), sampler=dict(type='DefaultSampler'), batch_size=1, **settings)
    assert StrictCheckpointRunner.build_dataloader(cfg).timeout == expected
