"""Checks of a data set's settings, before any file is read."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from numbers import Integral
from typing import Any

from mtcp_mm.tasks.settings import check_number
from mtcp_mm.utils import ConfigError, plain_settings

UNSUPPORTED = {
    'ann_file': ('load_data_list', 'set split and split_folder, which name the list of IDs'),
    'data_prefix': ('load_data_list', 'set folders and image_folder'),
    'filter_cfg': ('filter_data', 'remove images from the list of IDs'),
    'img_suffix': ('load_data_list', 'images are found by ID with any suffix'),
    'seg_map_suffix': ('load_data_list', 'maps are found by ID with any suffix'),
    'reduce_zero_label': ('load_data_list', 'set label_offset=1 of the class map'),
}
"""Settings of other data sets: the method that a subclass must override to read them, and what to do instead."""


def check_unsupported(settings: Mapping[str, Any], overridden: Collection[str]) -> None:
    """Checks that every setting is used by the data set.

    Args:
        settings: Settings for :class:`mmengine.dataset.BaseDataset`.
        overridden: Names of the methods that the subclass overrides, which may read such settings.

    Raises:
        ConfigError: A setting would have no effect.
    """
    for key, (method, instead) in UNSUPPORTED.items():
        if key in settings and settings[key] not in (None, '') and method not in overridden:
            raise ConfigError(f'{key}={settings[key]!r} of a multi-task data set, which nothing reads; {instead}')


def check_settings(split: Any, upright: Any, label_fraction: Any, tasks: Collection[str]) -> None:
    """Checks the types and ranges of a data set's settings.

    Args:
        split: Name of the list of IDs.
        upright: Whether to apply the EXIF rotation.
        label_fraction: Fraction of the maps to use, by task name.
        tasks: Names of the tasks.

    Raises:
        ConfigError: A setting is invalid.
    """
    if not isinstance(split, str):
        raise ConfigError(f'split {split!r} of a data set; the name of a list of IDs is expected, such as "train"')
    if not isinstance(upright, bool):
        raise ConfigError(f'upright={upright!r} of a data set; True or False is expected')
    if not isinstance(label_fraction, Mapping):
        raise ConfigError(
            f'label_fraction={label_fraction!r}; a fraction by task is expected, such as dict({min(tasks)}=0.5)'
        )
    if wrong := label_fraction.keys() - tasks:
        raise ConfigError(f'label_fraction has {sorted(wrong)}, which are not in the task list {sorted(tasks)}')
    for name, fraction in label_fraction.items():
        check_number(f'label_fraction of task "{name}"', fraction, least=0)
        if fraction > 1:
            raise ConfigError(f'label_fraction of task "{name}" is {fraction!r}; fractions are from 0 to 1')


def check_folders(folders: Any, tasks: AbstractSet[str], known: Collection[str]) -> None:
    """Checks the folders of the maps.

    Args:
        folders: A folder, or a list of them, by task name.
        tasks: Names of the tasks.
        known: Names of the tasks that have a folder in the data set class.

    Raises:
        ConfigError: ``folders`` has another form, or a task name is misspelt.
    """
    if not isinstance(folders, Mapping):
        raise ConfigError(f'folders={folders!r}; a folder by task is expected, such as dict({min(tasks)}="labels")')
    for name, folder in folders.items():
        similar = get_close_matches(name, tasks - folders.keys(), 1) if name not in {*tasks, *known} else ()
        if similar:  # other names may belong to tasks that the config leaves out
            raise ConfigError(
                f'folders has "{name}", which is not in the task list {sorted(tasks)}. Do you mean "{similar[0]}"?'
            )
        is_list = isinstance(folder, Sequence) and folder and all(isinstance(entry, str) for entry in folder)
        if not isinstance(folder, str) and not is_list:
            raise ConfigError(f'folders has {folder!r} for task "{name}"; a folder or a list of them is expected')


def check_metainfo(metainfo: Any, expected: Mapping[str, Any]) -> None:
    """Checks that the metainfo of a data set does not contradict its tasks.

    Args:
        metainfo: The metainfo from the config.
        expected: The metainfo that follows from the tasks.

    Raises:
        ConfigError: They differ.
    """
    if not isinstance(metainfo, Mapping):
        raise ConfigError(f'metainfo={metainfo!r} of a data set; a dict is expected')
    for key, value in expected.items():
        if key in metainfo and to_lists(metainfo[key]) != to_lists(value):
            raise ConfigError(
                f'metainfo has {key}={metainfo[key]!r}, but the tasks have {value!r}; set it in the task only'
            )


def to_lists(value: Any) -> Any:
    """Returns nested settings with tuples replaced by lists."""
    value = plain_settings(value)
    return list(map(to_lists, value)) if isinstance(value, (list, tuple)) else value


def check_indices(indices: Any, count: int) -> None:
    """Checks the ``indices`` of a data set.

    Args:
        indices: Indices of images; or the number of first images to use, or of last ones if negative.
        count: Number of images in the data set.

    Raises:
        ConfigError: An index or the number is out of range, or no integer.
    """
    is_list = isinstance(indices, Sequence) and not isinstance(indices, str)
    numbers = list(indices) if is_list else [indices]
    if not all(isinstance(number, Integral) and not isinstance(number, bool) for number in numbers):
        raise ConfigError(f'indices={indices!r}; a whole number, or a list of them, is expected')
    most = count - 1 if is_list else count
    if wrong := [number for number in numbers if not -count <= number <= most]:
        raise ConfigError(f'indices={indices!r}, but the data set has {count} images; {wrong[0]} is out of range')
