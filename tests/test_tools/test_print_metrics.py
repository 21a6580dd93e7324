import json
import os

import pytest

from tools.analysis_tools.print_metrics import main


def test_table_has_network_and_constant(tmp_path, capsys):
    path = tmp_path / 'metrics.json'
    path.write_text(
        json.dumps(
            {
                'network': {'semseg/mIoU': 40.0, 'depth/RMSE': 0.5, 'normals/mErr': 20.0},
                'constant': {'semseg/mIoU': None, 'depth/RMSE': 1.25},
                'protocol': 'mti',
            }
        )
    )
    assert main([str(path)]) == 0
    out = capsys.readouterr().out
    rows = [line.replace('|', ' ').split() for line in out.splitlines()]
    assert ['depth', 'RMSE', '*', '0.5000', '1.250'] in rows
    assert ['semseg', 'mIoU', '*', '40.00', '-'] in rows
    assert ['normals', 'mErr', '*', '20.00', '-'] in rows
    assert 'protocol mti' in out


def test_errors_name_the_file(tmp_path, capsys):
    missing, broken, other = (tmp_path / f'{name}.json' for name in ('missing', 'broken', 'other'))
    broken.write_text('{"network": ')
    other.write_text('[1, 2]')
    for path in (missing, broken, other):
        assert main([str(path)]) == 1
        assert str(path) in capsys.readouterr().err


@pytest.mark.parametrize(
    'content',
    [
        '[' * 100_000, b'\xff', '{"network": {"a/b": "x"}, "protocol": "mti"}', '{"network": {"a/b": 1}}',
        '{"network": {"a/b": 1}, "constant": [1], "protocol": "mti"}', '{"network": 1, "protocol": "mti"}',
        '{"network": {"a/b": ' + '9' * 400 + '}, "protocol": "mti"}',
    ],
)  # fmt: skip
def test_damaged_files_are_named(tmp_path, capsys, content):
    path = tmp_path / 'metrics.json'
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main([str(path)]) == 1
    assert f'error: {path}: ' in capsys.readouterr().err


def test_a_pipe_is_not_waited_for(tmp_path, capsys):
    os.mkfifo(tmp_path / 'metrics.json')
    assert main([str(tmp_path / 'metrics.json')]) == 1
    assert 'metrics.json: a named pipe' in capsys.readouterr().err
