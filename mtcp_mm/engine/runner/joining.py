"""Why data sets cannot be put together."""

from collections.abc import Iterator, Mapping
from typing import Any

from mmseg.registry import DATASETS
from torch.utils.data import DataLoader

from mtcp_mm.engine.sharing import parts_with
from mtcp_mm.utils import ConfigError, plain


def find_unlike(error: Exception, dataloader: DataLoader | dict) -> ConfigError | None:
    """Says what is unlike in data sets that MMEngine cannot put together; None where that is not the error.

    Args:
        error: What was raised when the data set of a loader was built.
        dataloader: Config of the loader.
    """
    if '-th dataset' in str(error) and isinstance(dataloader, Mapping):
        for _, part in reversed(list(parts_with(dataloader, 'datasets'))):  # those inside others first
            metainfos = [plain(DATASETS.build(data).metainfo) for data in part['datasets']]
            for number, metainfo in enumerate(metainfos[1:], 2):
                for what, first, other in settings(metainfos[0], metainfo):
                    if first != other:
                        return ConfigError(
                            f'data sets 1 and {number} of those that are put together differ in {what}: '
                            f'{first!r} and {other!r}; give both the same. Only how their files are encoded may differ'
                        )
    return None


def settings(one: Mapping, other: Mapping) -> Iterator[tuple[str, Any, Any]]:
    """Yields each setting of two data sets' metainfo, the tasks first, and its values, None where it is not set."""
    tasks, others = [{task['name']: task for task in meta.get('tasks', ())} for meta in (one, other)]
    yield 'their tasks', list(tasks), list(others)
    for name in tasks:
        for key in sorted({*tasks[name], *others.get(name, ())}):
            yield f'{key} of task "{name}"', tasks[name].get(key), others[name].get(key)
    for key in sorted({*one, *other} - {'tasks'}):
        yield f'{key} of metainfo', one.get(key), other.get(key)
