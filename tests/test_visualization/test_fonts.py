import shutil
import warnings
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from mtcp_mm.visualization import fonts
from mtcp_mm.visualization.fonts import set_fonts, typeset

FOLDER = Path(matplotlib.get_data_path(), 'fonts', 'ttf')
USUAL, STIX = str(FOLDER / 'DejaVuSans.ttf'), str(FOLDER / 'STIXGeneral.ttf')
USUAL_BOLD, STIX_BOLD = str(FOLDER / 'DejaVuSans-Bold.ttf'), str(FOLDER / 'STIXGeneralBol.ttf')
ONLY_STIX = 'ⒶⓇ'  # DejaVu Sans has neither
ONLY_PLAIN = '𝖠'  # DejaVu Sans has it, its bold sister not


@pytest.fixture(autouse=True)
def install(monkeypatch):
    """Makes a machine with only the named fonts, before any warning."""

    def install(*paths):
        monkeypatch.setattr(fonts.font_manager, 'findSystemFonts', lambda: [str(path) for path in paths])
        for function in (fonts.installed_fonts, fonts.find_font, fonts.find_setting, fonts.choose_fonts):
            function.cache_clear()

    monkeypatch.delenv(fonts.SETTING, raising=False)
    monkeypatch.setattr(fonts, 'WARNED', set())
    install()
    yield install
    monkeypatch.undo()
    install()


def test_each_character_has_a_font_that_has_it(install):
    install(FOLDER / 'cmr10.ttf', STIX)
    assert typeset('TV Ⓐ é') == ('TV Ⓐ é', (USUAL, STIX))
    assert typeset('') == ('', (USUAL,))


def test_bold_where_there_is_a_bold_font():
    assert typeset(f'a{ONLY_PLAIN}', bold=True) == (f'a{ONLY_PLAIN}', (USUAL_BOLD, USUAL))
    assert ord(ONLY_PLAIN) not in fonts.characters(USUAL_BOLD)


def test_upright_fonts_without_serifs_come_first(install):
    install(FOLDER / 'STIXGeneralItalic.ttf', FOLDER / 'DejaVuSerif.ttf', FOLDER / 'DejaVuSans.ttf')
    families = [fonts.family(path) for path in fonts.installed_fonts()]
    assert families == ['DejaVu Sans', 'DejaVu Serif', 'STIXGeneral']


def test_missing_characters_become_codes_with_one_warning():
    with pytest.warns(UserWarning, match=r'no installed font has 客 厅 of "客厅".*MTCP_FONT=FILE_OR_FAMILY') as caught:
        assert typeset('客厅') == ('[5BA2][5385]', (USUAL,))
        typeset('厨房')
    assert len(caught) == 1
    assert typeset('TV 客😀\U0010ffff')[0] == 'TV [5BA2]😀[10FFFF]'


def test_fonts_of_placeholders_are_ignored(install):
    """Newer versions of matplotlib have such a font, with one box for each block of Unicode."""
    path = FOLDER / 'LastResortHE-Regular.ttf'
    if not path.exists():
        pytest.skip('this matplotlib has none')
    install(path)
    with pytest.warns(UserWarning, match='no installed font'):
        assert typeset('客') == ('[5BA2]', (USUAL,))


def test_control_characters_are_spelled_out_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert typeset('a\nb\udce9')[0] == 'a[000A]b[DCE9]'


def test_names_are_composed():
    assert typeset('cafe\u0301')[0] == 'café'


@pytest.mark.parametrize('setting', [STIX, 'STIXGeneral', 'stixgeneral'])
def test_the_font_that_is_set_comes_first(install, monkeypatch, setting):
    install(STIX, STIX_BOLD)
    monkeypatch.setenv('MTCP_FONT', setting)
    assert typeset('TV Ⓐ')[1][0] == STIX
    assert ord('م') not in fonts.characters(STIX) and USUAL in typeset('م')[1]  # an Arabic letter, which it lacks
    if setting != STIX:
        assert typeset('a', bold=True)[1][0] == STIX_BOLD


@pytest.mark.parametrize('content', [None, b'no font'])
def test_a_setting_that_names_no_font_causes_a_warning(tmp_path, monkeypatch, content):
    path = tmp_path / 'a.ttf'
    if content:
        path.write_bytes(content)
    monkeypatch.setenv('MTCP_FONT', str(path))
    with pytest.warns(UserWarning, match=r'MTCP_FONT=.*a\.ttf: neither a font file nor the family'):
        assert typeset('a') == ('a', (USUAL,))


def test_files_that_are_not_fonts_are_skipped(install, tmp_path):
    (tmp_path / 'a.ttf').write_bytes(b'no font')
    shutil.copy(STIX, tmp_path / 'b.ttf')
    (tmp_path / 'c.ttf').write_bytes(Path(STIX).read_bytes()[:3000])
    install(tmp_path / 'a.ttf', tmp_path / 'gone.ttf', tmp_path / 'c.ttf', tmp_path / 'b.ttf')
    assert typeset('Ⓐ') == ('Ⓐ', (USUAL, str(tmp_path / 'b.ttf')))


def draw(title, **options):
    figure = Figure(figsize=(2, 1))
    figure.subplots().set_title(title, **options)
    set_fonts(figure)
    image = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter('error')  # matplotlib warns of glyphs that it lacks
        figure.savefig(image, format='raw')
    return np.frombuffer(image.getvalue(), np.uint8)


def test_figures_are_written_in_these_fonts(install, monkeypatch):
    install(STIX)
    assert not np.array_equal(*map(draw, ONLY_STIX))
    usual = draw('depth')
    assert not np.array_equal(draw('depth', fontweight='bold'), usual)
    monkeypatch.setenv('MTCP_FONT', STIX)
    assert not np.array_equal(draw('depth'), usual)


def test_figures_keep_matplotlibs_font_where_it_does():
    figure = Figure(figsize=(2, 1))
    figure.subplots().set_title('depth')
    image = BytesIO()
    figure.savefig(image, format='raw')
    assert np.array_equal(np.frombuffer(image.getvalue(), np.uint8), draw('depth'))


def test_dollar_signs_are_not_mathematics():
    assert not np.array_equal(draw('$x$'), draw('x'))
