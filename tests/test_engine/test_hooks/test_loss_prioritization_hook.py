import math
from uuid import uuid4

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import Dataset

import mtcp_mm  # noqa: F401
from mtcp_mm.engine.checkpoint import CheckpointError, safe_loading
from mtcp_mm.engine.hooks import LossPrioritizationHook, prioritize
from mtcp_mm.models.losses import LossWeighting
from mtcp_mm.tasks import DepthMap
from mtcp_mm.utils import ConfigError

pytestmark = pytest.mark.usefixtures('torchvision')  # whose version MMEngine's runner wants to log

ITERATIONS = 3  # an epoch


def test_worked_example():
    history = [dict(semseg=1.0, depth=0.5, normals=0.5), dict(semseg=0.5, depth=0.4, normals=0.4)]
    weights = prioritize(history, kappa=2.5)
    assert weights == pytest.approx(dict(semseg=0.307692, depth=1.461538, normals=1.461538), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(1, 6), st.floats(0, 10))
def test_prioritize_is_the_formula(seed, epochs, tasks, kappa):
    losses = np.random.default_rng(seed).uniform(0.1, 2, (epochs, tasks))
    r = losses / losses.sum(1, keepdims=True)
    p = (r[1:] / r[:-1]).mean(0)
    w = np.maximum(p.mean() + kappa * (p - p.mean()), 0.05)
    weights = prioritize([dict(enumerate(row)) for row in losses.tolist()], kappa, 0.05)
    np.testing.assert_allclose(list(weights.values()), w, rtol=1e-9)


def test_prioritize_guards():
    assert prioritize([]) == {}
    assert prioritize([dict(a=3.0, b=1.0)]) == dict(a=1.0, b=1.0)
    assert prioritize([dict(a=0.0, b=0.0), dict(a=0.0, b=1.0)]) == dict(a=1.0, b=1.0)
    falling = prioritize([dict(a=1.0, b=1.0), dict(a=0.01, b=1.0)], kappa=7.5, w_min=0.05)
    assert falling['a'] == 0.05 and falling['b'] > 1


class Numbers(Dataset):
    """Items of two numbers, in a fixed order."""

    metainfo: dict = {}

    def __init__(self):
        self.values = np.random.default_rng(0).uniform(0.5, 2, (2 * ITERATIONS, 2)).astype(np.float32)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, index):
        return self.values[index]


class TwoTasks(BaseModel):
    """Two losses that fall at different rates."""

    keys = ('loss_a', 'loss_b')

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([1.0, 1.5]))
        self.seen = []

    def forward(self, inputs, mode):
        losses = (inputs * self.scale).square().mean(0)
        self.seen.append(losses.tolist())
        return dict(zip(self.keys, losses.unbind(), strict=True))

    def train_step(self, data, optim_wrapper):
        total, logged = self.parse_losses(self(data, mode='loss'))
        optim_wrapper.update_params(total)
        return logged


class Weighted(TwoTasks):
    def __init__(self, **settings):
        super().__init__()
        self.loss_weighting = LossWeighting([DepthMap(name) for name in 'ab'], **settings)

    def parse_losses(self, losses):
        return self.loss_weighting(losses)


class Stock(TwoTasks):
    keys = ('decode.loss_ce', 'aux.loss_ce')


class Interruption(Hook):
    def __init__(self, iteration):
        self.iteration = iteration

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == self.iteration:
            raise KeyboardInterrupt


def make_runner(work_dir, model, *hooks, by_epoch=True, length=4, checkpoint=1, **kwargs):
    return Runner(
        model,
        str(work_dir),
        train_dataloader=dict(
            dataset=Numbers(),
            sampler=dict(type='DefaultSampler' if by_epoch else 'InfiniteSampler', shuffle=False),
            collate_fn=dict(type='default_collate'),
            batch_size=2,
            num_workers=0,
        ),
        train_cfg=dict(by_epoch=True, max_epochs=length) if by_epoch else dict(by_epoch=False, max_iters=length),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.05)),
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=checkpoint, by_epoch=by_epoch)),
        custom_hooks=list(hooks),
        experiment_name=uuid4().hex,
        log_level='ERROR',
        **kwargs,
    )


def epoch_means(model, project=lambda loss: np.log(1 + 1e-6 + loss)):
    """L_t of each epoch (epochs, tasks), from the raw losses of the model."""
    return project(np.array(model.seen)).reshape(-1, ITERATIONS, 2).mean(1)


def by_formula(old, new, kappa=2.5):
    p = (new / new.sum()) / (old / old.sum())
    return np.maximum(p.mean() + kappa * (p - p.mean()), 0.05)


def test_an_epochs_weights_follow_from_the_two_before_it(tmp_path):
    model = Weighted()
    runner = make_runner(tmp_path, model, LossPrioritizationHook())
    runner.train()
    means = epoch_means(model)
    weights = model.loss_weighting.task_weights
    np.testing.assert_allclose(list(weights.values()), by_formula(*means[-2:]), rtol=1e-5)
    logged = runner.message_hub.get_scalar('train/lps/weight_a').data[0]
    expected = [1, 1, by_formula(*means[:2])[0], by_formula(*means[1:3])[0], by_formula(*means[2:])[0]]
    np.testing.assert_allclose(logged, expected, rtol=1e-5)
    shares = runner.message_hub.get_scalar('train/lps/share_b').data[0]
    np.testing.assert_allclose(shares, means[:, 1] / means.sum(1), rtol=1e-5)
    totals = runner.message_hub.get_scalar('train/loss').data[0]
    projected = np.log(1 + 1e-6 + np.array(model.seen))
    np.testing.assert_allclose(totals[6:9], projected[6:9] @ by_formula(*means[:2]), rtol=1e-5)


@pytest.mark.parametrize(
    ('row', 'projected', 'prioritized'),
    [('lps', True, True), ('log', True, False), ('priority', False, True), ('ew', False, False)],
)
def test_the_rows_of_table_4(tmp_path, row, projected, prioritized):
    model = Weighted(projection='log1p' if projected else None)
    hooks = [LossPrioritizationHook()] if prioritized else []
    make_runner(tmp_path, model, *hooks, length=2).train()
    means = epoch_means(model) if projected else epoch_means(model, lambda loss: loss)
    expected = by_formula(*means) if prioritized else (1, 1)
    weights = [model.loss_weighting.task_weights.get(task, 1) for task in 'ab']
    np.testing.assert_allclose(weights, expected, rtol=1e-5)
    total, _ = model.loss_weighting({'loss_a': torch.tensor(3.0), 'loss_b': torch.tensor(0.0)})
    assert total.item() == pytest.approx(expected[0] * (math.log(4) if projected else 3), rel=1e-5)


@pytest.mark.parametrize(
    ('interval', 'by_epoch', 'length', 'stop'), [(None, True, 4, 10), (2, True, 4, 10), (3, False, 9, 7)]
)
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, interval, by_epoch, length, stop):
    def run(folder, *hooks, **kwargs):
        hook, model = LossPrioritizationHook(history=2, interval=interval), Weighted()
        checkpoint = 1 if by_epoch else 5  # of 3 iterations an interval: in the middle of one
        runner = make_runner(
            tmp_path / folder, model, hook, *hooks, by_epoch=by_epoch, length=length, checkpoint=checkpoint, **kwargs
        )
        return runner, model, hook

    unbroken, model, hook = run('unbroken')
    unbroken.train()
    with pytest.raises(KeyboardInterrupt):
        run('broken', Interruption(stop))[0].train()
    resumed, model_after, hook_after = run('broken', resume=True)
    with safe_loading():  # MMEngine 0.10.7 alone loads nothing of its own from torch 2.6 on
        resumed.train()
    assert 0 < len(model_after.seen) < len(model.seen)
    assert torch.equal(model_after.scale, model.scale)
    assert hook_after.state == hook.state and len(hook.state['history']) == 3
    assert model_after.loss_weighting.task_weights == model.loss_weighting.task_weights != dict(a=1.0, b=1.0)


def test_load_from_starts_anew(tmp_path):
    make_runner(tmp_path, Weighted(), LossPrioritizationHook(), length=2).train()
    hook, model = LossPrioritizationHook(), Weighted()
    with safe_loading():
        make_runner(tmp_path / 'next', model, hook, length=1, load_from=str(tmp_path / 'epoch_2.pth')).train()
    assert len(hook.state['history']) == 1
    assert model.loss_weighting.task_weights == dict(a=1.0, b=1.0)


def test_a_stock_model_is_given_a_weighting_of_its_losses(tmp_path):
    model = Stock()
    runner = make_runner(tmp_path, model, LossPrioritizationHook(), length=2)
    runner.train()
    weights = model.loss_weighting.task_weights
    assert list(weights) == ['decode.loss_ce', 'aux.loss_ce']
    np.testing.assert_allclose(list(weights.values()), by_formula(*epoch_means(model)), rtol=1e-5)
    logged = [key for key in runner.message_hub.log_scalars if '/lps/' in key]
    assert sorted(logged) == [
        f'train/lps/{what}_{task}.ce' for what in ('share', 'weight') for task in ('aux', 'decode')
    ]
    checkpoint = torch.load(tmp_path / 'epoch_2.pth', weights_only=False)
    assert list(checkpoint['state_dict']) == ['scale']


def test_a_stock_model_may_be_given_another_weighting(tmp_path):
    model, hook = Stock(), LossPrioritizationHook(stock_weighting=dict(projection=None))
    runner = make_runner(tmp_path, model, hook, length=2)
    runner.train()
    weights = list(model.loss_weighting.task_weights.values())
    np.testing.assert_allclose(weights, by_formula(*epoch_means(model, lambda loss: loss)), rtol=1e-5)
    hook.before_train(runner)  # a second training of the same model
    with pytest.raises(ConfigError, match=r"stock_weighting=\{'eps': 0\} .* Weighted has a loss weighting"):
        make_runner(tmp_path, Weighted(), LossPrioritizationHook(stock_weighting=dict(eps=0))).train()


def test_the_weights_of_auxiliary_tasks_are_left_alone(tmp_path):
    tasks = [DepthMap(name, auxiliary=name == 'c') for name in 'abc']
    hook, model = LossPrioritizationHook(), Weighted()
    model.loss_weighting = LossWeighting(tasks, weights=dict(b=3.0, c=0.25))
    runner = make_runner(tmp_path, model, hook)
    hook.before_train(runner)
    assert model.loss_weighting.task_weights == dict(a=1.0, b=1.0, c=0.25)
    for losses in (dict(loss_a=1.0, loss_b=1.0), dict(loss_a=0.5, loss_b=1.0)):
        model.parse_losses({key: torch.tensor(loss) for key, loss in losses.items()} | {'loss_c_s0': torch.tensor(2.0)})
        hook.after_train_iter(runner, 0)
        hook.after_train_epoch(runner)
    assert list(hook.state['history'][-1]) == ['a', 'b']
    weights = model.loss_weighting.task_weights
    assert weights['a'] < 1 < weights['b'] and weights['c'] == 0.25


def test_tasks_without_valid_pixels_keep_their_last_loss(tmp_path):
    hook, model = LossPrioritizationHook(), Weighted()
    runner = make_runner(tmp_path, model, hook)
    hook.before_train(runner)

    def history_after(latest):
        model.loss_weighting.latest = latest
        hook.after_train_iter(runner, 0)
        hook.after_train_epoch(runner)
        return hook.state['history']

    assert history_after(dict(a=1.0)) == [dict(a=1.0)]
    assert history_after(dict(a=1.0, b=2.0)) == [dict(a=1.0, b=2.0)]  # b is new
    assert history_after(dict(a=0.5)) == [dict(a=1.0, b=2.0), dict(a=0.5, b=2.0)]
    assert history_after({}) == [dict(a=1.0, b=2.0), dict(a=0.5, b=2.0)]


def test_an_interrupted_epoch_is_discarded(tmp_path):
    hook = LossPrioritizationHook()
    runner = make_runner(tmp_path, Weighted(), hook)
    runner.message_hub.update_info(hook.state_key, dict(history=[], sums=dict(a=[5.0, 1])))
    hook.before_train(runner)
    hook.before_train_epoch(runner)
    hook.weighting.latest = dict(a=1.0)
    hook.after_train_iter(runner, 0)
    hook.after_train_epoch(runner)
    assert hook.state['history'] == [dict(a=1.0)]


def test_wrong_settings_are_refused(tmp_path):
    for setting in (dict(kappa=float('nan')), dict(kappa=-1), dict(w_min=-0.1)):
        with pytest.raises(ValueError, match=f'{next(iter(setting))} of LossPrioritizationHook'):
            LossPrioritizationHook(**setting)
    with pytest.raises(ValueError, match='must be at least 1'):
        LossPrioritizationHook(history=0)
    with pytest.raises(ValueError, match='set interval'):
        make_runner(tmp_path, Weighted(), LossPrioritizationHook(), by_epoch=False).train()


@pytest.mark.parametrize(
    'state',
    [
        5,
        [1],
        dict(history=[]),
        dict(history='x', sums={}),
        dict(history=[5], sums={}),
        dict(history=[dict(a='x')], sums={}),
        dict(history=[{1: 2.0}], sums={}),
        dict(history=[], sums=dict(a=1.0)),
        dict(history=[], sums=dict(a=[1.0, 'x'])),
    ],
)
def test_another_state_is_refused(tmp_path, state):
    hook = LossPrioritizationHook()
    runner = make_runner(tmp_path, Weighted(), hook)
    runner.message_hub.update_info(hook.state_key, state)
    with pytest.raises(CheckpointError, match='loss_prioritization'):
        hook.before_train(runner)
