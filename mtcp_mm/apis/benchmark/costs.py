"""What one run of a network costs: time, operations and memory."""

import os
import time
from collections.abc import Callable, Mapping
from itertools import accumulate

import torch
from torch import nn
from torch.autograd.profiler import profile
from torch.utils.flop_counter import FlopCounterMode

from .formulas import FORMULAS
from .part_meter import PartMeter
from .runs import Run


def count_operations(run: Run, parts: Mapping[nn.Module, str]) -> dict[str, float]:
    """Counts the operations of a run by part. A multiplication and an addition are two operations."""
    with FlopCounterMode(display=False, custom_mapping=FORMULAS) as counter:
        meter = PartMeter(parts, counter.get_total_flops)
        with meter.attached():
            run(meter.part)
    return meter.totals


def measure_parts(run: Run, parts: Mapping[nn.Module, str], device: torch.device) -> dict[str, float]:
    """Measures the time of a run by part, in seconds of :func:`device_seconds`."""
    meter = PartMeter(parts, lambda: device_seconds(device))
    with meter.attached():
        run(meter.part)
    return meter.totals


def device_seconds(device: torch.device) -> float:
    """Reads the clock of a device: CPU time of all threads, or the time at which a GPU has finished its work."""
    if device.type == 'cpu':
        return time.process_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()


def measure_memory(run: Callable[[], object], device: torch.device) -> int:
    """Returns the peak of the memory that a run allocates, in bytes. Memory allocated before does not count."""
    if device.type != 'cpu':
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        run()
        return torch.cuda.max_memory_allocated(device) - before
    os.environ.setdefault('KINETO_LOG_LEVEL', '6')  # otherwise the profiler prints two lines
    with profile(profile_memory=True) as profiled:
        run()
    changes = [event for event in profiled.kineto_results.events() if event.name() == '[memory]']
    changes.sort(key=lambda event: event.start_ns() if hasattr(event, 'start_ns') else event.start_us())
    return max(accumulate(event.nbytes() for event in changes), default=0)
