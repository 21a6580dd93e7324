"""The official split of NYU Depth V2."""

from pathlib import Path

import numpy as np

from mtcp_mm.dataset_tools.matlab.mat_file import read_mat
from mtcp_mm.tasks import DataError

VARIABLES = dict(train='trainNdxs', val='testNdxs')


def read_splits(path: str | Path, frames: int) -> dict[str, list[int]]:
    """Reads ``splits.mat`` of Gupta et al. (CVPR 2013): 795 training and 654 test frames, here ``val``.

    Args:
        path: The file.
        frames: Number of frames that there are.

    Returns:
        Numbers of the frames of each split, from 1 on, ascending.

    Raises:
        DataError: The file is damaged, or its numbers are not those of frames, each in one split; the message names
            it.
    """
    splits = {name: read_numbers(path, variable) for name, variable in VARIABLES.items()}
    numbers = np.concatenate(list(splits.values()))
    if numbers.min() < 1 or numbers.max() > frames:
        raise DataError(
            f'{path}: numbers of frames from {numbers.min():g} to {numbers.max():g}, where the raw file has frames 1 '
            f'to {frames}; take the splits.mat that belongs to the file'
        )
    if len(np.unique(numbers)) < len(numbers):
        raise DataError(f'{path}: a frame is in it twice; take the official splits.mat')
    return {name: sorted(split.astype(int).tolist()) for name, split in splits.items()}


def read_numbers(path: str | Path, variable: str) -> np.ndarray:
    """Reads a variable that holds whole numbers, at least one: float64 (N,)."""
    numbers = np.ravel(read_mat(path, variable))
    if not numbers.size or numbers.dtype.kind not in 'iuf' or (numbers % 1).any():
        raise DataError(f'{path}: variable "{variable}" holds no whole numbers; take the official file')
    return numbers.astype(np.float64)
