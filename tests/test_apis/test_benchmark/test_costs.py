import time

import torch
import torch.nn.functional as F
from torch import nn

from mtcp_mm.apis.benchmark.costs import count_operations, device_seconds, measure_memory, measure_parts
from mtcp_mm.apis.benchmark.runs import unmeasured

CPU = torch.device('cpu')


def test_counts_operations_by_part():
    first, second, x = nn.Linear(8, 16), nn.Linear(16, 4), torch.ones(3, 8)

    def run(part=unmeasured):
        with torch.no_grad(), part('rest'):
            return second(first(x)) @ torch.ones(4, 5)

    assert count_operations(run, {first: 'a', second: 'b'}) == {
        'rest': 2 * 3 * 4 * 5,
        'a': 2 * 3 * 8 * 16,
        'b': 2 * 3 * 16 * 4,
    }


def test_counts_fused_attention_on_the_cpu():
    query, key = torch.ones(1, 1, 32, 16), torch.ones(1, 1, 48, 16)

    def run(part=unmeasured):
        with part('rest'):
            F.scaled_dot_product_attention(query, key, key)

    assert count_operations(run, {}) == {'rest': 2 * (2 * 32 * 48 * 16)}


def test_measures_the_peak_of_what_is_alive_at_once():
    kilobyte = torch.ones(256)

    def run():
        doubled = kilobyte.repeat(2)
        del doubled
        first = kilobyte.repeat(3)
        second = first.repeat(2)
        return second.sum()

    assert abs(measure_memory(run, CPU) - 9 * 1024) < 128


def test_times_parts_by_cpu_time():
    module = nn.Identity()

    def run(part=unmeasured):
        with part('rest'):
            module(torch.ones(1))
            time.sleep(0.2)

    start = device_seconds(CPU)
    seconds = measure_parts(run, {module: 'inner'}, CPU)
    assert seconds.keys() == {'rest', 'inner'}
    assert sum(seconds.values()) <= device_seconds(CPU) - start < 0.2
