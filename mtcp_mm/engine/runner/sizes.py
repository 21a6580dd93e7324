"""Numbers of a training that have to fit each other, checked before anything is trained."""

from mmengine.config import ConfigDict
from mmengine.dataset import InfiniteSampler
from mmengine.dist import get_world_size
from torch.utils.data import DataLoader, Dataset

from mtcp_mm.utils import ConfigError

LEAST = {
    **{f'{part}_dataloader': dict(batch_size=1, num_workers=0) for part in ('train', 'val', 'test')},
    'train_cfg': dict(max_epochs=1, max_iters=1, val_interval=1),
}
"""Least values of settings in sections of a config."""


def check_numbers(cfg: dict) -> None:
    """Demands that the numbers of a config are such as a training can have.

    Raises:
        ConfigError: One is not; the message names it.
    """
    for section, settings in LEAST.items():
        for key, least in settings.items():
            for part in as_list(cfg.get(section)):
                value = part.get(key)
                if value is not None and not (isinstance(value, (int, float)) and value >= least):
                    raise ConfigError(f'{section}.{key}={value!r}; it has to be a number, {least} or more')


def as_list(section: dict | list | None) -> list:
    """Returns the settings of a section, of which there may be several, or none."""
    return section if isinstance(section, list) else [section or {}]


def check_length(loader: DataLoader) -> None:
    """Demands that a loader has something to load, on this process as on all others.

    Raises:
        ConfigError: Its data set is empty, or too small for a batch.
    """
    dataset, ranks = loader.dataset, get_world_size()
    if not hasattr(dataset, '__len__'):
        return
    if not len(dataset):
        raise empty(dataset)
    processes = f' for {ranks} processes' if ranks > 1 else ''
    found = f'{describe(dataset)} has {len(dataset)} image(s){processes}'
    if len(dataset) < ranks and not getattr(loader.sampler, 'round_up', True):
        raise ConfigError(f'{found}; start no more than it has images, or leave out round_up=False of the sampler')
    if not isinstance(loader.sampler, InfiniteSampler) and not len(loader):
        raise ConfigError(
            f'{found}, too few for a batch of batch_size={loader.batch_size}, and drop_last={loader.drop_last} leaves '
            f'incomplete ones out; set batch_size={max(len(dataset) // ranks, 1)} or less, or drop_last=False'
        )


def check_shares(loader: DataLoader) -> None:
    """Demands that a loader gives all processes of a training as many batches.

    Raises:
        ConfigError: It may not.
    """
    if get_world_size() > 1 and not getattr(loader.sampler, 'round_up', True):
        raise ConfigError(
            f'round_up=False of the training sampler can give {get_world_size()} processes different numbers of '
            'batches, and they would wait for each other for ever; leave it out'
        )


def empty(dataset: Dataset | ConfigDict) -> ConfigError:
    """Returns what is said of a data set, or of the config of one, that has no image."""
    return ConfigError(f'{describe(dataset)} has no image; add some, or correct where they are looked for')


def describe(dataset: Dataset | ConfigDict) -> str:
    """Says which data set it is, as far as it can be asked."""
    name = dataset.get('type') if isinstance(dataset, ConfigDict) else type(dataset)
    parts = [f'{key} {value!r}' for key in ('data_root', 'split') if (value := getattr(dataset, key, None))]
    return ', '.join([f'the data set {getattr(name, "__name__", name)}', *parts])
