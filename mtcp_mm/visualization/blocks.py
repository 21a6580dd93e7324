"""Pieces of a picture, each an RGB array (H, W, 3) in uint8 on white, and how they are set side by side."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

INK = (30, 30, 30)
GREY = (110, 110, 110)


def blank(height: int, width: int) -> np.ndarray:
    """Returns a white block (height, width, 3)."""
    return np.full((height, width, 3), 255, np.uint8)


def resize(image: np.ndarray, height: int, width: int, mix: bool = False) -> np.ndarray:
    """Resizes to (height, width, 3); pixels are mixed only to shrink a photo, never where a colour has a meaning."""
    shrinks = height * width < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if mix and shrinks else cv2.INTER_NEAREST
    return cv2.resize(np.ascontiguousarray(image), (width, height), interpolation=method)


def pad(block: np.ndarray, height: int, width: int, centre: bool = False) -> np.ndarray:
    """Pads with white to at least (height, width, 3): at the bottom and right, or evenly on both sides."""
    page = blank(max(height, block.shape[0]), max(width, block.shape[1]))
    top, left = ((page.shape[axis] - block.shape[axis]) // 2 if centre else 0 for axis in (0, 1))
    page[top : top + block.shape[0], left : left + block.shape[1]] = block
    return page


def column(blocks: Sequence[np.ndarray], gap: int = 0) -> np.ndarray:
    """Sets blocks one below the other, left-aligned, ``gap`` pixels apart."""
    width = max(block.shape[1] for block in blocks)
    parts = [pad(block, block.shape[0], width) for block in blocks]
    return np.concatenate([part for block in parts for part in (blank(gap, width), block)][1:])


def row(blocks: Sequence[np.ndarray], gap: int = 0) -> np.ndarray:
    """Sets blocks side by side, top-aligned, ``gap`` pixels apart."""
    return column([block.transpose(1, 0, 2) for block in blocks], gap).transpose(1, 0, 2)


def margin(block: np.ndarray, width: int) -> np.ndarray:
    """Surrounds a block with a white margin."""
    return np.pad(block, ((width, width), (width, width), (0, 0)), constant_values=255)


@cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Loads DejaVu Sans, which comes with matplotlib, at ``size`` pixels."""
    name = 'DejaVuSans-Bold.ttf' if bold else 'DejaVuSans.ttf'
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), 'fonts', 'ttf', name)), size)


def text_width(text: str, size: int, bold: bool = False) -> int:
    """Returns how many pixels wide a line of text is."""
    return int(np.ceil(font(size, bold).getlength(text)))


def write(text: str, size: int, width: int, bold: bool = False, color: tuple[int, int, int] = INK) -> np.ndarray:
    """Writes one line as a block of ``width`` pixels; a text that is too long loses its end."""
    face = font(size, bold)
    kept = text
    while kept and text_width(kept if kept == text else f'{kept}…', size, bold) > width:
        kept = kept[:-1]
    page = Image.new('RGB', (width, sum(face.getmetrics())), 'white')
    ImageDraw.Draw(page).text((0, 0), kept if kept == text else f'{kept}…', fill=color, font=face)
    return np.array(page)
