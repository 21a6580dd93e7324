import sys

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
    assert 'already there' in capsys.readouterr().out


def test_the_tool_writes_the_pascal_layout(tmp_path, capsys):
    arguments = ('--train', 1, '--val', 1, '--height', 16, '--width', 16, '--seed', 0, '--workers', 1)
    assert run(tmp_path / 'out', *arguments, '--layout', 'pascal') == 0
    assert (tmp_path / 'out/human_parts/val_00000.mat').is_file()
    assert run(tmp_path / 'out', *arguments) == 1
    assert 'other parameters' in capsys.readouterr().err


@pytest.mark.parametrize(('option', 'value', 'status'), [('--train', 0, 1), ('--workers', 0, 2)])
def test_the_tool_names_the_invalid_argument(tmp_path, capsys, option, value, status):
    arguments = {'--train': 1, '--val': 1, '--height': 16, '--width': 16, '--seed': 0, option: value}
    with pytest.raises(SystemExit) as error:
        sys.exit(run(tmp_path / 'out', *[word for pair in arguments.items() for word in pair]))
    assert error.value.code == status
    assert option.strip('-') in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
