import math

import pytest
import torch
from mmengine.model import BaseModel

from mtcp_mm.models.losses import LossWeighting, NonFiniteLossError, masked_mean
from mtcp_mm.utils import ConfigError, UserError

EPS = 1e-6
RAW = {
    'loss_semseg': 3.0,
    'loss_depth': 0.5,
    'loss_semseg_s0': 4.0,
    'loss_depth_s0': 0.75,
    'loss_semseg_s1': 3.5,
    'loss_depth_s1': 0.625,
    'loss_coherence': 0.025,
}


def maps(*names):
    """Returns a task list of depth maps."""
    return [dict(type='DepthMap', name=name) for name in names]


def leaves(raw=RAW):
    return {key: torch.tensor(value, requires_grad=True) for key, value in raw.items()}


def test_total_and_gradients_are_those_of_equation_7():
    weighting = LossWeighting(maps('semseg', 'depth'))
    weighting.set_weights({'semseg': 0.4, 'depth': 1.6})
    losses = leaves()
    total, logged = weighting(losses | {'acc_seg': torch.tensor([50.0, 70.0])})
    total.backward()

    def big(key):
        return math.log(1 + EPS + RAW[key])

    expected = (
        0.4 * big('loss_semseg')
        + 1.6 * big('loss_depth')
        + (0.4 * big('loss_semseg_s0') + 1.6 * big('loss_depth_s0')) / 2
        + (0.4 * big('loss_semseg_s1') + 1.6 * big('loss_depth_s1')) / 2
        + RAW['loss_coherence']
    )
    assert total.item() == pytest.approx(expected, rel=1e-6)
    for key, weight in {'loss_semseg': 0.4, 'loss_depth': 1.6, 'loss_semseg_s1': 0.2, 'loss_depth_s0': 0.8}.items():
        assert losses[key].grad.item() == pytest.approx(weight / (1 + EPS + RAW[key]), rel=1e-6)
    assert losses['loss_coherence'].grad.item() == 1
    assert weighting.latest == pytest.approx({'semseg': big('loss_semseg'), 'depth': big('loss_depth')})
    assert {key: value.item() for key, value in logged.items()} == pytest.approx(
        {'loss': expected, 'acc_seg': 60.0, **RAW}
    )


@pytest.mark.parametrize(
    ('projection', 'value', 'slope'),
    [('log', math.log(0.5 + EPS), 1 / (0.5 + EPS)), (None, 0.5, 1.0), ('log1p', math.log(1.5 + EPS), 1 / (1.5 + EPS))],
)
def test_projections(projection, value, slope):
    losses = leaves({'loss_depth': 0.5})
    total, _ = LossWeighting(maps('depth'), projection)(losses)
    total.backward()
    assert total.item() == pytest.approx(value, rel=1e-5)
    assert losses['loss_depth'].grad.item() == pytest.approx(slope, rel=1e-5)


def test_an_unprojected_stock_model_is_parsed_as_mmengine_does():
    losses = {
        'decode.loss_ce': torch.tensor([1.0, 2.0]),
        'decode.acc_seg': torch.tensor([30.0]),
        'aux.loss_ce': [torch.tensor(0.5), torch.tensor([1.0, 4.0])],
    }
    expected_total, expected_log = BaseModel.parse_losses(None, losses)
    weighting = LossWeighting(projection=None)
    total, logged = weighting(losses)
    assert total == expected_total
    assert logged == expected_log and list(logged) == list(expected_log)
    assert weighting.latest == {'decode.loss_ce': 1.5, 'aux.loss_ce': 3.0}


@pytest.mark.parametrize('projection', ['log1p', 'log', None])
def test_a_task_without_a_valid_pixel_adds_nothing_but_its_graph(projection):
    losses = leaves({'loss_depth': 0.0, 'loss_semseg': 2.0})
    weighting = LossWeighting(maps('semseg', 'depth'), projection)
    total, _ = weighting(losses)
    alone, _ = LossWeighting(maps('semseg'), projection)({'loss_semseg': losses['loss_semseg']})
    assert total == alone
    assert list(weighting.latest) == ['semseg']
    assert torch.autograd.grad(total, losses['loss_depth'])[0].isfinite()


@pytest.mark.parametrize('key', ['loss_edge_s0', 'depth_loss'])
def test_an_unknown_loss_is_refused_with_the_known_ones(key):
    with pytest.raises(ConfigError, match=rf'"{key}" is unknown.*loss_depth.*loss_<name>'):
        LossWeighting(maps('depth'))({'loss_depth': torch.tensor(1.0), key: torch.tensor(1.0)})


@pytest.mark.parametrize('key', ['loss_edge', 'loss_edge_s0', 'loss_depth_x0', 'loss_depth_s0', 'depth_loss'])
def test_no_other_loss_replaces_that_of_a_main_task(key):
    """The head has other tasks, or a misspelt one."""
    with pytest.raises(ConfigError, match=rf'{key}'):
        LossWeighting(maps('depth'))({key: torch.tensor(1.0)})


def test_names_and_types_are_checked():
    with pytest.raises(ValueError, match=r"\['edge'\].*\['depth'\]"):
        LossWeighting(maps('depth')).set_weights({'edge': 1.0})
    with pytest.raises(ValueError, match='log2'):
        LossWeighting(projection='log2')
    with pytest.raises(ValueError, match='no loss'):
        LossWeighting()({'acc_seg': torch.tensor(1.0)})
    with pytest.raises(TypeError, match='loss_depth'):
        LossWeighting()({'loss_depth': 1.0})


@pytest.mark.parametrize('projection', ['log1p', None])
def test_a_necks_loss_is_added_unchanged(projection):
    weighting = LossWeighting(maps('depth'), projection, weights=dict(depth=0.5), intermediate='sum')
    alone, _ = weighting(leaves({'loss_depth': 1.0}))
    losses = leaves({'loss_depth': 1.0, 'loss_smooth': 3.0})
    total, logged = weighting(losses)
    assert (total - alone).item() == pytest.approx(3.0) and logged['loss_smooth'] == 3.0
    assert torch.autograd.grad(total, losses['loss_smooth'])[0] == 1 and list(weighting.latest) == ['depth']


@pytest.mark.parametrize(('intermediate', 'factor'), [('mean', 1 / 2), ('sum', 1), (0.3, 0.3), (0, 0), (2, 2)])
def test_how_intermediate_predictions_count(intermediate, factor):
    weights = dict(semseg=0.5, depth=2.0)
    total, _ = LossWeighting(maps(*weights), None, weights=weights, intermediate=intermediate)(leaves())
    stages = sum(weights[task] * RAW[f'loss_{task}_s{k}'] for task in weights for k in range(2))
    final = sum(weights[task] * RAW[f'loss_{task}'] for task in weights)
    assert total.item() == pytest.approx(final + factor * stages + RAW['loss_coherence'], rel=1e-6)


def test_the_mean_is_that_of_each_tasks_own_predictions():
    raw = {'loss_a': 1.0, 'loss_a_s0': 2.0, 'loss_b': 3.0, 'loss_b_s0': 4.0, 'loss_b_s1': 6.0, 'loss_b_s2': 8.0}
    total, _ = LossWeighting(maps('a', 'b'), None)(leaves(raw))
    assert total.item() == 1 + 2 + 3 + (4 + 6 + 8) / 3


@pytest.mark.parametrize('value', ['median', '1', -0.5, float('nan'), None, True])
def test_intermediate_is_a_word_or_a_factor(value):
    with pytest.raises(ConfigError, match='intermediate'):
        LossWeighting(maps('depth'), intermediate=value)


def test_an_auxiliary_task_has_a_weight_and_no_share():
    tasks = [*maps('depth'), dict(type='DepthMap', name='edge', auxiliary=True)]
    weighting = LossWeighting(tasks, weights=dict(edge=0.25))
    total, _ = weighting(leaves({'loss_depth': 0.5, 'loss_edge_s0': 2.0, 'loss_edge_s1': 3.0}))
    expected = math.log(1.5 + EPS) + 0.25 * (math.log(3 + EPS) + math.log(4 + EPS)) / 2
    assert total.item() == pytest.approx(expected, rel=1e-6)
    assert list(weighting.latest) == ['depth'] and weighting.main_tasks == ('depth',)
    weighting(leaves({'loss_depth': 0.5, 'loss_edge': 2.0}))  # a head of its own may predict it after all
    assert list(weighting.latest) == ['depth']


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_a_non_finite_loss_is_refused_with_task_value_and_batch(value):
    weighting = LossWeighting(maps('semseg', 'depth'))
    weighting.context = 'epoch 1, iteration 7, files: a.jpg'
    with pytest.raises(NonFiniteLossError, match=rf'of depth is not.*loss_depth_s0 = {value:g}.*iteration 7.*a\.jpg'):
        weighting(leaves(RAW | {'loss_depth_s0': value}))


def test_a_necks_loss_that_is_not_finite_is_refused_by_its_name():
    with pytest.raises(UserError, match='the loss of smooth is not finite: loss_smooth = nan'):
        LossWeighting(maps('depth'))(leaves({'loss_depth': 1.0, 'loss_smooth': float('nan')}))


def test_a_loss_that_has_no_logarithm_is_refused():
    with pytest.raises(NonFiniteLossError, match='loss_depth = -3, projected by log1p to nan'):
        LossWeighting(maps('depth'))(leaves({'loss_depth': -3.0}))


def test_ranks_give_the_total_and_the_gradient_of_one_process(on_two_ranks):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.rand(2, 1, 2, 3, generator=generator)
    valid = torch.stack([torch.arange(6).reshape(1, 2, 3) < count for count in (5, 2)])

    def step(weighting, part):
        scale = torch.tensor(2.0, requires_grad=True)
        errors = (inputs[part] * scale) ** 2
        total, _ = weighting({'loss_depth': masked_mean(errors, valid[part]), 'loss_coherence': 0.1 * errors.mean()})
        total.backward()
        return total.item(), scale.grad.item(), weighting.latest['depth']

    ranks = on_two_ranks(lambda rank: step(LossWeighting(maps('depth')), slice(rank, rank + 1)))
    errors = (inputs * 2.0) ** 2
    whole = math.log(1 + EPS + errors[valid].mean()) + 0.1 * errors.mean().item()
    slope = errors[valid].mean() / (1 + EPS + errors[valid].mean()) + 0.1 * errors.mean()  # d(2x)^2/d2 = 4x^2 = value
    assert ranks[0][0] == ranks[1][0] == pytest.approx(whole, rel=1e-6)
    assert (ranks[0][1] + ranks[1][1]) / 2 == pytest.approx(slope.item(), rel=1e-6)
    assert ranks[0][2] == ranks[1][2] == pytest.approx(math.log(1 + EPS + errors[valid].mean()), rel=1e-6)


def test_every_rank_refuses_what_is_non_finite_on_one(on_two_ranks):
    def refused(rank):
        with pytest.raises(NonFiniteLossError, match='of depth'):
            LossWeighting(maps('depth'))({'loss_depth': torch.tensor([1.0, float('inf')][rank])})
        return True

    assert on_two_ranks(refused) == [True, True]


def test_fixed_weights_of_tasks():
    weighting = LossWeighting(maps('a', 'b'), projection=None, weights=dict(b=3.0))
    total, _ = weighting(dict(loss_a=torch.tensor(1.0), loss_b=torch.tensor(2.0)))
    assert total == 1 + 3 * 2


@pytest.mark.parametrize('value', [-1, float('nan'), float('inf'), '1'])
def test_invalid_weights_are_refused(value):
    with pytest.raises(ValueError, match='weight of the loss of task "depth"'):
        LossWeighting(maps('depth'), weights=dict(depth=value))
    with pytest.raises(ValueError, match='eps of LossWeighting'):
        LossWeighting(maps('depth'), eps=value)


def test_some_weight_must_be_positive():
    with pytest.raises(ValueError, match=r'all tasks \(depth, edge\) are 0'):
        LossWeighting(maps('depth', 'edge'), weights=dict(depth=0, edge=0.0))


def test_a_task_may_not_have_the_name_of_an_intermediate_prediction():
    with pytest.raises(ConfigError, match='"depth" and "depth_s0"'):
        LossWeighting(maps('depth', 'depth_s0'))
