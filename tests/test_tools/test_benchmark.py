import json

import pytest

from tools.analysis_tools.benchmark import main

TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes=('dark', 'bright')),
    dict(type='DepthMap', name='depth', field='depth_map', mean=2.5),
]


@pytest.fixture
def config(save_network):
    """Config of a plain network."""
    return save_network(TASKS)[0]


def test_prints_tables_and_writes_their_figures(config, capsys):
    assert main([config, config, '--device', 'cpu', '--repeat', '2', '--against', 'long', '--out', 'cost.json']) == 0
    printed = capsys.readouterr()
    assert 'inference on cpu in float32, timed runs: 2; ' in printed.out
    assert '| config (long)' in printed.out
    assert 'config (long): equal (semseg' in printed.err
    with open('cost.json') as file:
        figures = json.load(file)
    assert [network['name'] for network in figures['networks']] == ['config', 'config (long)'] * 2
    network = figures['networks'][0]
    assert network['size'] == [48, 64]
    assert network['part_ms'].keys() == {'encoder', 'other necks', 'head', 'rest'}
    assert network['gflop'] == pytest.approx(sum(network['part_gflop'].values()))


def test_measures_training_without_data(config, capsys):
    options = ['--batch', '2', '--repeat', '1', '--cfg-options', 'optim_wrapper.optimizer.type=SGD']
    assert main([config, '--device', 'cpu', '--train', *options, 'optim_wrapper.optimizer.lr=0.01']) == 0
    printed = capsys.readouterr()
    assert 'config: loading is left out: the config has no train_dataloader' in printed.err
    for part in ('preprocessing', 'encoder', 'loss', 'backward', 'optimizer'):
        assert f'| {part} ' in printed.out


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['missing.py'], 'no config file'),
        (['empty.py'], 'the config has no model'),
        (['config.py', '--device', 'nonsense'], 'device "nonsense"'),
        (['config.py', '--train'], 'the config has no optim_wrapper'),
    ],
)
def test_what_cannot_be_measured_is_reported(config, arguments, message, capsys):
    with open('empty.py', 'w') as file:
        file.write('x = 1')
    assert main([*arguments, '--height', '48', '--width', '64']) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f'error: {message}')


@pytest.mark.parametrize('arguments', [['--dtype', 'float8'], ['--repeat', '0'], ['--height', '0']])
def test_a_wrong_argument_is_reported(config, arguments, capsys):
    with pytest.raises(SystemExit):
        main([config, *arguments])
    assert f'argument {arguments[0]}: ' in capsys.readouterr().err
