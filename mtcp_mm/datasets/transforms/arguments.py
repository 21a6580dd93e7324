"""Checks of the arguments of transforms."""

import math
from numbers import Integral, Real
from typing import Any

from mtcp_mm.tasks.settings import is_number_within
from mtcp_mm.utils import ConfigError


def check_numbers(
    setting: str,
    value: Any,
    count: int | None = None,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = math.inf,
    kind: type = Real,
) -> tuple:
    """Checks a list of finite numbers, and returns it as a tuple.

    Args:
        setting: Name of the argument and its transform, for the message.
        value: Its value.
        count: Required number of numbers; None for one or more.
        least: Smallest allowed number.
        above: Exclusive lower bound.
        most: Largest allowed number.
        kind: ``Real``, or ``Integral`` for whole numbers.

    Raises:
        ConfigError: The value is not such a list.
    """
    numbers = list(value) if hasattr(value, '__len__') and not isinstance(value, str) else []
    if (
        not numbers
        or len(numbers) != (count or len(numbers))
        or not all(is_number_within(v, least, above, most, kind) for v in numbers)
    ):
        noun = 'whole numbers' if kind is Integral else 'numbers'
        raise ConfigError(
            f'{setting} is {value!r}; {count or "one or more"} {noun}{describe_bounds(least, above, most)} are expected'
        )
    return tuple(numbers)


def check_range(setting: str, value: Any, **bounds: Any) -> tuple:
    """Checks a range, and returns its lower and upper end.

    Raises:
        ConfigError: The value is not two numbers within the bounds of :func:`check_numbers`, the lower one first.
    """
    low, high = check_numbers(setting, value, 2, **bounds)
    if low > high:
        raise ConfigError(f'{setting} is {value!r}; put the lower number first: {(high, low)}')
    return low, high


def check_size(setting: str, value: Any) -> tuple[int, int]:
    """Checks a size in pixels, and returns its two lengths.

    Raises:
        ConfigError: The value is not two positive integers.
    """
    return check_numbers(setting, value, 2, least=1, kind=Integral)


def describe_bounds(least: float = -math.inf, above: float = -math.inf, most: float = math.inf, **_: Any) -> str:
    """Describes bounds in words."""
    bounds = {'from': least, 'above': above, 'up to': most}
    return ''.join(f' {word} {bound:g}' for word, bound in bounds.items() if math.isfinite(bound))
