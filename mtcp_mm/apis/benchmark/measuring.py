"""Measuring several networks, one run of each in turn, so that ratios hold on a machine that does other work too."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from mtcp_mm.utils import UserError

from .costs import count_operations, device_seconds, measure_memory, measure_parts
from .parts import ORDER
from .settings import Settings
from .subject import Subject

PRODUCT_SIZE = {'cpu': 1024, 'cuda': 8192}
"""Rows of the square matrices whose product is timed."""


@dataclass
class Measurement:
    """What was measured of one network.

    Attributes:
        subject: The network.
        operations: Operations of a run by part.
        memory: Peak of the memory that a run allocates, in bytes.
        latencies: Elapsed seconds of each run.
        cpu: Seconds of CPU time of each run.
        busy: Seconds of :func:`device_seconds` of each run.
        parts: By part, the same for each of further runs.
    """

    subject: Subject
    operations: dict[str, float] = field(default_factory=dict)
    memory: int = 0
    latencies: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=dict)


def measure(
    subjects: Sequence[Subject], settings: Settings, repeat: int, progress: Callable[[str], None] = lambda line: None
) -> tuple[list[Measurement], list[float]]:
    """Measures networks.

    Args:
        subjects: The networks.
        settings: What the benchmark is run with.
        repeat: Number of timed runs of each.
        progress: Receives a line before each step.

    Returns:
        The measurements, and the operations a second of a matrix product, once for each round of runs.
    """
    measurements = [Measurement(subject) for subject in subjects]
    for measurement in measurements:
        prepare(measurement, settings, progress)
    rates = []
    product = MatrixProduct(settings)
    for index in range(repeat):
        progress(f'timing: round {index + 1} of {repeat}')
        rates.append(product.rate())
        for measurement in measurements:
            time_run(measurement, settings.device)
    for index in range(0 if settings.compile else repeat):
        progress(f'timing the parts: round {index + 1} of {repeat}')
        for measurement in measurements:
            time_parts(measurement, settings.device)
    return measurements, rates


def prepare(measurement: Measurement, settings: Settings, progress: Callable[[str], None]) -> None:
    """Measures what does not depend on time: operations and memory. These runs warm up the network too."""
    subject = measurement.subject
    progress(f'{subject.name}: operations')
    measurement.operations = count_operations(subject.run, subject.parts)
    if settings.compile:
        progress(f'{subject.name}: compiling')
        compile_network(subject)
    progress(f'{subject.name}: memory')
    measurement.memory = measure_memory(subject.run, settings.device)


def compile_network(subject: Subject) -> None:
    """Compiles a network, and runs it once.

    Raises:
        UserError: It cannot be compiled.
    """
    from torch._dynamo.exc import TorchDynamoException  # importing it takes a second

    subject.network.forward = torch.compile(subject.network.forward)
    try:
        subject.run()
    except TorchDynamoException as error:
        reason = ' '.join(str(error).splitlines()[:2]).strip()  # the first line may name the backend alone
        raise UserError(f'{subject.name} cannot be compiled ({reason}); leave out --compile') from error


def time_run(measurement: Measurement, device: torch.device) -> None:
    """Times one run."""
    busy, start, cpu = device_seconds(device), time.perf_counter(), time.process_time()
    measurement.subject.run()
    measurement.busy.append(device_seconds(device) - busy)  # first of all, since it waits for a GPU
    measurement.latencies.append(time.perf_counter() - start)
    measurement.cpu.append(time.process_time() - cpu)


def time_parts(measurement: Measurement, device: torch.device) -> None:
    """Times the parts of one run."""
    seconds = measure_parts(measurement.subject.run, measurement.subject.parts, device)
    for part in sorted(seconds, key=ORDER.index):
        measurement.parts.setdefault(part, []).append(seconds[part])


class MatrixProduct:
    """A product of two square matrices in the precision of a benchmark.

    Args:
        settings: What the benchmark is run with.
    """

    def __init__(self, settings: Settings) -> None:
        self.device = settings.device
        self.size = PRODUCT_SIZE[self.device.type]
        self.matrix = torch.ones(self.size, self.size, dtype=settings.dtype, device=self.device)
        self.rate()

    def rate(self) -> float:
        """Returns its operations in a second of :func:`device_seconds`."""
        start = device_seconds(self.device)
        self.matrix @ self.matrix
        return 2 * self.size**3 / (device_seconds(self.device) - start)
