"""Checks of the settings of a data set, before any file is read."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from numbers import Integral
from typing import Any

from mtcp_mm.tasks.settings import check_number
from mtcp_mm.utils import ConfigError, plain_settings

UNSUPPORTED = {
    'ann_file': ('load_data_list', 'name the list of IDs by split and split_folder'),
    'data_prefix': ('load_data_list', 'name where files lie by folders and image_folder'),
    'filter_cfg': ('filter_data', 'leave images out by a list of IDs of its own'),
    'img_suffix': ('load_data_list', 'images are found by their IDs, whatever their suffix'),
    'seg_map_suffix': ('load_data_list', 'maps are found by their IDs, whatever their suffix'),
    'reduce_zero_label': ('load_data_list', 'give the class map label_offset=1'),
}
"""Settings of other data sets: the method that has to be overridden for them to be read, and what to do instead."""


def check_unsupported(given: Mapping[str, Any], overridden: Collection[str]) -> None:
    """Refuses settings that nothing reads.

    Args:
        given: Settings for the data set's base class.
        overridden: Methods that the data set's class has of its own, which may read them.

    Raises:
        ConfigError: One is given.
    """
    for key, (method, instead) in UNSUPPORTED.items():
        if key in given and given[key] not in (None, '') and method not in overridden:
            raise ConfigError(f'{key}={given[key]!r} of a multi-task data set, which nothing reads; {instead}')


def check_settings(split: Any, upright: Any, label_fraction: Any, tasks: Collection[str]) -> None:
    """Checks settings of a data set for tasks of these names.

    Raises:
        ConfigError: One cannot be.
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
        raise ConfigError(f'label_fraction names {sorted(wrong)}, which are not in the task list {sorted(tasks)}')
    for name, fraction in label_fraction.items():
        check_number(f'label_fraction of task "{name}"', fraction, least=0)
        if fraction > 1:
            raise ConfigError(f'label_fraction of task "{name}" is {fraction!r}; fractions are from 0 to 1')


def check_folders(folders: Any, tasks: AbstractSet[str], known: Collection[str]) -> None:
    """Checks folders by task.

    Args:
        folders: They.
        tasks: The tasks' names.
        known: Names of tasks of which the data set's class knows a folder.

    Raises:
        ConfigError: They are no folders by task, or one is misspelt.
    """
    if not isinstance(folders, Mapping):
        raise ConfigError(f'folders={folders!r}; a folder by task is expected, such as dict({min(tasks)}="labels")')
    for name, folder in folders.items():
        meant = get_close_matches(name, tasks - folders.keys(), 1) if name not in {*tasks, *known} else ()
        if meant:  # others may be of tasks that were left out
            raise ConfigError(
                f'folders names "{name}", which is no task; the task list has {sorted(tasks)}. Is "{meant[0]}" meant?'
            )
        several = isinstance(folder, Sequence) and folder and all(isinstance(one, str) for one in folder)
        if not isinstance(folder, str) and not several:
            raise ConfigError(f'folders has {folder!r} for task "{name}"; a folder or a list of them is expected')


def check_metainfo(metainfo: Any, meant: Mapping[str, Any]) -> None:
    """Checks that a data set's metainfo matches its tasks.

    Args:
        metainfo: What is given.
        meant: What follows from the tasks.

    Raises:
        ConfigError: It does not.
    """
    if not isinstance(metainfo, Mapping):
        raise ConfigError(f'metainfo={metainfo!r} of a data set; a dict is expected')
    for key, value in meant.items():
        if key in metainfo and to_lists(metainfo[key]) != to_lists(value):
            raise ConfigError(
                f'metainfo has {key}={metainfo[key]!r}, and the tasks say {value!r}; set them in the task alone'
            )


def to_lists(value: Any) -> Any:
    """Returns nested settings with lists in place of tuples."""
    value = plain_settings(value)
    return list(map(to_lists, value)) if isinstance(value, (list, tuple)) else value


def check_indices(indices: Any, count: int) -> None:
    """Checks that indices, or a number of first or last images, are within a data set.

    Raises:
        ConfigError: They are not.
    """
    several = isinstance(indices, Sequence) and not isinstance(indices, str)
    numbers = list(indices) if several else [indices]
    if not all(isinstance(number, Integral) and not isinstance(number, bool) for number in numbers):
        raise ConfigError(f'indices={indices!r}; a whole number, or a list of them, is expected')
    most = count - 1 if several else count
    if wrong := [number for number in numbers if not -count <= number <= most]:
        raise ConfigError(f'indices={indices!r}, and the data set has {count} images; {wrong[0]} is beyond')
