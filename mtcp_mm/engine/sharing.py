"""The settings of a config's top level that hold inside it."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmengine.config import Config

from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils import ConfigError, plain

from .config_files import Source, read_files

SHARED_SETTINGS = ('tasks', 'data_root')
SHARED = '_shared_settings'

Place = tuple[str | int, ...]


def share_settings(cfg: Config) -> None:
    """Has the parts of a config go with the ``tasks`` and the ``data_root`` of its top level; in place.

    A part that was given the top level's value by the file that wrote it follows where a file that inherits, or an
    option, sets another. What is written for a part alone stays.

    Raises:
        ConfigError: Nobody can tell which is meant: no part has the top level's value, and the config has no file; or a
            part that is new in a file has the value of the top level of a base, and the file's own has another.
    """
    shared = getattr(cfg, SHARED, None)
    for key in SHARED_SETTINGS:
        if key not in cfg:
            continue
        if shared is not None:
            replace(cfg, key, shared.get(key))
        elif others := {place: part for place, part in parts_with(cfg, key) if not same(part[key], cfg[key])}:
            follow(cfg, key, others)
    mark(cfg)


def mark(cfg: Config) -> None:
    """Notes what the parts of a config go with, so that only what is changed afterwards is shared again."""
    if isinstance(cfg, Config):
        values = {key: copy.deepcopy(cfg[key]) for key in SHARED_SETTINGS if key in cfg}
        object.__setattr__(cfg, SHARED, values)  # beside the settings, as MMEngine's own marks: no file gets it


def replace(cfg: Config, key: str, old: Any) -> None:
    """Sets a key to the top level's value in the parts that have an old one."""
    if not same(cfg[key], old):
        for _, part in list(parts_with(cfg, key)):
            if same(part[key], old):
                part[key] = copy.deepcopy(cfg[key])


def follow(cfg: Config, key: str, others: Mapping[Place, dict]) -> None:
    """Sets a key to the top level's value in those of the parts that were given it before."""
    files = read_files(cfg)
    if not files and not any(place and same(part[key], cfg[key]) for place, part in parts_with(cfg, key)):
        place, part = next(iter(others.items()))
        raise contradiction(cfg, key, place, part[key])
    for place, part in others.items():
        if was_given(files, key, place, part[key]):
            part[key] = copy.deepcopy(cfg[key])
        elif place[0] in cfg and is_used(place[0]) and is_copied(files, key, place, part[key]):
            raise contradiction(cfg, key, place, part[key])


def was_given(files: Sequence[Source], key: str, place: Place, value: Any) -> bool:
    """Returns whether the last file that writes a part gives it the top level's value, and it still has that."""
    for file in reversed(files):
        written = part_at(file.settings if file.own is None else file.own, place)
        if key in written and (file.own is not None or same(written[key], file.settings.get(key))):
            return same(written[key], file.settings.get(key)) and same(written[key], value)
    return False


def is_copied(files: Sequence[Source], key: str, place: Place, value: Any) -> bool:
    """Returns whether a part that no base has holds the top level's value of one, which it may have taken over."""
    bases = files[:-1]
    new = not any(key in part_at(base.settings, place) for base in bases)
    return new and any(key in base.settings and same(base.settings[key], value) for base in bases)


def is_used(section: str | int) -> bool:
    """Returns whether a runner builds something of a section of a config; others are there to be referred to."""
    return section == 'model' or str(section).endswith(('_dataloader', '_evaluator'))


def contradiction(cfg: Config, key: str, place: Place, value: Any) -> ConfigError:
    """Returns what is said where nobody can tell which of two values is meant."""
    return ConfigError(
        f'the top level has {key}={describe(cfg[key])}, and {".".join(map(str, place))} has {key}={describe(value)}; '
        'give both the same, or leave it out at the top level'
    )


def part_at(settings: Any, place: Place) -> Mapping:
    """Returns the part at a place, an empty one where there is none."""
    for step in place:
        try:
            settings = settings[step]
        except (IndexError, KeyError, TypeError):
            return {}
    return settings if isinstance(settings, Mapping) else {}


def same(one: Any, other: Any) -> bool:
    """Returns whether two settings are equal, which arrays among them do not tell by themselves."""
    return plain(one) == plain(other)


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
        for place, part in parts_with(cfg.get(section), 'tasks') if network else ():
            check_alike(model['tasks'], part['tasks'], '.'.join(map(str, (section, *place))))
    top = task_names(cfg.get('tasks'))
    if network and top and set(network) != set(top):
        raise ConfigError(
            f'model has the tasks {", ".join(network)}, and the top level {", ".join(top)}; set tasks at the top level '
            'alone, or alike in both'
        )


def check_alike(network: Sequence[Mapping], data: Sequence[Mapping], place: str) -> None:
    """Demands that tasks of one name mean the same to a network and to data, which may be encoded as they like.

    Raises:
        ConfigError: They do not; the message names both.
    """
    ours, theirs = build_tasks(network), build_tasks(data)
    for name in ours.keys() & theirs.keys():
        for what in (lambda task: type(task).__name__, lambda task: task.field, lambda task: list(task.classes)):
            if what(ours[name]) != what(theirs[name]):
                raise ConfigError(
                    f'task "{name}" is {what(ours[name])} in the model, and {what(theirs[name])} in {place}; set tasks '
                    'at the top level alone, or alike in both'
                )


def task_names(tasks: Any) -> list[str]:
    """Returns the names in a task list, none of what is not one."""
    return [task['name'] for task in tasks or () if isinstance(task, Mapping) and 'name' in task]


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
