import os
import pickle
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader
from mmengine.runner import checkpoint as mmengine_checkpoint
from mmengine.utils import digit_version

from mtcp_mm.utils import UserError

ARRAY_DTYPES = (np.bool_, np.uint8, np.int32, np.int64, np.float32, np.float64)


class CheckpointError(UserError):
    """A checkpoint is damaged, unsafe or of another network."""


def load_checkpoint_file(path: str | Path, map_location: Any = 'cpu') -> Any:
    """Loads a checkpoint without running any code that it may hold.

    Allowed are what ``torch.load(weights_only=True)`` allows, and the logged histories (with their NumPy arrays) that
    MMEngine saves; those need torch 2.6 or newer.

    Args:
        path: A local file.
        map_location: Where tensors go, as for :func:`torch.load`.

    Returns:
        What the file holds, mostly a dict.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: The file cannot be read, or asks for code to be run.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'There is no checkpoint file {path}; correct the path')
    try:
        with allow_histories():
            return torch.load(path, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f'{path} is refused, since reading it might run code, or is no checkpoint: {first_line(error)}. If you '
            "trust it, load it once with torch.load(weights_only=False) and save its 'state_dict' alone"
        ) from error
    except Exception as error:  # a damaged file may fail anywhere in torch's reading
        raise CheckpointError(
            f'{path} cannot be read ({first_line(error)}) and may be damaged. Use another checkpoint, or fetch it again'
        ) from error


@contextmanager
def safe_loading() -> Iterator[None]:
    """Within this context all of MMEngine's checkpoint loading is as safe as :func:`load_checkpoint_file`.

    MMEngine by itself either loads without restrictions (up to 0.10.7) or falls back to doing so. Local files go
    through :func:`load_checkpoint_file`. Those of other schemes stay with MMEngine's loaders, but under the same
    list of allowed names, and torch is told to ignore ``weights_only=False``.
    """
    with ExitStack() as stack:
        stack.enter_context(allow_histories())
        stack.enter_context(replaced(CheckpointLoader._schemes, '', load_from_local))
        stack.enter_context(replaced(os.environ, 'TORCH_FORCE_WEIGHTS_ONLY_LOAD', '1'))
        stack.enter_context(replaced(vars(mmengine_checkpoint), 'get_torch_safe_globals', allowed_globals))
        yield


def load_from_local(filename: str, map_location: Any = None) -> Any:
    """MMEngine's loader of local files, made safe."""
    return load_checkpoint_file(filename, map_location)


@contextmanager
def replaced(mapping: MutableMapping, key: str, value: Any) -> Iterator[None]:
    """Replaces an entry of a mapping for the time of a context."""
    present, old = key in mapping, mapping.get(key)
    mapping[key] = value
    try:
        yield
    finally:
        if present:
            mapping[key] = old
        else:
            del mapping[key]


def allow_histories() -> AbstractContextManager:
    """Returns a context in which ``weights_only`` allows what MMEngine logs; an empty one where torch cannot."""
    if digit_version(torch.__version__) < digit_version('2.6'):
        return nullcontext()
    return torch.serialization.safe_globals(allowed_globals())


@cache
def allowed_globals() -> list[Callable | tuple[Callable, str]]:
    """Returns what a checkpoint of MMEngine refers to, beyond tensors: histories of scalars, and arrays in them."""
    array_functions = []
    for function in (np.array(0).__reduce__()[0], np.float64(0).__reduce__()[0]):
        # NumPy 1 and 2 place these differently, and a checkpoint may come from either.
        array_functions += [(function, f'numpy.{core}.multiarray.{function.__name__}') for core in ('core', '_core')]
    dtypes = [type(np.dtype(scalar)) for scalar in ARRAY_DTYPES]
    return [HistoryBuffer, (history_statistic, 'builtins.getattr'), np.ndarray, np.dtype, *array_functions, *dtypes]


def history_statistic(owner: type, name: str) -> Callable:
    """Stands in for ``getattr``, by which each saved history refers to its four statistics, and allows no more."""
    if owner is not HistoryBuffer or name not in ('min', 'max', 'current', 'mean'):
        raise pickle.UnpicklingError(f'attribute "{name}" of {owner} is not allowed')
    return getattr(owner, name)


def first_line(error: Exception) -> str:
    """Returns an error's kind and the last of its sentences that matters: torch wraps the cause in advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ['no reason given']
    told = next((line for line in lines if line.startswith('WeightsUnpickler error')), lines[0])
    return f'{type(error).__name__}: {told}'
