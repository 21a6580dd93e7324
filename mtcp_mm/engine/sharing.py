"""The settings of a config's top level that hold inside it."""

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mtcp_mm.utils import ConfigError

SHARED_SETTINGS = ('tasks', 'data_root')
READERS = ('_file2dict', '_parse_lazy_import')
"""What MMEngine's Config reads a file with, and in turn the files that it inherits from."""
ONE_AT_A_TIME = threading.RLock()
SHARED = '_shared_settings'

Place = tuple[str | int, ...]


def share_settings(cfg: Config) -> None:
    """Has the parts of a config go with the ``tasks`` and the ``data_root`` of its top level; in place.

    A part that was given the top level's value in one of the config's files follows it where a file that inherits, or
    an option, sets another. What is written for a part alone stays.

    Raises:
        ConfigError: No part has the top level's value, and of a config without a file nobody can tell why.
    """
    shared = getattr(cfg, SHARED, None)
    for key in SHARED_SETTINGS:
        if key not in cfg:
            continue
        if shared is not None:
            replace(cfg, key, shared.get(key))
        elif others := {place: part for place, part in parts_with(cfg, key) if part[key] != cfg[key]}:
            follow(cfg, key, others)
    mark(cfg)


def mark(cfg: Config) -> None:
    """Notes what the parts of a config go with, so that only what is changed afterwards is shared again."""
    if isinstance(cfg, Config):
        values = {key: copy.deepcopy(cfg[key]) for key in SHARED_SETTINGS if key in cfg}
        object.__setattr__(cfg, SHARED, values)  # beside the settings, as MMEngine's own marks: no file gets it


def replace(cfg: Config, key: str, old: Any) -> None:
    """Sets a key to the top level's value in the parts that have an old one."""
    if cfg[key] != old:
        for _, part in list(parts_with(cfg, key)):
            if part[key] == old:
                part[key] = copy.deepcopy(cfg[key])


def follow(cfg: Config, key: str, others: Mapping[Place, dict]) -> None:
    """Sets a key to the top level's value in those of the parts that were given it before."""
    files = read_files(cfg)
    if not files and not any(place and part[key] == cfg[key] for place, part in parts_with(cfg, key)):
        place, part = next(iter(others.items()))
        raise ConfigError(
            f'the top level has {key}={describe(cfg[key])}, and {".".join(map(str, place))} has '
            f'{key}={describe(part[key])}; give both the same, or leave it out at the top level'
        )
    for place, part in others.items():
        if any(was_given(file, key, place, part[key]) for file in files):
            part[key] = copy.deepcopy(cfg[key])


def was_given(file: Mapping, key: str, place: Place, value: Any) -> bool:
    """Returns whether the part at a place has the value in a file's settings, and the top level there has it too."""
    return any(part[key] == value == file.get(key) for at, part in parts_with(file, key) if at == place)


def check_tasks(cfg: Config) -> None:
    """Demands that a network is trained on data for all its tasks, and scored on tasks that it has.

    Raises:
        ConfigError: It is not; the message names both lists.
    """
    model = cfg.get('model')
    network = task_names(model.get('tasks')) if isinstance(model, Mapping) else []
    for section in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        lists = [task_names(part['tasks']) for _, part in parts_with(cfg.get(section), 'tasks')]
        data = list(dict.fromkeys(name for names in lists for name in names))
        wanted, there = (network, data) if section == 'train_dataloader' else (data, network)
        if network and data and set(wanted) - set(there):
            raise ConfigError(
                f'model has the tasks {", ".join(network)}, and {section} {", ".join(data)}; set tasks at the top '
                'level alone, or alike in both'
            )


def task_names(tasks: Any) -> list[str]:
    """Returns the names in a task list, none of what is not one."""
    return [task['name'] for task in tasks or () if isinstance(task, Mapping) and 'name' in task]


def read_files(cfg: Config) -> list[Mapping]:
    """Returns the settings of a config's file and of all that it inherits from; none of a config without a file."""
    path = getattr(cfg, 'filename', None)
    if not path or not Path(path).is_file():
        return []
    with recorded_files() as files:
        Config.fromfile(path, import_custom_modules=False)
    return files


@contextmanager
def recorded_files() -> Iterator[list[Mapping]]:
    """Collects the settings of each file that MMEngine reads meanwhile."""
    files: list[Mapping] = []

    def recording(read: Callable[..., tuple]) -> Callable[..., tuple]:
        def read_and_record(*args, **kwargs) -> tuple:
            content = read(*args, **kwargs)
            files.append(copy.deepcopy(content[0]))  # a file that inherits may change it in place
            return content

        return staticmethod(read_and_record)

    with ONE_AT_A_TIME:
        readers = {name: vars(Config)[name] for name in READERS}
        for name, reader in readers.items():
            setattr(Config, name, recording(reader.__func__))
        try:
            yield files
        finally:
            for name, reader in readers.items():
                setattr(Config, name, reader)


def parts_with(part: Any, key: str, place: Place = ()) -> Iterator[tuple[Place, dict]]:
    """Yields the mappings in a config that have a key, itself among them, with their places; in lists too."""
    if isinstance(part, (list, tuple)):
        inner = enumerate(part)
    elif isinstance(part, (Mapping, Config)):
        inner = part.items()
        if key in part:
            yield place, part
    else:
        return
    for name, value in inner:
        if name != key:
            yield from parts_with(value, key, (*place, name))


def describe(value: Any) -> str:
    """Writes a setting for a message: of a task list the names alone."""
    if isinstance(value, (list, tuple)) and all(isinstance(item, Mapping) for item in value):
        return f'[{", ".join(str(item.get("name")) for item in value)}]'
    return repr(value)
