"""Pieces of an image, each an RGB array (H, W, 3) in uint8 on white, and how they are set side by side."""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .fonts import code, split_by_font, usual_font

Color = tuple[int, int, int]

INK = (30, 30, 30)
GREY = (110, 110, 110)


def blank(height: int, width: int) -> np.ndarray:
    """Returns a white block (height, width, 3)."""
    return np.full((height, width, 3), 255, np.uint8)


def resize(image: np.ndarray, height: int, width: int, mix: bool = False) -> np.ndarray:
    """Resizes to (height, width, 3); pixels are mixed only to shrink an image, never where a colour has a meaning."""
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
def font(size: int, bold: bool = False, path: str | None = None) -> ImageFont.FreeTypeFont:
    """Loads a font's file, by default DejaVu Sans, at ``size`` pixels."""
    return ImageFont.truetype(path or usual_font(bold), size)


def line_height(size: int) -> int:
    """Returns how many pixels high a line is, whatever is written in it."""
    return sum(font(size).getmetrics())


def text_width(text: str, size: int, bold: bool = False) -> int:
    """Returns how many pixels a line of text takes."""
    return int(np.ceil(text_length(text, size, bold)))


def text_length(text: str, size: int, bold: bool = False) -> float:
    """Returns how long a line of text is, in pixels and parts of them."""
    return sum(part_length(part, size, bold, path) for part, path in split_by_font(text, bold))


def part_length(part: str, size: int, bold: bool, path: str | None) -> float:
    """Returns how long a part in one font is, or in none."""
    if path is None:
        return sum(draw_code(character, size).shape[1] for character in part)
    return font(size, bold, path).getlength(part)


@cache
def draw_code(character: str, size: int) -> np.ndarray:
    """Draws the code of a character that no font has, in two rows within a frame, as tall as a line."""
    digits, small = code(character), font(max(7, round(size * 0.55)))
    half, digit = len(digits) // 2, np.ceil(small.getlength('0'))
    height, width = line_height(size), int(half * digit) + 5
    page = Image.new('RGB', (width, height), 'white')
    pen = ImageDraw.Draw(page)
    pen.rectangle((1, 0, width - 2, height - 1), outline=GREY)
    for i, character in enumerate(digits):
        row, column = divmod(i, half)
        place = 3 + (column + 0.5) * digit, height * (0.27 + 0.46 * row)
        pen.text(place, character, fill=INK, font=small, anchor='mm')
    return np.array(page)


def draw_text(
    page: Image.Image, place: tuple[float, int], text: str, size: int, bold: bool = False, color: Color = INK
) -> None:
    """Draws a line of text on a page; its top left corner is at ``place`` (x, y)."""
    pen, (x, y) = ImageDraw.Draw(page), place
    baseline = y + font(size, bold).getmetrics()[0]
    for part, path in split_by_font(text, bold):
        if path:
            pen.text((x, baseline), part, fill=color, font=font(size, bold, path), anchor='ls')
        else:
            codes = row([draw_code(character, size) for character in part])
            page.paste(Image.fromarray(codes), (round(x), y))
        x += part_length(part, size, bold, path)


def write(text: str, size: int, width: int, bold: bool = False, color: Color = INK) -> np.ndarray:
    """Writes one line as a block of ``width`` pixels; a text that is too long loses its end."""
    kept = text
    while kept and text_width(kept if kept == text else f'{kept}…', size, bold) > width:
        kept = kept[:-1]
    page = Image.new('RGB', (width, sum(font(size, bold).getmetrics())), 'white')
    draw_text(page, (0, 0), kept if kept == text else f'{kept}…', size, bold, color)
    return np.array(page)
