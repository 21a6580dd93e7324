import runpy
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / 'tools/dataset_converters/make_rooms.py'


def _run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, arguments)])
    runpy.run_path(str(TOOL), run_name='__main__')


def test_the_tool_writes_once(tmp_path, monkeypatch, capsys):
    arguments = (tmp_path / 'out', '--train', 1, '--val', 1, '--height', 16, '--width', 16, '--seed', 0, '--workers', 1)
    _run(monkeypatch, *arguments)
    assert (tmp_path / 'out/images/train_00000.jpg').is_file()
    assert 'written' in capsys.readouterr().out
    _run(monkeypatch, *arguments)
    assert 'already there' in capsys.readouterr().out


def test_the_tool_writes_the_pascal_layout(tmp_path, monkeypatch):
    given = ('--train', 1, '--val', 1, '--height', 16, '--width', 16, '--seed', 0, '--workers', 1)
    _run(monkeypatch, tmp_path / 'out', *given, '--layout', 'pascal')
    assert (tmp_path / 'out/human_parts/val_00000.mat').is_file()
    with pytest.raises(SystemExit, match='other parameters'):
        _run(monkeypatch, tmp_path / 'out', *given)


@pytest.mark.parametrize(('option', 'value'), [('--train', 0), ('--workers', 0)])
def test_the_tool_names_bad_arguments(tmp_path, monkeypatch, option, value):
    given = {'--train': 1, '--val': 1, '--height': 16, '--width': 16, '--seed': 0, option: value}
    with pytest.raises(SystemExit, match=option.strip('-')):
        _run(monkeypatch, tmp_path / 'out', *[word for pair in given.items() for word in pair])
    assert not list(tmp_path.iterdir())
