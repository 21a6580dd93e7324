import pytest

from mtcp_mm.tasks import ClassMap, DepthMap, build_tasks
from mtcp_mm.utils import ConfigError

DEPTH = dict(type='DepthMap', name='depth', field='depth_map')


def test_tasks_are_built_by_name_in_the_order_of_the_config():
    ready = ClassMap('zebra', classes=[*'ab'])
    tasks = build_tasks([ready, DEPTH])
    assert list(tasks) == ['zebra', 'depth']
    assert tasks['zebra'] is ready and isinstance(tasks['depth'], DepthMap)
    assert DEPTH == dict(type='DepthMap', name='depth', field='depth_map')


@pytest.mark.parametrize(
    ('tasks', 'reason'),
    [
        ([], 'empty'),
        ([DEPTH, dict(DEPTH, field='other')], 'share the name depth'),
        ([DEPTH, dict(DEPTH, name='other')], 'share the field depth_map'),
        (dict(depth=DEPTH), 'no list'),
        ('depth', 'no list'),
        (['depth'], "'depth' in the task list"),
        ([dict(DEPTH, men=2.0)], r'task "depth": .*\'men\''),
        ([dict(DEPTH, type='DeepMap')], 'task "depth": .*DeepMap'),
        ([dict(name='depth')], 'task "depth": .*type'),
        ([dict(type='DepthMap')], r'task "": .*\'name\''),
        ([dict(type='ClassMap', name='parts')], r'task "parts": .*\'classes\''),
        ([dict(type='ClassMap', name='parts', classes='pascal')], 'task "parts": class set "pascal"'),
    ],
)
def test_a_list_that_cannot_be_is_refused(tasks, reason):
    with pytest.raises(ConfigError, match=reason):
        build_tasks(tasks)


@pytest.mark.parametrize('error', [KeyError('oops'), TypeError('unsupported operand'), AttributeError('oops')])
def test_a_bug_in_a_kind_of_the_users_own_keeps_its_traceback(error):
    class Buggy(DepthMap):
        def __init__(self, **kwargs):
            raise error

    with pytest.raises(type(error)) as caught:
        build_tasks([dict(type=Buggy, name='depth')])
    assert caught.value is error
