"""Describing the machine of a benchmark."""

import platform
from pathlib import Path

import torch

from mtcp_mm import __version__

CPU_INFO = Path('/proc/cpuinfo')


def describe_machine(device: torch.device) -> dict[str, str | int]:
    """Returns what the figures of a benchmark depend on: processor, threads and versions."""
    return dict(
        processor=processor_name() if device.type == 'cpu' else torch.cuda.get_device_name(device),
        instructions=getattr(torch.backends.cpu, 'get_cpu_capability', platform.machine)(),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        mtcp_mm=__version__,
    )


def processor_name() -> str:
    """Returns the name of the CPU as the system knows it."""
    lines = CPU_INFO.read_text(encoding='utf-8', errors='replace').splitlines() if CPU_INFO.is_file() else []
    names = [line.partition(':')[2].strip() for line in lines if line.startswith('model name')]
    return names[0] if names else platform.processor() or platform.machine()
