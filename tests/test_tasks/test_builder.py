import pytest

from mtcp_mm.tasks import ClassMap, DepthMap, build_tasks

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
    ],
)
def test_a_list_that_cannot_be_is_refused(tasks, reason):
    with pytest.raises(ValueError, match=reason):
        build_tasks(tasks)
