"""Checks of config settings, before any data is read."""

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from mmengine.model import ModuleDict

from mtcp_mm.utils import ConfigError

_NAME = re.compile(r'[\w-]+')
_MODULE_ATTRIBUTES = ModuleDict()


def check_name(setting: str, name: Any) -> None:
    """Checks that a task's name or field can be part of the names of losses, scores, layers and files.

    Raises:
        ConfigError: The name is invalid.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError(
            f'{setting} {name!r} of a task; use letters, digits, "_" and "-" only, since the names of losses '
            '(loss_NAME), scores (NAME/mIoU), layers and files contain it'
        )
    if 'loss' in name:
        raise ConfigError(f'{setting} "{name}" of a task must not contain "loss": only losses may')
    if hasattr(_MODULE_ATTRIBUTES, name):
        raise ConfigError(
            f'{setting} "{name}" of a task is the name of an attribute of PyTorch modules; choose another'
        )


def is_number_within(
    value: Any, least: float = -math.inf, above: float = -math.inf, most: float = math.inf, kind: type = Real
) -> bool:
    """Returns whether a value is a finite ``kind`` of number from ``least`` to ``most``, and greater than ``above``."""
    is_number = isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value)
    return is_number and least <= value <= most and value > above


def check_number(
    setting: str, value: Any, least: float = -math.inf, above: float = -math.inf, most: float = math.inf
) -> None:
    """Checks that a setting is a finite number within bounds.

    Args:
        setting: Name of the setting, for the message.
        value: Its value.
        least: Smallest allowed value.
        above: Exclusive lower bound.
        most: Largest allowed value.

    Raises:
        ConfigError: It is not.
    """
    if not is_number_within(value, least, above, most):
        limit = f', {least:g} or more' if math.isfinite(least) else f' above {above:g}' if math.isfinite(above) else ''
        limit += f' and {most:g} or less' if math.isfinite(most) else ''
        raise ConfigError(f'{setting} is {value!r}; it has to be a finite number{limit}')


def check_class_weights(setting: str, values: Any, classes: int | None = None) -> None:
    """Checks class weights: one per class, none negative, not all zero.

    Args:
        setting: Name of the setting, for the message.
        values: The weights.
        classes: Number of classes, if known.

    Raises:
        ConfigError: The weights are invalid.
    """
    if isinstance(values, str) or not hasattr(values, '__len__'):
        raise ConfigError(f'{setting} is {values!r}; a list with a number for each class is expected')
    if classes is not None and len(values) != classes:
        raise ConfigError(
            f'{setting} has {len(values)} values where there are {classes} classes; give one for each class'
        )
    for i, value in enumerate(values):
        check_number(f'{setting}, of class {i},', value, least=0)
    if not any(values):
        raise ConfigError(
            f'{setting} is zero for all classes, so nothing would be learned; set at least one weight above 0'
        )


def check_part(setting: str, config: Any) -> None:
    """Checks that the config of a loss or metric is a dict with ``type``.

    Raises:
        ConfigError: It is not.
    """
    if not isinstance(config, Mapping) or 'type' not in config:
        raise ConfigError(f'{setting} is {config!r}; a dict with a type is expected, such as dict(type=...)')


def check_metrics(name: str, metrics: Any) -> None:
    """Checks that a task's metrics are a list of configs with different types.

    Raises:
        ConfigError: They are not.
    """
    if not isinstance(metrics, Sequence) or isinstance(metrics, str):
        raise ConfigError(f'metrics of task "{name}" is {metrics!r}; a list is expected, such as [dict(type=...)]')
    for config in metrics:
        check_part(f'a metric of task "{name}"', config)
    types = [config['type'] for config in metrics]
    if repeated := [kind for kind in types if types.count(kind) > 1]:
        raise ConfigError(f'task "{name}" has the metric {repeated[0]} {types.count(repeated[0])} times; list it once')
