"""Checks batch sizes, epochs and workers before a training starts."""

from mmengine.config import ConfigDict
from mmengine.dataset import InfiniteSampler
from mmengine.dist import get_world_size
from torch.utils.data import DataLoader, Dataset

from mtcp_mm.utils import ConfigError

SMALLEST = {
    **{f'{part}_dataloader': dict(batch_size=1, num_workers=0) for part in ('train', 'val', 'test')},
    'train_cfg': dict(max_epochs=1, max_iters=1, val_interval=1),
}
"""Minimum values of settings, by section of a config."""


def check_numbers(cfg: dict) -> None:
    """Checks the numbers of a config: sizes of batches, epochs, workers.

    Raises:
        ConfigError: A setting is not a number, or too small; the message names it.
    """
    for section, settings in SMALLEST.items():
        for key, least in settings.items():
            for part in as_list(cfg.get(section)):
                value = part.get(key)
                if value is not None and not (isinstance(value, (int, float)) and value >= least):
                    raise ConfigError(f'{section}.{key}={value!r}; it has to be a number, {least} or more')


def as_list(section: dict | list | None) -> list:
    """Returns a section of a config as a list; a section may be a dict, a list of dicts, or missing."""
    return section if isinstance(section, list) else [section or {}]


def check_length(loader: DataLoader) -> None:
    """Checks that a loader has at least one batch in every process.

    Raises:
        ConfigError: Its data set is empty, or too small for a batch.
    """
    dataset, ranks = loader.dataset, get_world_size()
    if not hasattr(dataset, '__len__'):
        return
    if not len(dataset):
        raise empty_dataset(dataset)
    processes = f' for {ranks} processes' if ranks > 1 else ''
    summary = f'{describe(dataset)} has {len(dataset)} image(s){processes}'
    if len(dataset) < ranks and not getattr(loader.sampler, 'round_up', True):
        raise ConfigError(f'{summary}; start at most one process per image, or drop round_up=False')
    if not isinstance(loader.sampler, InfiniteSampler) and not len(loader):
        raise ConfigError(
            f'{summary}, too few for a batch of batch_size={loader.batch_size}, and drop_last={loader.drop_last} '
            f'leaves incomplete ones out; set batch_size={max(len(dataset) // ranks, 1)} or less, or drop_last=False'
        )


def check_shares(loader: DataLoader) -> None:
    """Checks that a training loader gives all processes the same number of batches.

    Raises:
        ConfigError: The numbers may differ.
    """
    if get_world_size() > 1 and not getattr(loader.sampler, 'round_up', True):
        raise ConfigError(
            f'round_up=False of the training sampler can give {get_world_size()} processes different numbers of '
            'batches, and they would wait for each other forever; leave it out'
        )


def empty_dataset(dataset: Dataset | ConfigDict) -> ConfigError:
    """Returns the error for a data set without images, or for its config."""
    return ConfigError(f'{describe(dataset)} has no images; add some, or correct its folder')


def describe(dataset: Dataset | ConfigDict) -> str:
    """Describes a data set by its type and, if known, its folder and split."""
    name = dataset.get('type') if isinstance(dataset, ConfigDict) else type(dataset)
    parts = [f'{key} {value!r}' for key in ('data_root', 'split') if (value := getattr(dataset, key, None))]
    return ', '.join([f'the data set {getattr(name, "__name__", name)}', *parts])
