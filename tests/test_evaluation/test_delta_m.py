import pytest

from mtcp_mm.evaluation import AngularErrors, DepthErrors, MeanIoU, delta_m

SCORES = {'semseg/mIoU': 44.0, 'depth/rmse': 0.45, 'normals/mErr': 21.0, 'depth/abs_rel': 9.0}


@pytest.fixture
def metrics(tasks):
    """The headline metric of each task."""
    kinds = dict(semseg=MeanIoU, depth=DepthErrors, normals=AngularErrors)
    return {name: kinds[name](task) for name, task in tasks.items()}


def test_gains_are_relative_signed_and_averaged(metrics):
    single = dict(semseg=40.0, depth=0.5, normals=20.0)
    assert delta_m(metrics, SCORES, single) == pytest.approx((10 + 10 - 5) / 3)


def test_equal_to_single_task_is_no_gain(metrics):
    single = dict(semseg=44.0, depth=0.45, normals=21.0)
    assert delta_m(metrics, SCORES, single) == 0


@pytest.mark.parametrize('single', [{}, dict(semseg=40.0), dict(semseg=1, depth=1, normals=1, edge=1)])
def test_scores_of_other_tasks_are_refused(metrics, single):
    given = ', '.join(single) or 'no task'
    with pytest.raises(ValueError, match=f'has values of {given}, the tasks are semseg, depth, normals'):
        delta_m(metrics, SCORES, single)


@pytest.mark.parametrize('value', [0, -1, float('nan'), None])
def test_a_single_task_score_must_be_positive(metrics, value):
    with pytest.raises(ValueError, match='single_task of task "depth" is'):
        delta_m(metrics, SCORES, dict(semseg=40.0, depth=value, normals=20.0))
