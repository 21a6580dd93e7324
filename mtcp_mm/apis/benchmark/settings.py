"""What a benchmark is run with, checked before anything is built."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from mtcp_mm.apis.network import check_device
from mtcp_mm.utils import UserError

DTYPES = {name: getattr(torch, name) for name in ('float32', 'bfloat16', 'float16')}


@dataclass(frozen=True)
class Settings:
    """What a benchmark is run with.

    Attributes:
        device: The device.
        dtype: Precision. Lower ones than float32 are autocast's.
        train: Whether to measure training steps instead of inferences.
        compile: Whether to compile the networks.
        batch_size: Number of images; by default that of the config in training, otherwise 1.
        height: Their height; by default that of the config's test images.
        width: Their width; likewise.
    """

    device: torch.device
    dtype: torch.dtype = torch.float32
    train: bool = False
    compile: bool = False
    batch_size: int | None = None
    height: int | None = None
    width: int | None = None

    def autocast(self) -> AbstractContextManager:
        """Makes the context of the precision."""
        if self.dtype is torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)


def open_device(name: str) -> torch.device:
    """Returns a device on which networks can be measured.

    Raises:
        UserError: It is not there, or neither a CPU nor a CUDA device.
    """
    device = check_device(name)
    if device.type not in ('cpu', 'cuda'):
        raise UserError(f'device "{name}" cannot be measured; choose cpu or cuda')
    return device


def check_settings(settings: Settings) -> None:
    """Checks what the device can do.

    Raises:
        UserError: It cannot compute in the precision, or there is no compiler.
    """
    name = str(settings.dtype).removeprefix('torch.')
    if settings.train and settings.dtype is torch.float16 and settings.device.type == 'cpu':
        raise UserError('training in float16 needs a GPU; choose --dtype bfloat16')
    try:
        with torch.device(settings.device), settings.autocast():
            nn.Linear(2, 2)(nn.Conv2d(2, 2, 1)(torch.ones(1, 2, 2, 2)))
    except RuntimeError as error:
        raise UserError(f'{settings.device} cannot compute in {name} ({first_line(error)}); choose another') from error
    compilers = (os.environ.get('CXX'), 'g++', 'clang++', 'cl')
    if settings.compile and not any(map(shutil.which, filter(None, compilers))):
        raise UserError('--compile needs a C++ compiler, and there is none; install g++, or set CXX to its path')


def first_line(error: Exception) -> str:
    """Returns the first line of an error's message, or the error's type if it has none."""
    return next(iter(str(error).splitlines()), type(error).__name__)


@contextmanager
def memory_errors(device: torch.device) -> Iterator[None]:
    """Within this context, an error of used-up memory is one that the user can fix.

    Raises:
        UserError: The memory is used up.
    """
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise UserError(f'{device} has too little memory; choose a smaller batch or smaller images') from error


def is_out_of_memory(error: Exception) -> bool:
    """Returns whether an error says that memory is used up."""
    return isinstance(error, torch.cuda.OutOfMemoryError) or "can't allocate memory" in str(error)
