"""Procedural textures: scalar fields over a surface.

A texture takes surface coordinates ``u`` and ``v``, ``(N,)`` each, in units of its pattern. It returns values ``(N,)``
in [0, 1], which a material maps to colours. Where a texture has joints (grout, gaps between planks), they are 0.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

Texture = Callable[[np.ndarray, np.ndarray], np.ndarray]

_SIZE = 512  # a power of two, so that coordinates wrap by masking


@lru_cache(maxsize=1)
def _white_noise() -> np.ndarray:
    return np.random.default_rng(0).random((_SIZE, _SIZE), dtype=np.float32)


@lru_cache(maxsize=1)
def _fractal_noise() -> np.ndarray:
    """Returns periodic fractal noise: white noise with a spectrum of about 1/f."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(_SIZE), np.fft.fftfreq(_SIZE)))
    frequency[0, 0] = np.inf
    spectrum = np.fft.fft2(_white_noise() - 0.5) / np.maximum(frequency, 2 / _SIZE) ** 1.1
    field = np.fft.ifft2(spectrum).real
    return np.float32(np.clip(0.5 + 0.2 * field / field.std(), 0, 1))


def _look_up(tile: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return tile[v.astype(np.int32) & (_SIZE - 1), u.astype(np.int32) & (_SIZE - 1)]


def _noise(u: np.ndarray, v: np.ndarray, texels: float = 150) -> np.ndarray:
    return _look_up(_fractal_noise(), np.floor(u * texels), np.floor(v * texels))


def _cell(column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Returns a pseudo-random value for each cell of a grid."""
    return _look_up(_white_noise(), column * 7 + row * 131, row * 29)


def _fraction(value: np.ndarray) -> np.ndarray:
    return value - np.floor(value)


def _wave(value: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.sin(value * np.float32(2 * np.pi))


def plaster(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Painted plaster: soft noise with a fine grain."""
    return 0.85 * _noise(u, v, 90) + 0.15 * _look_up(_white_noise(), u * 200, v * 200)


def carpet(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Carpet: strong grain over soft noise."""
    return 0.45 * _look_up(_white_noise(), u * 170, v * 170) + 0.55 * _noise(u, v, 120)


def wood(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Wood with its grain along u."""
    grain = _noise(u * 0.12, v, 420)
    return 0.55 * _wave(v * 9 + 2.5 * _noise(u * 0.2, v * 0.6, 200)) * grain + 0.45 * grain


def vertical_wood(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Wood with its grain along v."""
    return wood(v, u)


def planks(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Floor boards, one unit wide and eight long, in shifted rows."""
    row = np.floor(v)
    along = u / 8 + _cell(row, row * 0)
    board = _cell(np.floor(along), row)
    gap = (_fraction(v) < 0.05) | (_fraction(along) < 0.007)
    grain = _noise(u * 0.1 + board * 9, v, 110)
    return np.where(gap, 0, 0.15 + 0.5 * board + 0.35 * grain)


def tiles(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Square tiles of one unit with grout."""
    joint = (_fraction(u) < 0.04) | (_fraction(v) < 0.04)
    tone = _cell(np.floor(u), np.floor(v))
    return np.where(joint, 0, 0.45 + 0.3 * tone + 0.25 * _noise(u, v, 110))


def checkers(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A checkerboard of tiles."""
    odd = np.floor(u).astype(np.int32) + np.floor(v).astype(np.int32) & 1
    joint = (_fraction(u) < 0.03) | (_fraction(v) < 0.03)
    return np.where(joint, 0, 0.3 + 0.5 * odd + 0.2 * _noise(u, v, 110))


def bricks(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Bricks, two and a half units long and one high, in shifted rows."""
    row = np.floor(v)
    along = u / 2.5 + 0.5 * (row.astype(np.int32) & 1)
    joint = (_fraction(v) < 0.12) | (_fraction(along) < 0.05)
    tone = _cell(np.floor(along), row)
    return np.where(joint, 0, 0.3 + 0.45 * tone + 0.25 * _noise(u, v, 60))


def stripes(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Vertical stripes with a period of one unit."""
    edge = np.clip(4 * (_wave(u) - 0.5) + 0.5, 0, 1)
    return 0.8 * edge + 0.2 * _noise(u, v, 70)


def plaid(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Woven crossing bands."""
    bands = (_wave(u) > 0.6) * 0.3 + (_wave(v) > 0.6) * 0.3 + (_wave(u * 3) > 0.93) * 0.15
    return bands + 0.25 * _look_up(_white_noise(), u * 60, v * 60)


def dots(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Round spots on a shifted grid."""
    row = np.floor(v)
    away = np.hypot(_fraction(u + 0.5 * (row.astype(np.int32) & 1)) - 0.5, _fraction(v) - 0.5)
    return np.clip((0.3 - away) * 12 + 0.5, 0, 1) * 0.85 + 0.15 * _noise(u, v, 60)


def weave(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Coarse fabric with threads in both directions."""
    threads = _wave(u * 45) * _wave(v * 45)
    return 0.35 * threads + 0.65 * _noise(u, v, 130)


def damask(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A repeating printed pattern."""
    figure = _wave(u + 0.25 * _wave(v)) * _wave(v + 0.35 * _wave(u * 2))
    return 0.75 * np.clip(3 * figure - 0.6, 0, 1) + 0.25 * _noise(u, v, 70)


def spines(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Book spines, one unit wide, some with a band."""
    book = np.floor(u + 0.3 * _cell(np.floor(u), np.floor(u) * 0))
    tone = _cell(book, book * 0 + 1)
    band = (np.abs(v - 0.6 * tone) < 0.25) & (tone > 0.5)
    return np.where(_fraction(u) < 0.08, 0, np.clip(0.12 + 0.85 * tone - 0.2 * band, 0.1, 1))


def landscape(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A landscape with a horizon and sky; v from -0.5 to 0.5."""
    ridge = 0.35 * (_noise(u, u * 0, 130) - 0.5)
    land = v < ridge
    return np.clip(np.where(land, 0.28 + v * 0.5, 0.75 + 0.4 * v) + 0.25 * _noise(u, v * 2, 200) - 0.12, 0, 1)


def abstract(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Large blocks of colour."""
    column = np.floor(u * 2.3 + 0.4 * np.floor(v * 3))
    return 0.85 * _cell(column, np.floor(v * 3)) + 0.15 * _noise(u, v, 200)


def vertical_gradient(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A gradient from bottom (v = -0.5) to top (v = 0.5) with some noise."""
    return np.clip(0.5 + v + 0.2 * (_noise(u, v, 160) - 0.5), 0, 1)
