import pytest

from tools.dataset_converters.make_rooms import main


def run(*arguments) -> int:
    return main([str(argument) for argument in arguments])


def test_the_tool_writes_once(tmp_path, capsys):
    arguments = (tmp_path / 'out', '--train', 1, '--val', 1, '--height', 16, '--width', 16, '--seed', 0, '--workers', 1)
    assert run(*arguments) == 0
    assert (tmp_path / 'out/images/train_00000.jpg').is_file()
    assert 'written' in capsys.readouterr().out
    assert run(*arguments) == 0
    assert 'already complete' in capsys.readouterr().out


def test_the_tool_writes_the_pascal_layout(tmp_path, capsys):
    given = ('--train', 1, '--val', 1, '--height', 16, '--width', 16, '--seed', 0, '--workers', 1)
    assert run(tmp_path / 'out', *given, '--layout', 'pascal') == 0
    assert (tmp_path / 'out/human_parts/val_00000.mat').is_file()
    assert run(tmp_path / 'out', *given) == 1
    assert 'other parameters' in capsys.readouterr().err


def test_the_tool_names_a_bad_size(tmp_path, capsys):
    assert run(tmp_path / 'out', '--train', 0, '--val', 1, '--height', 16, '--width', 16, '--seed', 0) == 1
    assert 'train' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_tool_names_a_bad_argument(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        run(tmp_path / 'out', '--workers', 0)
    assert end.value.code == 2 and 'workers' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
