import shutil
import warnings
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from mtcp_mm.visualization import fonts
from mtcp_mm.visualization.fonts import fonts_for_matplotlib, spell_out, split_by_font

FOLDER = Path(matplotlib.get_data_path(), 'fonts', 'ttf')
USUAL, STIX = str(FOLDER / 'DejaVuSans.ttf'), str(FOLDER / 'STIXGeneral.ttf')
ONLY_STIX = 'ⒶⓇ'  # DejaVu Sans has neither
ONLY_PLAIN = '𝖠'  # DejaVu Sans has it, its bold sister not


@pytest.fixture(autouse=True)
def install(monkeypatch):
    """Makes a machine with no fonts but those that are named, where nothing was warned of."""

    def install(*paths):
        monkeypatch.setattr(fonts.font_manager, 'findSystemFonts', lambda: [str(path) for path in paths])
        for function in (fonts.installed_fonts, fonts.find_font, fonts.find_setting):
            function.cache_clear()

    monkeypatch.delenv(fonts.SETTING, raising=False)
    monkeypatch.setattr(fonts, 'TOLD', set())
    install()
    yield install
    monkeypatch.undo()
    install()


def test_each_part_has_a_font_that_has_it(install):
    install(FOLDER / 'cmr10.ttf', STIX)
    assert split_by_font('TV Ⓐ é') == [('TV ', USUAL), ('Ⓐ', STIX), (' é', USUAL)]
    assert split_by_font('') == []


def test_bold_where_there_is_a_bold_font():
    bold = str(FOLDER / 'DejaVuSans-Bold.ttf')
    assert split_by_font(f'a{ONLY_PLAIN}', bold=True) == [('a', bold), (ONLY_PLAIN, USUAL)]


def test_upright_fonts_without_serifs_come_first(install):
    install(FOLDER / 'STIXGeneralItalic.ttf', FOLDER / 'DejaVuSerif.ttf', FOLDER / 'DejaVuSans.ttf')
    families = [fonts.family(path) for path in fonts.installed_fonts()]
    assert families == ['DejaVu Sans', 'DejaVu Serif', 'STIXGeneral']


def test_what_no_font_has_is_told_once():
    with pytest.warns(UserWarning, match=r'no installed font has 客 厅 of "客厅".*MTCP_FONT=FILE_OR_FAMILY') as caught:
        assert split_by_font('客厅') == [('客厅', None)]
        split_by_font('厨房')
    assert len(caught) == 1
    assert spell_out('TV 客😀\U0010ffff') == 'TV [5BA2]😀[10FFFF]'


def test_a_font_of_placeholders_is_none(install):
    """Which comes with newer matplotlibs, and has one box for each block of Unicode."""
    path = FOLDER / 'LastResortHE-Regular.ttf'
    if not path.exists():
        pytest.skip('this matplotlib has none')
    install(path)
    with pytest.warns(UserWarning, match='no installed font'):
        assert split_by_font('客') == [('客', None)]


def test_control_characters_are_spelled_and_not_told_of():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert split_by_font('a\nb\udce9') == [('a', USUAL), ('\n', None), ('b', USUAL), ('\udce9', None)]


def test_names_are_composed_and_marks_stay_with_their_letters():
    assert split_by_font('cafe\u0301') == [('café', USUAL)]
    with pytest.warns(UserWarning, match='no installed font'):
        assert split_by_font('रसो') == [('रसो', None)]


@pytest.mark.parametrize('setting', [STIX, 'STIXGeneral', 'stixgeneral'])
def test_the_font_that_is_set_comes_first(install, monkeypatch, setting):
    install(STIX, FOLDER / 'STIXGeneralBol.ttf')
    monkeypatch.setenv('MTCP_FONT', setting)
    assert split_by_font('TV Ⓐ') == [('TV Ⓐ', STIX)]
    assert split_by_font('م') == [('م', USUAL)]  # an Arabic letter, which it lacks
    if setting != STIX:
        assert split_by_font('a', bold=True) == [('a', str(FOLDER / 'STIXGeneralBol.ttf'))]


@pytest.mark.parametrize('content', [None, b'no font'])
def test_a_setting_that_names_no_font_is_told_of(tmp_path, monkeypatch, content):
    path = tmp_path / 'a.ttf'
    if content:
        path.write_bytes(content)
    monkeypatch.setenv('MTCP_FONT', str(path))
    with pytest.warns(UserWarning, match=r'MTCP_FONT=.*a\.ttf: neither the file of a font nor the family'):
        assert split_by_font('a') == [('a', USUAL)]


def test_files_that_are_no_fonts_are_passed_over(install, tmp_path):
    (tmp_path / 'a.ttf').write_bytes(b'no font')
    shutil.copy(STIX, tmp_path / 'b.ttf')
    (tmp_path / 'c.ttf').write_bytes(Path(STIX).read_bytes()[:3000])
    install(tmp_path / 'a.ttf', tmp_path / 'gone.ttf', tmp_path / 'c.ttf', tmp_path / 'b.ttf')
    assert split_by_font('Ⓐ') == [('Ⓐ', str(tmp_path / 'b.ttf'))]


def draw(title):
    figure = Figure(figsize=(2, 1))
    figure.subplots().set_title(title)
    picture = BytesIO()
    figure.savefig(picture, format='raw')
    return np.frombuffer(picture.getvalue(), np.uint8)


def test_matplotlib_writes_in_the_same_fonts(install):
    install(STIX)
    pictures = []
    with warnings.catch_warnings():
        warnings.simplefilter('error')  # matplotlib warns of what it lacks
        for title in ONLY_STIX:
            with fonts_for_matplotlib([title]):
                pictures.append(draw(title))
    assert not np.array_equal(*pictures)


def test_matplotlib_keeps_its_font_where_it_does(monkeypatch):
    with fonts_for_matplotlib(['depth']):
        assert matplotlib.rcParams['font.family'] == matplotlib.rcParamsDefault['font.family']
