import math

import pytest
import torch
from mmengine.model import BaseModel

from mtcp_mm.models.losses import LossWeighting, NonFiniteLossError, masked_mean

EPS = 1e-6
RAW = {
    'loss_semseg': 3.0,
    'loss_depth': 0.5,
    'loss_semseg_s0': 4.0,
    'loss_depth_s0': 0.75,
    'loss_semseg_s1': 3.5,
    'loss_depth_s1': 0.625,
    'loss_coherence': 0.25,
}


def leaves(raw=RAW):
    return {key: torch.tensor(value, requires_grad=True) for key, value in raw.items()}


def test_total_and_gradients_are_those_of_equation_7():
    weighting = LossWeighting(tasks=['semseg', 'depth'])
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
        + 0.1 * RAW['loss_coherence']
    )
    assert total.item() == pytest.approx(expected, rel=1e-6)
    for key, weight in {'loss_semseg': 0.4, 'loss_depth': 1.6, 'loss_semseg_s1': 0.2, 'loss_depth_s0': 0.8}.items():
        assert losses[key].grad.item() == pytest.approx(weight / (1 + EPS + RAW[key]), rel=1e-6)
    assert losses['loss_coherence'].grad.item() == pytest.approx(0.1)
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
    total, _ = LossWeighting(['depth'], projection)(losses)
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
    weighting = LossWeighting(['semseg', 'depth'], projection)
    total, _ = weighting(losses)
    alone, _ = LossWeighting(['semseg'], projection)({'loss_semseg': losses['loss_semseg']})
    assert total == alone
    assert list(weighting.latest) == ['semseg']
    assert torch.autograd.grad(total, losses['loss_depth'])[0].isfinite()


@pytest.mark.parametrize('key', ['loss_edge', 'loss_edge_s0', 'loss_depth_x0', 'depth_loss'])
def test_an_unknown_loss_is_refused_with_the_known_ones(key):
    with pytest.raises(ValueError, match=rf'"{key}" is unknown.*loss_depth.*loss_coherence'):
        LossWeighting(['depth'])({key: torch.tensor(1.0)})


def test_names_and_types_are_checked():
    with pytest.raises(ValueError, match=r"\['edge'\].*\['depth'\]"):
        LossWeighting(['depth']).set_weights({'edge': 1.0})
    with pytest.raises(ValueError, match='log2'):
        LossWeighting(projection='log2')
    with pytest.raises(ValueError, match='no loss'):
        LossWeighting()({'acc_seg': torch.tensor(1.0)})
    with pytest.raises(TypeError, match='loss_depth'):
        LossWeighting()({'loss_depth': 1.0})


def test_another_loss_takes_a_weight_of_its_own():
    weighting = LossWeighting(['depth'], None, others={'loss_smooth': 0.5})
    total, _ = weighting(leaves({'loss_depth': 1.0, 'loss_smooth': 3.0}))
    assert total.item() == 2.5


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_a_non_finite_loss_is_refused_with_task_value_and_batch(value):
    weighting = LossWeighting(['semseg', 'depth'])
    weighting.context = 'epoch 1, iteration 7, files: a.jpg'
    with pytest.raises(NonFiniteLossError, match=rf'of depth is not.*loss_depth_s0 = {value:g}.*iteration 7.*a\.jpg'):
        weighting(leaves(RAW | {'loss_depth_s0': value}))


def test_a_loss_that_has_no_logarithm_is_refused():
    with pytest.raises(NonFiniteLossError, match='loss_depth = -3, projected by log1p to nan'):
        LossWeighting(['depth'])(leaves({'loss_depth': -3.0}))


def test_ranks_give_the_total_and_the_gradient_of_one_process(on_two_ranks):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.rand(2, 1, 2, 3, generator=generator)
    valid = torch.stack([torch.arange(6).reshape(1, 2, 3) < count for count in (5, 2)])

    def step(weighting, part):
        scale = torch.tensor(2.0, requires_grad=True)
        errors = (inputs[part] * scale) ** 2
        total, _ = weighting({'loss_depth': masked_mean(errors, valid[part]), 'loss_coherence': errors.mean()})
        total.backward()
        return total.item(), scale.grad.item(), weighting.latest['depth']

    ranks = on_two_ranks(lambda rank: step(LossWeighting(['depth']), slice(rank, rank + 1)))
    errors = (inputs * 2.0) ** 2
    whole = math.log(1 + EPS + errors[valid].mean()) + 0.1 * errors.mean().item()
    slope = errors[valid].mean() / (1 + EPS + errors[valid].mean()) + 0.1 * errors.mean()  # d(2x)^2/d2 = 4x^2 = value
    assert ranks[0][0] == ranks[1][0] == pytest.approx(whole, rel=1e-6)
    assert (ranks[0][1] + ranks[1][1]) / 2 == pytest.approx(slope.item(), rel=1e-6)
    assert ranks[0][2] == ranks[1][2] == pytest.approx(math.log(1 + EPS + errors[valid].mean()), rel=1e-6)


def test_every_rank_refuses_what_is_non_finite_on_one(on_two_ranks):
    def refused(rank):
        with pytest.raises(NonFiniteLossError, match='of depth'):
            LossWeighting(['depth'])({'loss_depth': torch.tensor([1.0, float('inf')][rank])})
        return True

    assert on_two_ranks(refused) == [True, True]


def test_fixed_weights_of_tasks():
    weighting = LossWeighting(['a', 'b'], projection=None, weights=dict(b=3.0))
    total, _ = weighting(dict(loss_a=torch.tensor(1.0), loss_b=torch.tensor(2.0)))
    assert total == 1 + 3 * 2


@pytest.mark.parametrize('value', [-1, float('nan'), float('inf'), '1'])
def test_weights_that_cannot_be_are_refused(value):
    with pytest.raises(ValueError, match='weight of the loss of task "depth"'):
        LossWeighting(['depth'], weights=dict(depth=value))
    with pytest.raises(ValueError, match='weight of loss_coherence in others'):
        LossWeighting(['depth'], others=dict(loss_coherence=value))
    with pytest.raises(ValueError, match='eps of LossWeighting'):
        LossWeighting(['depth'], eps=value)


def test_something_has_to_be_learned():
    with pytest.raises(ValueError, match='all tasks, depth, edge, weigh 0'):
        LossWeighting(['depth', 'edge'], weights=dict(depth=0, edge=0.0))


def test_a_task_may_not_have_the_name_of_another_loss():
    with pytest.raises(ValueError, match='loss_coherence is the loss of task "coherence"'):
        LossWeighting(['depth', 'coherence'])
    assert LossWeighting(['coherence'], others={}).tasks == ('coherence',)
