from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from mtcp_mm.cli import add_config_options, add_network_arguments, add_workers, require_network_files, whole_number
from mtcp_mm.cli.arguments import require_file
from mtcp_mm.utils import MissingFileError, usable_cores


@pytest.fixture
def parser():
    return ArgumentParser()


@pytest.mark.parametrize(('least', 'text', 'number'), [(1, '1', 1), (0, '0', 0), (0, ' 7 ', 7), (-2, '-2', -2)])
def test_whole_numbers_from_the_minimum_on(least, text, number):
    assert whole_number(least)(text) == number


@pytest.mark.parametrize(('least', 'text'), [(1, '0'), (0, '-1'), (0, '1.5'), (1, 'many'), (1, '')])
def test_other_numbers_are_refused_with_the_minimum(parser, capsys, least, text):
    parser.add_argument('number', type=whole_number(least))
    with pytest.raises(SystemExit):
        parser.parse_args(['--', text])
    assert f'{text!r} is not a whole number of {least} or more' in capsys.readouterr().err


def test_workers(parser):
    add_workers(parser)
    assert parser.parse_args([]).workers == usable_cores()
    assert parser.parse_args(['--workers', '3']).workers == 3
    with pytest.raises(SystemExit):
        parser.parse_args(['--workers', '0'])


def test_config_options(parser):
    add_config_options(parser, 'data_root=FOLDER')
    assert parser.parse_args(['--cfg-options', 'a.b=1', 'c=[2,3]']).cfg_options == {'a.b': 1, 'c': [2, 3]}
    assert 'data_root=FOLDER' in parser.format_help()


def test_an_option_of_another_form_is_named(parser, capsys):
    add_config_options(parser, '')
    with pytest.raises(SystemExit):
        parser.parse_args(['--cfg-options', 'a=1', 'nonsense'])
    assert "argument --cfg-options: 'nonsense' is not key=value" in capsys.readouterr().err


def test_the_device_option_can_be_left_out(parser):
    add_network_arguments(parser, device=False)
    assert not hasattr(parser.parse_args([]), 'device')
    other = ArgumentParser()
    add_network_arguments(other)
    assert other.parse_args(['--device', 'cpu']).device == 'cpu'
    assert other.parse_args([]).engine == 'onnxruntime'


@pytest.mark.parametrize('missing', ['config', 'checkpoint'])
def test_a_missing_file_of_a_network_is_named_with_the_current_folder(tmp_path, monkeypatch, missing):
    monkeypatch.chdir(tmp_path)
    args = Namespace(config='net.py', checkpoint='net.pth')
    for name in vars(args).values():
        Path(name).touch()
    require_network_files(args)
    Path(getattr(args, missing)).unlink()
    with pytest.raises(MissingFileError, match=rf"no {missing} file 'net\..*looked in {tmp_path}"):
        require_network_files(args)


def test_a_named_network_needs_no_files():
    require_network_files(Namespace(config='some_network', checkpoint=None))


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(MissingFileError, match='is a folder; give a config file'):
        require_file(str(tmp_path), 'config')
