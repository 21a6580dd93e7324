"""Blocks and their arrangement. A block is an RGB array (H, W, 3) in uint8 on white."""

from collections.abc import Sequence

import numpy as np


def blank(height: int, width: int) -> np.ndarray:
    """Returns a white block."""
    return np.full((height, width, 3), 255, np.uint8)


def pad(block: np.ndarray, height: int, width: int, centre: bool = False) -> np.ndarray:
    """Pads with white to at least (height, width, 3): at the bottom and right, or evenly on both sides."""
    page = blank(max(height, block.shape[0]), max(width, block.shape[1]))
    top, left = ((page.shape[axis] - block.shape[axis]) // 2 if centre else 0 for axis in (0, 1))
    page[top : top + block.shape[0], left : left + block.shape[1]] = block
    return page


def column(blocks: Sequence[np.ndarray], gap: int = 0) -> np.ndarray:
    """Stacks blocks vertically, left-aligned, ``gap`` pixels apart."""
    heights, widths, _ = zip(*(block.shape for block in blocks), strict=True)
    page, top = blank(sum(heights) + gap * (len(blocks) - 1), max(widths)), 0
    for block in blocks:
        page[top : top + block.shape[0], : block.shape[1]] = block
        top += block.shape[0] + gap
    return page


def row(blocks: Sequence[np.ndarray], gap: int = 0) -> np.ndarray:
    """Places blocks side by side, top-aligned, ``gap`` pixels apart."""
    return column([block.transpose(1, 0, 2) for block in blocks], gap).transpose(1, 0, 2)


def margin(block: np.ndarray, width: int) -> np.ndarray:
    """Surrounds a block with a white margin."""
    return np.pad(block, ((width, width), (width, width), (0, 0)), constant_values=255)
