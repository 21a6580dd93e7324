"""Random training samples of any tasks."""

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn

from mtcp_mm.models import MultiTaskHead
from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.tasks import ClassMap, Task


def find_tasks(network: nn.Module) -> Mapping[str, Task]:
    """Returns the tasks that a segmentor is trained for; a class map if it has a stock head."""
    head = network.decode_head
    if isinstance(head, MultiTaskHead):
        return head.tasks
    return dict(semseg=ClassMap('semseg', field='sem_seg', classes=tuple(map(str, range(head.num_classes)))))


def make_batch(tasks: Mapping[str, Task], batch_size: int, size: tuple[int, int]) -> dict:
    """Makes a batch as a data loader gives it.

    Args:
        tasks: The tasks.
        batch_size: Number of images.
        size: Their size (H, W).

    Returns:
        ``inputs``, a list of images (3, H, W), uint8; ``data_samples``, with a target of each task, which has no void
        pixels.
    """
    generator = torch.Generator().manual_seed(0)
    images = [torch.randint(256, (3, *size), dtype=torch.uint8, generator=generator) for _ in range(batch_size)]
    samples = []
    for _ in images:
        sample = MultiTaskDataSample(metainfo=dict(img_shape=size, ori_shape=size))
        for task in tasks.values():
            sample.set_target(task.field, make_target(task, size, generator))
        samples.append(sample)
    return dict(inputs=images, data_samples=samples)


def make_target(task: Task, size: tuple[int, int], generator: Generator) -> Tensor:
    """Makes a target (target_channels, H, W): what the task predicts for random logits."""
    values = task.activate(torch.randn(task.channels, *size, generator=generator))
    values = torch.where(task.valid(values), values, values.abs())  # no depth is negative
    return (values.round() if task.binary else values).to(task.to_tensor(task.empty(1, 1)).dtype)
