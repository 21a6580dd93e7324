"""Explains why data sets cannot be concatenated."""

from collections.abc import Iterator, Mapping
from typing import Any

from mmseg.registry import DATASETS
from torch.utils.data import DataLoader

from mtcp_mm.engine.config_parts import find_parts
from mtcp_mm.utils import ConfigError, plain_settings


def find_difference(error: Exception, dataloader: DataLoader | dict) -> ConfigError | None:
    """Finds the difference that keeps MMEngine from concatenating data sets; None if the error is another one.

    Args:
        error: The error from building the loader's data set.
        dataloader: Config of the loader.
    """
    if '-th dataset' in str(error) and isinstance(dataloader, Mapping):
        for _, part in reversed(list(find_parts(dataloader, 'datasets'))):  # inner ones first
            metainfos = [plain_settings(DATASETS.build(data).metainfo) for data in part['datasets']]
            for number, metainfo in enumerate(metainfos[1:], 2):
                for setting, first, other in pair_settings(metainfos[0], metainfo):
                    if first != other:
                        return ConfigError(
                            f'data sets 1 and {number} of a concatenation differ in {setting}: '
                            f'{first!r} and {other!r}; use the same in both. Only the encoding of files may differ'
                        )
    return None


def pair_settings(one: Mapping, other: Mapping) -> Iterator[tuple[str, Any, Any]]:
    """Yields each setting of two data sets' metainfo with both values, tasks first; None if one is missing."""
    tasks, others = [{task['name']: task for task in meta.get('tasks', ())} for meta in (one, other)]
    yield 'their tasks', list(tasks), list(others)
    for name in tasks:
        for key in sorted({*tasks[name], *others.get(name, ())}):
            yield f'{key} of task "{name}"', tasks[name].get(key), others[name].get(key)
    for key in sorted({*one, *other} - {'tasks'}):
        yield f'{key} of metainfo', one.get(key), other.get(key)
