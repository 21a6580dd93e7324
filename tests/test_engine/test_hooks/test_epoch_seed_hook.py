import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mtcp_mm.engine import EpochSeedHook


def state(runner) -> dict:
    """Returns copies of the weights and of the optimizer's moments."""
    moments = runner.optim_wrapper.state_dict()['state']
    return {name: value.clone() for name, value in runner.model.state_dict().items()} | {
        f'{index}.{name}': value.clone() for index, entry in moments.items() for name, value in entry.items()
    }


def assert_equal_batches(first: list, second: list) -> None:
    assert len(first) == len(second) == 4
    for (indices, draws), (other_indices, other_draws) in zip(first, second, strict=True):
        assert torch.equal(indices, other_indices)
        assert torch.equal(draws, other_draws)


@pytest.mark.parametrize('workers', [0, 2])
def test_a_resumed_training_equals_an_uninterrupted_one_bit_for_bit(make_runner, workers):
    unbroken = make_runner(workers)
    unbroken.train()

    broken = make_runner(workers, break_at=6)  # in the middle of the second of three epochs of 4 iterations
    with pytest.raises(KeyboardInterrupt):
        broken.train()
    resumed = make_runner(workers, resume=True)
    resumed.train()

    assert list(resumed.recorder.batches) == [1, 2]
    for epoch in (1, 2):
        assert_equal_batches(unbroken.recorder.batches[epoch], resumed.recorder.batches[epoch])
    expected, found = state(unbroken), state(resumed)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    # The recipe must notice randomness: the interrupted run, an epoch earlier, has other weights.
    assert not torch.equal(expected['head.0.weight'], state(broken)['head.0.weight'])


@pytest.mark.parametrize('workers', [0, 2])
def test_draws_differ_between_epochs_workers_and_generators(make_runner, workers):
    runner = make_runner(workers)
    runner.train()
    draws = torch.cat([draws.flatten() for epoch in runner.recorder.batches.values() for _, draws in epoch])
    assert len(draws) == 3 * 8 * 3
    assert len(draws.unique()) == len(draws)


def test_each_epoch_shuffles_anew_and_is_whole(make_runner):
    runner = make_runner()
    runner.train()
    orders = [torch.cat([indices for indices, _ in epoch]).tolist() for epoch in runner.recorder.batches.values()]
    assert all(sorted(order) == list(range(8)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


@pytest.mark.parametrize('draw', [random.random, np.random.rand, lambda: torch.rand(()).item()])
def test_seeds_epochs_iterations_and_ranks_draw_differently_in_each_generator(draw):
    drawn = []
    for changed in ('seed', 'epoch', 'iter', 'rank', None, None):
        numbers = dict(seed=0, epoch=0, iter=0, rank=0)
        if changed:
            numbers[changed] = 1
        EpochSeedHook().before_train_epoch(SimpleNamespace(**numbers))
        drawn.append(draw())
    assert len(set(drawn)) == 5 and drawn[-1] == drawn[-2]


def test_persistent_workers_are_refused(make_runner):
    runner = make_runner(workers=1)
    runner._train_dataloader['persistent_workers'] = True
    with pytest.raises(ValueError, match='persistent_workers=False'):
        runner.train()
