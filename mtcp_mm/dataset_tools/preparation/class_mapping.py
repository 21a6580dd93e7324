"""From the 894 classes of NYU Depth V2 to the 40 that are scored."""

from pathlib import Path

import numpy as np

from mtcp_mm.tasks import DataError

from .splits import read_numbers

RAW_CLASSES, CLASSES = 894, 40


def choose_mapping(path: str | Path | None, largest: int, raw: str | Path) -> np.ndarray:
    """Chooses what maps the labels of the raw file.

    Args:
        path: ``classMapping40.mat``; None if the labels are classes already.
        largest: The largest label that occurs in the raw file.
        raw: The raw file, for errors.

    Returns:
        uint8, the class (1 to 40, 0 void) of each label.

    Raises:
        DataError: The file is missing, not needed, or not the mapping; the message names it.
    """
    if largest <= CLASSES and path is None:
        return np.arange(CLASSES + 1, dtype=np.uint8)
    if largest <= CLASSES:
        raise DataError(f'{raw}: labels up to {largest} are the {CLASSES} classes already; leave --class-mapping out')
    if path is None:
        raise DataError(
            f'{raw}: labels up to {largest} need the mapping to {CLASSES} classes; give classMapping40.mat by '
            '--class-mapping'
        )
    mapping = read_mapping(path)
    if largest >= len(mapping):
        raise DataError(f'{raw}: labels up to {largest}, where {path} knows {RAW_CLASSES}; get the raw file again')
    return mapping


def read_mapping(path: str | Path) -> np.ndarray:
    """Reads ``classMapping40.mat`` of Gupta et al. (CVPR 2013).

    Returns:
        uint8 (895,), the class of each label; label 0 is void, and stays 0.

    Raises:
        DataError: The file is damaged, or not a mapping of 894 classes to 40; the message names it.
    """
    classes = read_numbers(path, 'mapClass')
    if len(classes) != RAW_CLASSES or classes.min() < 1 or classes.max() > CLASSES:
        raise DataError(
            f'{path}: mapClass maps {len(classes)} classes to {classes.min():g} to {classes.max():g}, where '
            f'{RAW_CLASSES} to 1 to {CLASSES} are expected; take the official classMapping40.mat'
        )
    return np.concatenate([[0], classes]).astype(np.uint8)
