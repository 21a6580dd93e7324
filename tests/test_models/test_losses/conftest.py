from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local

import pytest
import torch

import mtcp_mm  # noqa: F401
from mtcp_mm.models.losses import reduction


@pytest.fixture
def on_two_ranks(monkeypatch):
    """Runs ``function(rank)`` for two ranks in two threads, with an ``all_reduce`` between them."""
    barrier, me, shared = Barrier(2, timeout=60), local(), [None, None]

    def all_reduce(data, op):
        assert op == 'mean'
        shared[me.rank] = data.clone()
        barrier.wait()
        mean = torch.stack(shared).mean(0)
        barrier.wait()
        data.copy_(mean)

    def run(function):
        def work(rank):
            me.rank = rank
            return function(rank)

        with ThreadPoolExecutor(2) as pool:
            return [future.result() for future in [pool.submit(work, rank) for rank in range(2)]]

    monkeypatch.setattr(reduction, 'all_reduce', all_reduce)
    return run
