"""Materials of surfaces: texture, colours, gloss and glow."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from . import textures
from .textures import Texture

_RAMP = 256


@dataclass(frozen=True)
class Material:
    """The look of a surface.

    Args:
        texture: Scalar field over the surface, with values from 0 to 1.
        colours: Linear RGB colours for evenly spaced values from 0 to 1.
        scale: Size of one unit of the texture, metres.
        offset: Offset of the texture, in its units.
        gloss: Strength of highlights, 0 to 1.
        glow: Emitted light, as a multiple of the colour.
    """

    texture: Texture
    colours: Sequence[Sequence[float]]
    scale: float = 1.0
    offset: float = 0.0
    gloss: float = 0.0
    glow: float = 0.0

    @cached_property
    def _ramp(self) -> np.ndarray:
        places = np.linspace(0, len(self.colours) - 1, _RAMP)
        columns = np.transpose(self.colours)
        return np.float32([np.interp(places, range(len(c)), c) for c in columns])

    def albedo(self, point: np.ndarray, normal: np.ndarray) -> np.ndarray:
        """Returns linear RGB ``(3, N)`` at local points ``(3, N)`` with local normals ``(3, N)``.

        The texture is projected along the largest component of the normal, with its v axis vertical where possible.
        """
        axis = np.argmax(np.abs(normal), axis=0)
        u = np.where(axis == 0, point[1], point[0]) / self.scale + self.offset
        v = np.where(axis == 2, point[1], point[2]) / self.scale + self.offset
        if self.texture in _CENTRED:
            u, v = u - self.offset, v - self.offset
        value = np.clip(self.texture(u, v), 0, 1)
        return self._ramp[:, (value * (_RAMP - 1)).astype(np.uint8)]


_CENTRED = (textures.landscape, textures.vertical_gradient)


def hsv(hue: float, saturation: float, value: float) -> np.ndarray:
    """Returns linear RGB ``(3,)`` of hue, saturation and value, all from 0 to 1. The value is that of the display."""
    place = (np.array([5, 3, 1]) + hue * 6) % 6
    display = value * (1 - saturation * np.clip(np.minimum(place, 4 - place), 0, 1))
    return display**2.2


def shades(colour: np.ndarray, *factors: float) -> list[np.ndarray]:
    """Returns the colour multiplied by each factor."""
    return [np.clip(colour * factor, 0, 0.95) for factor in factors]


def random_colour(
    rng: np.random.Generator, saturation: tuple[float, float] = (0.05, 0.6), value: tuple[float, float] = (0.2, 0.9)
) -> np.ndarray:
    """Returns a random linear colour ``(3,)`` of any hue, within ranges of saturation and value."""
    return hsv(rng.random(), rng.uniform(*saturation), rng.uniform(*value))


def timber(rng: np.random.Generator) -> np.ndarray:
    """Returns a random colour of wood, from light to dark, sometimes grey."""
    saturation = rng.uniform(0.05, 0.2) if rng.random() < 0.2 else rng.uniform(0.3, 0.65)
    return hsv(rng.uniform(0.03, 0.11), saturation, rng.uniform(0.25, 0.85))


def wooden(rng: np.random.Generator, texture: Texture = textures.wood) -> Material:
    """Returns wood with a given grain, or painted in any colour."""
    if rng.random() < 0.3:
        return plain(rng, gloss=0.25)
    return Material(
        texture, shades(timber(rng), 0.55, 0.9, 1.25), offset=rng.random() * 9, gloss=rng.uniform(0.05, 0.3)
    )


def plain(rng: np.random.Generator, gloss: float = 0.0) -> Material:
    """Returns paint or plastic in one colour, often white or dark."""
    saturation = (0.0, 0.12) if rng.random() < 0.65 else (0.15, 0.6)
    colour = random_colour(rng, saturation, (0.15, 0.95))
    return Material(textures.plaster, shades(colour, 0.92, 1.05), offset=rng.random() * 9, gloss=gloss)


def metal(rng: np.random.Generator) -> Material:
    """Returns steel, brass or black iron."""
    colour = hsv(rng.choice([0.1, 0.6]), rng.uniform(0, 0.35), rng.uniform(0.15, 0.75))
    return Material(textures.plaster, shades(colour, 0.9, 1.1), gloss=0.6)


def fabric(rng: np.random.Generator) -> Material:
    """Returns fabric in any colour with one of several patterns."""
    texture, scale = _FABRICS[rng.integers(len(_FABRICS))]
    colour = random_colour(rng)
    other = shades(colour, 1.35) if texture is textures.weave else [random_colour(rng)]
    return Material(
        texture, [*shades(colour, 0.75, 1.0), *other], scale=scale * rng.uniform(0.7, 1.4), offset=rng.random() * 9
    )


_FABRICS = (
    (textures.weave, 0.6),
    (textures.weave, 1.0),
    (textures.weave, 1.0),
    (textures.carpet, 1.0),
    (textures.stripes, 0.09),
    (textures.plaid, 0.16),
    (textures.dots, 0.1),
    (textures.damask, 0.2),
)
