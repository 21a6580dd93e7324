"""Safe replacements for the functions and states that a checkpoint's pickle may name."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

from .arrays import begin_array, check_dtype_state, fill_array, make_dtype, make_scalar

HISTORY = 'mmengine.logging.history_buffer.HistoryBuffer'
STATISTICS = ('min', 'max', 'current', 'mean')
CLASS_NAMES = {HISTORY: HISTORY, 'numpy.ndarray': 'numpy.ndarray'}
"""Classes that a checkpoint may name. Each is read as a string, which cannot be called."""
LARGEST_KEY = 1 << 60
"""Smaller integers all have different hashes."""


@dataclass(frozen=True)
class Allowed:
    """A function that a pickle may call: one of this package, or the constructor of a container."""

    call: Callable


def is_count(value: Any) -> bool:
    """Returns whether a value is a non-negative integer."""
    return type(value) is int and value >= 0


def are_counts(values: Sequence) -> bool:
    """Returns whether all values are non-negative integers."""
    return all(map(is_count, values))


def describe_value(value: Any) -> str:
    """Describes a value for a message: a string or a number in full, anything else by its type alone.

    Containers could print without end.
    """
    return f'{value!r:.100}' if isinstance(value, str | int | float) else f'a value of type {type(value).__name__}'


def is_key(value: Any) -> bool:
    """Returns whether a value may be the key of a dict: a string, bytes, a float, a small integer or None.

    Large integers and tuples can be chosen to have equal hashes, and a dict of them takes quadratic time.
    """
    return isinstance(value, str | float | bytes | None) or (isinstance(value, int) and abs(value) < LARGEST_KEY)


def set_items(target: dict, items: Iterable[Sequence]) -> dict:
    """Sets items of a dict and returns it."""
    for key, value in items:
        if not is_key(key):
            raise UnpicklingError(f'{describe_value(key)} is not allowed as a key')
        target[key] = value
    return target


def make_set(items: Sequence = ()) -> set:
    """Stands in for ``set``."""
    return set(set_items({}, ((item, None) for item in items)))


def encode(text: str, encoding: str) -> bytes:
    """Stands in for ``_codecs.encode``, by which protocol 2 writes bytes."""
    if encoding != 'latin1':
        raise UnpicklingError(f'the encoding {describe_value(encoding)} is not allowed')
    return text.encode(encoding)


def make_bytes(kind: Callable, data: Any = b'') -> bytes | bytearray:
    """Stands in for ``bytes`` and ``bytearray``, which would also accept a size without limit."""
    if not isinstance(data, bytes):
        raise UnpicklingError(f'{kind.__name__} of {type(data).__name__} are not allowed')
    return kind(data)


def history_statistic(owner: str, name: str) -> str:
    """Stands in for ``getattr``, which saved histories call for their four statistics; returns the name alone."""
    if owner != HISTORY or name not in STATISTICS:
        raise UnpicklingError(f'attribute {describe_value(name)} of {describe_value(owner)} is not allowed')
    return name


def fill_history(history: HistoryBuffer, state: dict) -> None:
    """Stands in for a history's ``__setstate__``, which would let a file replace the statistics of all histories.

    Raises:
        UnpicklingError: It is not the state of a history.
    """
    logs, counts, most = (state[key] for key in ('_log_history', '_count_history', 'max_length'))
    if not (isinstance(logs, np.ndarray) and isinstance(counts, np.ndarray) and are_counts([most])):
        raise UnpicklingError('the state of a history is not allowed')
    if not (logs.ndim == 1 and logs.shape == counts.shape):
        raise UnpicklingError(f'a history of {logs.shape} values and {counts.shape} counts is not allowed')
    vars(history).update(_log_history=logs, _count_history=counts, max_length=most)


def keep_metadata(tensors: OrderedDict, state: dict) -> None:
    """Keeps the modules' versions, the one attribute that a ``state_dict`` has beside its tensors."""
    if type(tensors) is not OrderedDict or set(state) != {'_metadata'}:
        raise UnpicklingError(f'attributes of a {type(tensors).__name__} are not allowed')
    tensors._metadata = state['_metadata']


BUILDERS = {
    OrderedDict: keep_metadata,
    HistoryBuffer: fill_history,
    np.ndarray: fill_array,
    np.dtype: check_dtype_state,
}
FUNCTIONS = {
    'collections.OrderedDict': lambda items=(): set_items(OrderedDict(), items),
    'collections.Counter': lambda counts: set_items(Counter(), counts.items()),
    'builtins.set': make_set,
    'builtins.complex': complex,
    'builtins.bytes': lambda *args: make_bytes(bytes, *args),
    'builtins.bytearray': lambda *args: make_bytes(bytearray, *args),
    'builtins.getattr': history_statistic,
    '_codecs.encode': encode,
    'torch.Size': torch.Size,
    'torch.device': torch.device,
    'torch._utils._rebuild_parameter': lambda tensor, *_: tensor,
    'numpy.dtype': make_dtype,
} | {
    # NumPy 1 and 2 place these differently, and a checkpoint may come from either.
    f'numpy.{core}.multiarray.{name}': function
    for core in ('core', '_core')
    for name, function in (('_reconstruct', begin_array), ('scalar', make_scalar))
}
