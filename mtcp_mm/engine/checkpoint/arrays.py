"""Builds the NumPy arrays, scalars and dtypes of a pickle from checked parts; they can hold numbers only."""

import re
from math import prod
from pickle import UnpicklingError
from typing import Any

import numpy as np

DTYPE_STATES = tuple((3, order, None, None, None, -1, -1, 0) for order in '<|=')
"""States of dtypes that are not big-endian and have no fields, sub-arrays or metadata."""


def make_dtype(code: str, *_: Any) -> np.dtype:
    """Stands in for ``numpy.dtype``.

    Raises:
        UnpicklingError: It is not a dtype of numbers, but of objects, text or fields, for example.
    """
    if not isinstance(code, str):
        raise UnpicklingError(f'a dtype made of a {type(code).__name__} is not allowed')
    if not re.fullmatch('b1|[iu][1248]|f[248]', code):
        raise UnpicklingError(f'arrays of dtype {code!r:.100} are not allowed')
    return np.dtype(f'<{code}')


def check_dtype_state(dtype: np.dtype, state: Any) -> None:
    """Stands in for a dtype's ``__setstate__``. It changes nothing: the dtype of :func:`make_dtype` is complete."""
    if state not in DTYPE_STATES:
        raise UnpicklingError(f'the state of dtype {dtype} is not allowed')


def begin_array(*_: Any) -> np.ndarray:
    """Stands in for NumPy's ``_reconstruct``; returns an empty array for :func:`fill_array`."""
    return np.empty(0, np.uint8)


def fill_array(array: np.ndarray, state: Any) -> None:
    """Stands in for an array's ``__setstate__``.

    Raises:
        UnpicklingError: It is not the state of an array of numbers, or its bytes do not fit its shape.
    """
    version, shape, dtype, fortran, data = state
    if not (
        version == 1
        and type(shape) is tuple
        and all(type(length) is int and length >= 0 for length in shape)
        and isinstance(dtype, np.dtype)
        and dtype.kind in 'biuf'
        and type(fortran) is bool
        and type(data) is bytes
        and len(data) == prod(shape) * dtype.itemsize
    ):
        raise UnpicklingError('the state of an array is not allowed')
    array.__setstate__((version, shape, dtype, fortran, data))


def make_scalar(dtype: np.dtype, data: bytes) -> np.generic:
    """Stands in for NumPy's ``scalar``.

    Raises:
        UnpicklingError: The bytes are not those of one number.
    """
    if not (isinstance(dtype, np.dtype) and type(data) is bytes and len(data) == dtype.itemsize):
        raise UnpicklingError('the state of a NumPy scalar is not allowed')
    return np.frombuffer(data, dtype)[0]
