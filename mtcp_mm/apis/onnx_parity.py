"""Compares an ONNX file with the network from which it was exported: predictions and speed, on the CPU."""

import time
from collections.abc import Callable, Iterable
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mtcp_mm.tasks import Task

from .export import ExportableNetwork
from .exported import Run

BATCH_SIZES = (1, 3)
COMPARED = 8
"""Number of calibration images on which a quantized network is compared."""
TOLERANCE = 1e-3
"""Largest difference that passes, in metres, components of unit normals, probabilities, or scores of classes."""


@torch.no_grad()
def largest_differences(network: ExportableNetwork, run: Run, shape: tuple[int, int]) -> dict[str, float]:
    """Compares network and ONNX file on batches of one and of three random images of size (H, W).

    Returns:
        Each task's largest difference, see :func:`difference`.

    Raises:
        ValueError: A prediction has another shape or type than the network's.
    """
    batches = [differences(network, run, make_images(count, shape, seed=count)) for count in BATCH_SIZES]
    return {name: max((batch[name] for batch in batches), key=nan_last) for name in network.tasks}


def differences(network: ExportableNetwork, run: Run, images: Tensor) -> dict[str, float]:
    """Compares network and ONNX file on images (B, 3, H, W); see :func:`largest_differences`."""
    logits, predictions = network.logits(images), run(images.numpy())
    return {
        name: difference(task, logits[name], torch.from_numpy(predictions[name]))
        for name, task in network.tasks.items()
    }


@torch.no_grad()
def mean_differences(network: ExportableNetwork, run: Run, images: Iterable[np.ndarray]) -> dict[str, float]:
    """Compares network and quantized ONNX file on images (1, 3, H, W).

    Returns:
        Each task's mean difference over all pixels, in its own unit; for classes the share of pixels that differ.
    """
    found = {name: [] for name in network.tasks}
    for image in images:
        expected, predictions = network(torch.from_numpy(image)), run(image)
        for name, maps in expected.items():
            given = torch.from_numpy(predictions[name])
            found[name].append(((given - maps).abs() if maps.is_floating_point() else given != maps).float().mean())
    return {name: torch.stack(values).mean().item() for name, values in found.items()}


def difference(task: Task, logits: Tensor, prediction: Tensor) -> float:
    """Returns how far a prediction is from the network's own.

    It is the largest difference at any pixel. For classes it is how far the score of the predicted class lies below
    the highest score, which is 0 where both agree: of two scores that are equal up to rounding, either may win.

    Args:
        task: The task.
        logits: The network's logits (B, channels, H, W).
        prediction: The prediction to compare, (B, target_channels, H, W).

    Raises:
        ValueError: The prediction has another shape or type than the network's.
    """
    expected = task.activate(logits)
    if (prediction.shape, prediction.dtype) != (expected.shape, expected.dtype):
        raise ValueError(
            f'task "{task.name}": the exported file gives {prediction.dtype} {tuple(prediction.shape)} where the '
            f'network gives {expected.dtype} {tuple(expected.shape)}'
        )
    if expected.is_floating_point():
        return (prediction - expected).abs().max().item()
    return (logits.amax(-3, keepdim=True) - logits.gather(-3, prediction)).max().item()


def nan_last(value: float) -> float:
    """Key for sorting NaN above all numbers, so that a maximum finds it."""
    return value if value == value else float('inf')


def make_images(count: int, shape: tuple[int, int], seed: int = 0) -> Tensor:
    """Generates images (count, 3, H, W), 0 to 255: smooth patches of colour with a little noise."""
    generator = torch.Generator().manual_seed(seed)
    patches = F.interpolate(torch.rand(count, 3, 6, 8, generator=generator) * 255, shape, mode='bicubic')
    return (patches + 8 * torch.randn(count, 3, *shape, generator=generator)).clamp(0, 255)


def median_seconds(function: Callable[[], object], runs: int) -> float:
    """Returns the median time of several runs after a warm-up."""
    function()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return median(times)
