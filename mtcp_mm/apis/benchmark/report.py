"""The figures of a benchmark as tables and as JSON."""

from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np
from prettytable import PrettyTable

from .machine import describe_machine
from .measuring import Measurement
from .parts import ORDER
from .settings import Settings

MILLI, GIGA, MEBI = 1e3, 1e9, 2**20


def summarize(measurements: Sequence[Measurement], rates: Sequence[float], settings: Settings) -> dict[str, Any]:
    """Returns the figures of a benchmark, ready for JSON.

    Args:
        measurements: What was measured; the first is the reference of ratios.
        rates: Operations a second of the matrix product.
        settings: What the benchmark was run with.
    """
    rate, reference = median(rates), median(measurements[0].busy)
    return dict(
        machine=describe_machine(settings.device),
        device=str(settings.device),
        dtype=str(settings.dtype).removeprefix('torch.'),
        run='training step' if settings.train else 'inference',
        compiled=settings.compile,
        repeat=len(rates),
        matrix_product_gflop_per_second=rate / GIGA,
        networks=[summarize_network(measurement, rate, reference) for measurement in measurements],
    )


def summarize_network(measurement: Measurement, rate: float, reference: float) -> dict[str, Any]:
    """Returns the figures of one network; times in milliseconds.

    Args:
        measurement: What was measured.
        rate: Operations a second of the matrix product.
        reference: Median busy seconds of the reference.
    """
    subject, busy = measurement.subject, median(measurement.busy)
    latency = MILLI * np.array(measurement.latencies)
    operations = sum(measurement.operations.values())
    return dict(
        name=subject.name,
        batch_size=len(subject.images),
        size=list(subject.images.shape[-2:]),
        parameters=sum(parameter.numel() for parameter in subject.network.parameters()),
        images_per_second=len(subject.images) / median(measurement.latencies),
        latency_median_ms=float(np.median(latency)),
        latency_p95_ms=float(np.quantile(latency, 0.95)),
        cpu_ms=MILLI * median(measurement.cpu),
        ratio=busy / reference,
        peak_memory_mib=measurement.memory / MEBI,
        gflop=operations / GIGA,
        share_of_matrix_product=operations / busy / rate,
        part_ms={part: MILLI * median(measurement.parts[part]) for part in ORDER if part in measurement.parts},
        part_gflop={part: measurement.operations[part] / GIGA for part in ORDER if part in measurement.operations},
    )


def format_setup(summary: dict[str, Any]) -> str:
    """Describes what was run, and where, in two lines."""
    machine = summary['machine']
    compiled = ', compiled' if summary['compiled'] else ''
    return (
        f'{summary["run"]} on {summary["device"]} in {summary["dtype"]}{compiled}, timed runs: {summary["repeat"]}; '
        f'a matrix product reaches {summary["matrix_product_gflop_per_second"]:.0f} GFLOP/s\n'
        f'{machine["processor"]} ({machine["instructions"]}), threads: {machine["threads"]}, '
        f'torch {machine["torch"]}, mtcp_mm {machine["mtcp_mm"]}'
    )


def format_networks(summary: dict[str, Any]) -> PrettyTable:
    """Returns the table of the networks."""
    columns = (
        'network', 'input', 'M parameters', 'images/s', 'median ms', 'p95 ms', 'CPU ms', 'ratio', 'memory MiB', 'GFLOP',
        'of product',
    )  # fmt: skip
    table = PrettyTable(columns, align='r')
    table.align['network'] = 'l'
    for network in summary['networks']:
        height, width = network['size']
        table.add_row(
            [
                network['name'],
                f'{network["batch_size"]}x{height}x{width}',
                f'{network["parameters"] / 1e6:.2f}',
                f'{network["images_per_second"]:.3g}',
                f'{network["latency_median_ms"]:.1f}',
                f'{network["latency_p95_ms"]:.1f}',
                f'{network["cpu_ms"]:.1f}',
                f'{network["ratio"]:.2f}',
                f'{network["peak_memory_mib"]:.1f}',
                f'{network["gflop"]:.2f}',
                f'{network["share_of_matrix_product"]:.0%}',
            ]
        )
    return table


def format_parts(summary: dict[str, Any]) -> PrettyTable:
    """Returns the table of the parts."""
    networks = summary['networks']
    table = PrettyTable(align='r')
    parts = [part for part in ORDER if any(part in network['part_ms'] for network in networks)]
    table.add_column('part', parts, align='l')
    for network in networks:
        times, operations = network['part_ms'], network['part_gflop']
        table.add_column(f'{network["name"]}, ms', [f'{times[part]:.1f}' if part in times else '' for part in parts])
        table.add_column('GFLOP', [f'{operations[part]:.2f}' if operations.get(part) else '' for part in parts])
    return table
