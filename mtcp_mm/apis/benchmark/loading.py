"""Time to read and augment training samples."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from time import process_time
from typing import Any

import cv2
import numpy as np
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.registry import init_default_scope
from mmengine.structures import BaseDataElement
from mmseg.registry import DATASETS
from torch import Tensor

from mtcp_mm.utils import ConfigError

TRANSFER = 'transfer'
"""Name of the last step: a worker copies its samples to memory that the training process shares."""
Step = Callable[[dict], dict | None]


def time_pipeline(cfg: Config, samples: int = 100) -> dict[str, float]:
    """Measures the steps of the training pipeline on one core, as a worker of the data loader runs them.

    Every file is read once before, so that it is in the system's cache. The random augmentation is always the same.

    Args:
        cfg: Config with a ``train_dataloader``.
        samples: Number of samples, evenly spaced over the training set.

    Returns:
        Milliseconds of CPU time per sample, by step: the names of the transforms in their order, and
        :data:`TRANSFER`. Their sum is the time of a sample.

    Raises:
        ConfigError: The config has no training data, or ``samples`` is less than 1.
        UserError: The data are missing or damaged.
    """
    if samples < 1:
        raise ConfigError(f'{samples} samples; give at least one')
    if 'train_dataloader' not in cfg:
        raise ConfigError('the config has no train_dataloader, so there is no loading to measure')
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    indices = np.linspace(0, len(dataset) - 1, samples).round().astype(int).tolist()
    threads, state = cv2.getNumThreads(), np.random.get_state()
    cv2.setNumThreads(0)  # as MMEngine does in workers
    np.random.seed(0)
    try:
        for index in set(indices):
            dataset[index]
        return time_samples(dataset, indices)
    finally:
        np.random.set_state(state)
        cv2.setNumThreads(threads)


def time_samples(dataset: BaseDataset, indices: list[int]) -> dict[str, float]:
    """Measures the steps for some samples; see :func:`time_pipeline`."""
    seconds: dict[str, float] = defaultdict(float)
    for part in getattr(dataset, 'datasets', [dataset]):  # several, if they are concatenated
        part.pipeline.transforms = [timed(step, seconds) for step in part.pipeline.transforms]
    share = timed(share_memory, seconds, TRANSFER)
    for index in indices:
        share(dataset[index])
    return {name: 1000 * total / len(indices) for name, total in seconds.items()}


def timed(step: Step, seconds: dict[str, float], name: str | None = None) -> Step:
    """Returns a step that adds its CPU time to those of its name, that of its class by default."""
    name = name or type(step).__name__

    def run(sample: Any) -> Any:
        start = process_time()
        result = step(sample)
        seconds[name] += process_time() - start
        return result

    return run


def share_memory(sample: Any) -> None:
    """Moves the tensors in a sample to shared memory, as a data loader's worker does."""
    if isinstance(sample, Tensor):
        sample.share_memory_()
    elif isinstance(sample, (Mapping, BaseDataElement)):
        for value in sample.values():
            share_memory(value)
