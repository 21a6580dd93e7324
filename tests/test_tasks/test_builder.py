import pytest

from mtcp_mm.tasks import ClassMap, DepthMap, TaskCache, build_tasks, split_tasks, without_encoding
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
def test_an_invalid_task_list_is_refused(tasks, reason):
    with pytest.raises(ConfigError, match=reason):
        build_tasks(tasks)


@pytest.mark.parametrize('error', [KeyError('oops'), TypeError('unsupported operand'), AttributeError('oops')])
def test_a_bug_in_a_custom_task_keeps_its_traceback(error):
    class Buggy(DepthMap):
        def __init__(self, **kwargs):
            raise error

    with pytest.raises(type(error)) as caught:
        build_tasks([dict(type=Buggy, name='depth')])
    assert caught.value is error


def test_tasks_are_split_into_main_and_auxiliary():
    tasks = build_tasks(
        [DEPTH, dict(type='SurfaceNormals', name='normals', auxiliary=True), dict(DEPTH, name='a', field='a')]
    )
    main, auxiliary = split_tasks(tasks)
    assert list(main) == ['depth', 'a'] and list(auxiliary) == ['normals']
    assert main['depth'] is tasks['depth'] and auxiliary['normals'] is tasks['normals']


def test_a_list_of_auxiliary_tasks_alone_is_refused():
    with pytest.raises(ConfigError, match=r'all tasks \(depth\) are auxiliary'):
        split_tasks(build_tasks([dict(DEPTH, auxiliary=True)]))


@pytest.mark.parametrize('auxiliary', [1, 'no', None])
def test_auxiliary_must_be_a_bool(auxiliary):
    with pytest.raises(ConfigError, match='auxiliary=.* of task "depth"'):
        build_tasks([dict(DEPTH, auxiliary=auxiliary)])


def test_without_encoding_keeps_what_predictions_depend_on():
    tasks = [
        dict(DEPTH, scale=0.001, mean=2.0, void_value=9),
        dict(type='ClassMap', name='parts', classes=['a', 'b'], label_offset=1),
        dict(type='BinaryMap', name='edge', yes_value=1, void_value=255, metrics=[dict(type='BoundaryF')]),
        dict(type='SurfaceNormals', name='normals', y_up=False),
    ]
    assert without_encoding(tasks) == [
        dict(DEPTH, mean=2.0),
        dict(type='ClassMap', name='parts', classes=['a', 'b']),
        dict(type='BinaryMap', name='edge', metrics=[dict(type='BoundaryF')]),
        dict(type='SurfaceNormals', name='normals', y_up=False),
    ]


def test_the_task_cache_builds_each_list_once():
    tasks_of = TaskCache()
    one, other = [DEPTH], [dict(DEPTH, scale=0.1)]
    built = tasks_of(dict(tasks=one))
    assert built['depth'].scale is None and tasks_of(dict(tasks=other))['depth'].scale == 0.1
    assert tasks_of(dict(tasks=[dict(DEPTH)])) is built
    assert tasks_of({}) == tasks_of(dict(tasks=[])) == {}
