"""Which font each part of a text is written in, so that it can be read in any script."""

import os
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path

import matplotlib
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from PIL import ImageFont

SETTING = 'MTCP_FONT'
"""The environment variable that names a font, by its file or its family, that is taken before all others."""
MOST_FOR_A_GLYPH = 8
"""A glyph for more characters than these is a placeholder, of a font that has one for each block of Unicode."""
ITALIC, BOLD = 1, 2
"""Bits of FreeType's style of a font."""
MARKS = ('Mn', 'Me', 'Cf')
NO_WRITING = ('Cc', 'Cs')


def split_by_font(text: str, bold: bool = False) -> list[tuple[str, str | None]]:
    """Splits a text into parts of one font each.

    Args:
        text: The text; it is composed (NFC).
        bold: Whether bold fonts are wanted, where there are any.

    Returns:
        The parts with their font's file; None for characters that no font has, of which a warning tells once.
    """
    parts = []
    for character in unicodedata.normalize('NFC', text):
        path = parts[-1][1] if parts else None
        marks = parts and unicodedata.category(character) in MARKS
        if not (marks and (path is None or ord(character) in characters(path))):
            path = find_font(character, bold, os.environ.get(SETTING, ''))
        if parts and parts[-1][1] == path:
            parts[-1] = (parts[-1][0] + character, path)
        else:
            parts.append((character, path))
    tell_once(text, ''.join(part for part, path in parts if path is None))
    return parts


def spell_out(text: str) -> str:
    """Puts codes in the place of characters that no font has: ``[5BA2]``."""
    return ''.join(part if path else ''.join(f'[{code(c)}]' for c in part) for part, path in split_by_font(text))


def code(character: str) -> str:
    """Returns a character's code point, as four or six hexadecimal digits."""
    return f'{ord(character):04X}' if ord(character) < 0x10000 else f'{ord(character):06X}'


@contextmanager
def fonts_for_matplotlib(texts: Iterable[str]) -> Iterator[None]:
    """Has figures that are made meanwhile write texts in the same fonts."""
    paths = dict.fromkeys(path for text in texts for _, path in split_by_font(text) if path)
    if set(paths) <= {usual_font(False)}:
        yield
        return
    first = [] if os.environ.get(SETTING) else [usual_font(False)]
    paths = dict.fromkeys([*first, *paths, usual_font(False)])
    with matplotlib.rc_context({'font.family': [matplotlib_name(path) for path in paths]}):
        yield


@cache
def matplotlib_name(path: str) -> str:
    """Tells matplotlib of a font's file, and returns the name by which it then knows it."""
    entry = font_manager.FontEntry(fname=path, name=path, weight=400, size='scalable')
    font_manager.fontManager.ttflist.append(entry)
    return path


@cache
def find_font(character: str, bold: bool, setting: str) -> str | None:
    """Returns the file of the first font that has a character: the one set, DejaVu Sans, any that is installed."""
    if unicodedata.category(character) in NO_WRITING:
        return None
    wanted = chain(find_setting(setting, bold), [usual_font(bold), usual_font(False)])
    found = next((path for path in wanted if ord(character) in characters(path)), None)
    return found or next((path for path in installed_fonts() if shows(path, character)), None)


def usual_font(bold: bool) -> str:
    """Returns the file of DejaVu Sans, which comes with matplotlib."""
    name = 'DejaVuSans-Bold.ttf' if bold else 'DejaVuSans.ttf'
    return str(Path(matplotlib.get_data_path(), 'fonts', 'ttf', name))


@cache
def find_setting(setting: str, bold: bool) -> tuple[str, ...]:
    """Returns the files of the font that :data:`SETTING` names, the best first; of none there is a warning."""
    if not setting:
        return ()
    if Path(setting).is_file():
        found = [setting] if characters(setting) else []
    else:
        found = [path for path in installed_fonts() if family(path).casefold() == setting.casefold()]
        found.sort(key=lambda path: bool(style(path) & BOLD) != bold)
    if not found:
        warnings.warn(
            f'{SETTING}={setting}: neither the file of a font nor the family of an installed one; correct it. '
            'Meanwhile other fonts are taken',
            stacklevel=2,
        )
    return tuple(found)


@cache
def installed_fonts() -> tuple[str, ...]:
    """Returns the files of the machine's fonts, upright and without serifs first."""
    paths = [path for path in font_manager.findSystemFonts() if family(path)]
    return tuple(sorted(paths, key=lambda path: (bool(style(path)), 'sans' not in family(path).casefold(), path)))


@cache
def family(path: str) -> str:
    """Returns the name of a font's family, '' for a file that is no scalable font."""
    font = open_font(path)
    return font.family_name if font and font.scalable else ''


@cache
def style(path: str) -> int:
    """Returns whether a font is bold or slanted, as bits: :data:`BOLD`, :data:`ITALIC`."""
    flags = open_font(path).style_flags
    return getattr(flags, 'value', flags)  # a number before matplotlib 3.10


@cache
def characters(path: str) -> frozenset[int]:
    """Returns the code points of the characters for which a font has a glyph of their own."""
    glyphs = open_font(path).get_charmap() if family(path) else {}
    uses = Counter(glyphs.values())
    return frozenset(character for character, glyph in glyphs.items() if uses[glyph] <= MOST_FOR_A_GLYPH)


def open_font(path: str) -> FT2Font | None:
    """Opens the file of a font; None where it is none."""
    try:
        return FT2Font(path)
    except (OSError, RuntimeError, ValueError):
        return None


def shows(path: str, character: str) -> bool:
    """Whether a font leaves a trace on the page for a character."""
    if ord(character) not in characters(path):
        return False
    try:
        return ImageFont.truetype(path, 20).getmask(character).getbbox() is not None
    except OSError:
        return False


TOLD: set[str] = set()


def tell_once(text: str, missing: str) -> None:
    """Warns, the first time only, of characters that no font has."""
    missing = ''.join(c for c in dict.fromkeys(missing) if unicodedata.category(c) not in NO_WRITING)
    if missing and not TOLD:
        TOLD.add(text)
        warnings.warn(
            f'no installed font has {" ".join(missing)} of "{text}", so the codes of such characters stand in their '
            f'place; install a font that has them (for Chinese, Japanese and Korean the package fonts-noto-cjk), or '
            f'name one in the environment: {SETTING}=FILE_OR_FAMILY',
            stacklevel=2,
        )
