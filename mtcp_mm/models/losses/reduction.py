"""Means over all ranks, so that several processes train like one."""

import torch
from mmengine.dist import all_reduce
from torch import Tensor


def mean_over_ranks(values: Tensor) -> Tensor:
    """Averages a tensor over the ranks.

    Args:
        values: Tensor of any shape, the same on each rank.

    Returns:
        The mean, without a graph; with a single process a copy of ``values``.
    """
    mean = values.detach().clone()
    all_reduce(mean, 'mean')
    return mean


def masked_mean(values: Tensor, valid: Tensor, weights: Tensor | None = None) -> Tensor:
    """Averages the valid values of this rank, so that the mean over the ranks is the mean of the global batch.

    The local sum is divided by the mean count of all ranks, not by the local count. DDP's mean over the ranks, of
    losses and gradients, then equals that of one process with the whole batch, however the valid pixels are spread.

    Args:
        values: (B, C, H, W). Invalid ones must be finite too, or gradients are not.
        valid: Which values count; bool, (B, C, H, W) or (B, 1, H, W).
        weights: Non-negative weights of the values, in the shape of ``valid``; a weighted mean is taken.

    Returns:
        A scalar; zero, with a graph, if no rank has a valid value.
    """
    valid = valid.expand_as(values)
    weights = valid.to(values.dtype) if weights is None else torch.where(valid, weights, 0)
    count = mean_over_ranks(weights.sum())
    total = (torch.where(valid, values, 0) * weights).sum()
    return total / torch.where(count > 0, count, 1)
