"""Checks of a transform's arguments."""

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
    """Returns a list of finite numbers as a tuple.

    Args:
        setting: The setting and its transform, for the message.
        value: What is numbers.
        count: How many numbers there have to be; None for one or more.
        least: The least that each may be.
        above: What each has to be above.
        most: The most that each may be.
        kind: ``Real``, or ``Integral`` for whole numbers.

    Raises:
        ConfigError: They are not.
    """
    numbers = list(value) if hasattr(value, '__len__') and not isinstance(value, str) else []
    if (
        not numbers
        or len(numbers) != (count or len(numbers))
        or not all(is_number_within(v, least, above, most, kind) for v in numbers)
    ):
        what = 'whole numbers' if kind is Integral else 'numbers'
        raise ConfigError(
            f'{setting} is {value!r}; {count or "one or more"} {what}{describe_bounds(least, above, most)} are expected'
        )
    return tuple(numbers)


def check_range(setting: str, value: Any, **bounds: Any) -> tuple:
    """Returns the lowest and the highest of a range.

    Raises:
        ConfigError: They are not two numbers within the bounds of :func:`check_numbers`, the lower first.
    """
    low, high = check_numbers(setting, value, 2, **bounds)
    if low > high:
        raise ConfigError(f'{setting} is {value!r}; the lower number comes first, such as {(high, low)}')
    return low, high


def check_size(setting: str, value: Any) -> tuple[int, int]:
    """Returns the two lengths of a size in pixels.

    Raises:
        ConfigError: They are not two whole numbers from 1 on.
    """
    return check_numbers(setting, value, 2, least=1, kind=Integral)


def describe_bounds(least: float = -math.inf, above: float = -math.inf, most: float = math.inf, **_: Any) -> str:
    """Says bounds in words."""
    bounds = {'from': least, 'above': above, 'up to': most}
    return ''.join(f' {word} {bound:g}' for word, bound in bounds.items() if math.isfinite(bound))
