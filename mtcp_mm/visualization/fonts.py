"""Fonts for matplotlib, for texts in any script."""

import os
import unicodedata
import warnings
from collections import Counter
from functools import cache, lru_cache
from pathlib import Path

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from PIL import ImageFont

SETTING = 'MTCP_FONT'
"""The environment variable that names a preferred font, by its file or its family."""
MAX_PER_GLYPH = 8
"""A glyph of more characters than this is a placeholder, which shows only their block of Unicode."""
BOLD = 2
"""FreeType's bit for bold fonts."""
NO_WRITING = ('Cc', 'Cs')
"""Unicode categories of control characters and surrogates, which no font has."""


def set_fonts(figure: Figure) -> None:
    """Makes every text of a figure readable; see :func:`typeset`. Dollar signs do not start mathematics."""
    for text in figure.findobj(Text):
        content, files = typeset(text.get_text(), text.get_fontweight() == 'bold')
        text.set_text(content)
        text.set_fontfamily([matplotlib_name(file) for file in files])
        text.set_fontweight('normal')  # the file itself may be bold
        text.set_parse_math(False)


def font_properties(text: str, size: float, bold: bool = False) -> FontProperties:
    """Returns the fonts of a text for matplotlib, at ``size`` points; see :func:`typeset`."""
    return FontProperties(family=[matplotlib_name(file) for file in typeset(text, bold)[1]], size=size)


def typeset(text: str, bold: bool = False) -> tuple[str, tuple[str, ...]]:
    """Chooses the fonts of a text.

    Args:
        text: The text; it is normalized (NFC).
        bold: Whether to prefer bold fonts.

    Returns:
        The text, with codes such as ``[5BA2]`` for characters that no font has, and the font files in order of
        preference: the font that :data:`SETTING` names, DejaVu Sans, and other installed fonts for the remaining
        characters. The first missing characters cause a warning.
    """
    content, files, missing = choose_fonts(unicodedata.normalize('NFC', text), bold, os.environ.get(SETTING, ''))
    warn_once(text, missing)
    return content, files


@lru_cache(4096)
def choose_fonts(text: str, bold: bool, setting: str) -> tuple[str, tuple[str, ...], str]:
    """Returns text and files as :func:`typeset` does, and the characters that no font has."""
    files = dict.fromkeys([*find_setting(setting, bold), default_font(bold), default_font(False)])
    parts, missing = [], []
    for character in text:
        file = None
        if unicodedata.category(character) not in NO_WRITING:
            file = next((file for file in files if ord(character) in characters(file)), None)
            file = file or find_font(character)
            missing += [] if file else [character]
        if file:
            files[file] = None
        parts.append(character if file else code(character))
    return ''.join(parts), tuple(files), ''.join(dict.fromkeys(missing))


def code(character: str) -> str:
    """Returns a character's code point in brackets, as four or six hexadecimal digits."""
    return f'[{ord(character):04X}]' if ord(character) < 0x10000 else f'[{ord(character):06X}]'


@cache
def matplotlib_name(file: str) -> str:
    """Registers a font file with matplotlib, under its path as the family's name, and returns that name.

    Matplotlib keeps a list of fonts between runs, so it misses fonts that were installed since.
    """
    entry = font_manager.FontEntry(fname=file, name=file, weight=400, size='scalable')
    font_manager.fontManager.ttflist.append(entry)
    return file


@cache
def find_font(character: str) -> str | None:
    """Returns the file of the first installed font that has a character."""
    return next((file for file in installed_fonts() if shows(file, character)), None)


def default_font(bold: bool) -> str:
    """Returns the file of DejaVu Sans, which comes with matplotlib."""
    name = 'DejaVuSans-Bold.ttf' if bold else 'DejaVuSans.ttf'
    return str(Path(matplotlib.get_data_path(), 'fonts', 'ttf', name))


@cache
def find_setting(setting: str, bold: bool) -> tuple[str, ...]:
    """Returns the files of the font that :data:`SETTING` names, best first; warns if there is none."""
    if not setting:
        return ()
    if Path(setting).is_file():
        found = [setting] if characters(setting) else []
    else:
        found = [file for file in installed_fonts() if family(file).casefold() == setting.casefold()]
        found.sort(key=lambda file: bool(style(file) & BOLD) != bold)
    if not found:
        warnings.warn(
            f'{SETTING}={setting}: neither a font file nor the family of an installed font; correct it. Other fonts '
            'are used instead',
            stacklevel=2,
        )
    return tuple(found)


@cache
def installed_fonts() -> tuple[str, ...]:
    """Returns the machine's font files, upright fonts without serifs first."""
    files = [file for file in font_manager.findSystemFonts() if family(file)]
    return tuple(sorted(files, key=lambda file: (bool(style(file)), 'sans' not in family(file).casefold(), file)))


@cache
def family(file: str) -> str:
    """Returns the family of a font; '' for a file that is not a scalable font."""
    font = open_font(file)
    return font.family_name if font and font.scalable else ''


@cache
def style(file: str) -> int:
    """Returns FreeType's flags for bold and slanted fonts."""
    flags = open_font(file).style_flags
    return getattr(flags, 'value', flags)  # a number before matplotlib 3.10


@cache
def characters(file: str) -> frozenset[int]:
    """Returns the code points of the characters for which a font has a real glyph."""
    glyphs = open_font(file).get_charmap() if family(file) else {}
    uses = Counter(glyphs.values())
    return frozenset(character for character, glyph in glyphs.items() if uses[glyph] <= MAX_PER_GLYPH)


def open_font(file: str) -> FT2Font | None:
    """Opens a font file; returns None for any other file."""
    try:
        return FT2Font(file)
    except (OSError, RuntimeError, ValueError):
        return None


def shows(file: str, character: str) -> bool:
    """Whether a font draws anything for a character."""
    if ord(character) not in characters(file):
        return False
    try:
        return ImageFont.truetype(file, 20).getmask(character).getbbox() is not None
    except OSError:
        return False


WARNED: set[str] = set()


def warn_once(text: str, missing: str) -> None:
    """Warns of characters that no font has, the first time only."""
    if missing and not WARNED:
        WARNED.add(text)
        warnings.warn(
            f'no installed font has {" ".join(missing)} of "{text}", so such characters are written as codes; install '
            'a font that has them (for Chinese, Japanese and Korean the package fonts-noto-cjk), or name one in the '
            f'environment: {SETTING}=FILE_OR_FAMILY',
            stacklevel=2,
        )
