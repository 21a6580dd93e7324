"""Materials of floors, walls, ceilings, rugs, pictures, windows, screens and books."""

import numpy as np

from . import textures
from .materials import Material, hsv, random_colour, shades, timber


def floor(rng: np.random.Generator) -> Material:
    """Returns boards, tiles, a checkerboard or carpet."""
    kind = rng.integers(5)
    offset = rng.random() * 9
    if kind <= 1:
        return Material(
            textures.planks,
            shades(timber(rng), 0.3, 0.75, 1.0, 1.3),
            scale=rng.uniform(0.08, 0.2),
            offset=offset,
            gloss=rng.uniform(0.1, 0.5),
        )
    colour = random_colour(rng, (0.0, 0.3), (0.3, 0.85))
    if kind == 2:
        return Material(
            textures.tiles, shades(colour, 0.5, 0.85, 1.15), scale=rng.uniform(0.25, 0.6), offset=offset, gloss=0.45
        )
    if kind == 3:
        dark = random_colour(rng, (0.0, 0.5), (0.15, 0.5))
        return Material(
            textures.checkers,
            [dark * 0.6, dark, colour, colour],
            scale=rng.uniform(0.25, 0.5),
            offset=offset,
            gloss=0.4,
        )
    return Material(textures.carpet, shades(colour, 0.6, 1.2), offset=offset)


def wall(rng: np.random.Generator) -> Material:
    """Returns paint, wallpaper or bricks, mostly light."""
    colour = random_colour(rng, (0.0, 0.3), (0.5, 0.95))
    kind = rng.integers(10)
    offset = rng.random() * 9
    if kind == 0:
        brick = hsv(rng.uniform(0, 0.08), rng.uniform(0.1, 0.6), rng.uniform(0.45, 0.85))
        return Material(
            textures.bricks, [colour, *shades(brick, 0.6, 0.9, 1.15)], scale=rng.uniform(0.07, 0.1), offset=offset
        )
    if kind <= 3:
        texture = (textures.stripes, textures.damask, textures.dots)[kind - 1]
        return Material(
            texture, [colour, *shades(colour, rng.uniform(0.6, 0.85))], scale=rng.uniform(0.12, 0.35), offset=offset
        )
    return Material(textures.plaster, shades(colour, 0.88, 1.06), offset=offset)


def ceiling(rng: np.random.Generator) -> Material:
    """Returns a white or nearly white ceiling, sometimes with panels or wood."""
    colour = random_colour(rng, (0.0, 0.12), (0.75, 0.97))
    kind = rng.integers(6)
    if kind == 0:
        return Material(textures.tiles, shades(colour, 0.7, 0.95, 1.0), scale=0.6)
    if kind == 1:
        return Material(textures.planks, shades(timber(rng), 0.4, 0.9, 1.2), scale=0.15)
    return Material(textures.plaster, shades(colour, 0.94, 1.03), offset=rng.random() * 9)


def rug(rng: np.random.Generator) -> Material:
    """Returns a plain or patterned rug in any colour."""
    texture, scale = (
        (textures.carpet, 1.0),
        (textures.stripes, 0.25),
        (textures.plaid, 0.4),
        (textures.damask, 0.45),
        (textures.checkers, 0.3),
    )[rng.integers(5)]
    return Material(texture, [random_colour(rng, (0.1, 0.8)) for _ in range(3)], scale=scale, offset=rng.random() * 9)


def painting(rng: np.random.Generator, height: float) -> Material:
    """Returns a landscape or an abstract picture on a canvas of this height, metres."""
    if rng.random() < 0.5:
        land, ridge = random_colour(rng, (0.3, 0.7), (0.2, 0.6)), random_colour(rng, (0.2, 0.6))
        sky = hsv(rng.uniform(0.5, 0.65), rng.uniform(0.1, 0.5), rng.uniform(0.6, 0.95))
        return Material(textures.landscape, [land * 0.5, land, ridge, sky, [0.9, 0.9, 0.88]], scale=height)
    return Material(
        textures.abstract,
        [random_colour(rng, (0.1, 0.9), (0.1, 0.95)) for _ in range(5)],
        scale=height,
        offset=rng.random() * 9,
    )


def view_outside(rng: np.random.Generator, height: float, daylight: float) -> Material:
    """Returns a window pane with a view outside.

    Args:
        rng: Random generator for the view.
        height: Height of the pane, metres.
        daylight: From 0 at night to 1 on a bright day.
    """
    green = hsv(rng.uniform(0.2, 0.4), 0.4, rng.uniform(0.4, 0.7))
    sky = hsv(rng.uniform(0.53, 0.62), rng.uniform(0.05, 0.35), 0.97)
    return Material(
        textures.landscape if rng.random() < 0.6 else textures.vertical_gradient,
        [green * 0.5, green, shades(sky, 0.9)[0], sky, [0.9, 0.93, 0.95]],
        scale=height * rng.uniform(1, 1.4),
        gloss=0.5,
        glow=0.02 + 1.6 * daylight,
    )


def screen(rng: np.random.Generator, height: float) -> Material:
    """Returns a screen of this height in metres, off or with a picture."""
    if rng.random() < 0.5:
        return Material(textures.vertical_gradient, [[0.004] * 3, [0.012] * 3], scale=height, gloss=0.9)
    picture = painting(rng, height)
    return Material(picture.texture, picture.colours, scale=height, gloss=0.5, glow=0.6)


def books(rng: np.random.Generator) -> Material:
    """Returns a row of books in many colours."""
    colours = [random_colour(rng, (0.1, 0.8), (0.15, 0.9)) for _ in range(6)]
    return Material(textures.spines, [[0.01] * 3, *colours], scale=rng.uniform(0.03, 0.05), offset=rng.random() * 9)
