import pytest
from mmengine.config import Config

from mtcp_mm.engine.config import read_config
from mtcp_mm.engine.task_agreement import check_meaning, check_tasks
from mtcp_mm.utils import ConfigError

DEPTH_A = dict(type='DepthMap', name='a')
CONFIG = """
tasks = [dict(type='DepthMap', name='a'), dict(type='DepthMap', name='b')]
model = dict(tasks=tasks)
part = dict(tasks=tasks)
train_dataloader = dict(dataset=dict(type='RepeatDataset', times=2, dataset=part))
val_dataloader = [dict(dataset=part), dict(dataset=part)]
test_dataloader = dict(dataset=part)
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text(CONFIG)
    return path


@pytest.mark.parametrize(
    'options, message',
    [
        ({'model.tasks': [DEPTH_A, dict(DEPTH_A, name='c')]}, 'model has the tasks a, c, and train_dataloader a, b;'),
        ({'model.tasks': [DEPTH_A]}, 'model has the tasks a, and val_dataloader a, b;'),
        (
            {'test_dataloader.dataset.tasks': [dict(DEPTH_A, name='c')]},
            'model has the tasks a, b, and test_dataloader c;',
        ),
        ({'test_dataloader.dataset.tasks': [dict(DEPTH_A, name='b', scale=0.001)]}, None),
        (
            {'test_dataloader.dataset.tasks': [dict(DEPTH_A, field='other')]},
            '"a" is a in the model, and other in test_',
        ),
        (
            {'test_dataloader.dataset.tasks': [dict(DEPTH_A, type='BinaryMap')]},
            '"a" is DepthMap in .* BinaryMap in test_',
        ),
        (
            {'test_dataloader.dataset.tasks': [dict(DEPTH_A, auxiliary=True)]},
            '"a" is a main task in the model, and auxiliary in test_',
        ),
        ({'tasks': [dict(DEPTH_A, name='c')]}, None),
    ],
)
def test_a_network_is_trained_on_its_tasks_and_scored_on_no_others(config, options, message):
    cfg = read_config(config, options)
    if message is None:
        return check_tasks(cfg)
    with pytest.raises(ConfigError, match=message):
        check_tasks(cfg)


def test_a_network_without_a_task_list_is_not_checked():
    part = dict(dataset=dict(tasks=[dict(name='a')]))
    check_tasks(Config(dict(model=dict(type='EncoderDecoder'), train_dataloader=part, val_dataloader=None)))


@pytest.mark.parametrize(('network', 'top'), [('a', 'ab'), ('ab', 'a'), ('a', 'b')])
def test_a_network_has_the_tasks_of_the_top_level(network, top):
    lists = [[dict(DEPTH_A, name=name) for name in names] for names in (network, top)]
    check_tasks(Config(dict(model=dict(tasks=lists[0]), tasks=lists[0][::-1])))
    with pytest.raises(ConfigError, match=f'tasks {", ".join(network)}, and the top level {", ".join(top)};'):
        check_tasks(Config(dict(model=dict(tasks=lists[0]), tasks=lists[1])))


def test_classes_must_agree_and_encodings_of_files_may_differ():
    network = [dict(type='ClassMap', name='s', classes=['x', 'y'])]
    check_meaning(network, [dict(network[0], label_offset=1)], 'here')
    with pytest.raises(ConfigError, match=r"task \"s\" is \['x', 'y'\] in the model, and \['x', 'z'\] in here"):
        check_meaning(network, [dict(network[0], classes=['x', 'z'])], 'here')
