from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mtcp_mm.engine.checkpoint.structure import CheckpointError, check_structure


def slim_checkpoint(content: Any, source: str = 'the checkpoint') -> dict[str, dict]:
    """Keeps of a training's checkpoint what a prediction needs, in half the size.

    Args:
        content: What MMEngine saves: weights, optimizer, schedules, histories.
        source: Its name, for the message.

    Returns:
        ``state_dict``, with kernels and matrices in half precision and vectors (biases, batch norms and their
        statistics) as they were, and ``meta`` with the data set's names and tasks alone.

    Raises:
        CheckpointError: It holds no weights, others than a network can work with, or a value that half precision
            cannot hold.
    """
    state_dict = content.get('state_dict') if isinstance(content, Mapping) else None
    if state_dict is None or (isinstance(state_dict, Mapping) and not state_dict):
        raise CheckpointError(f'{source} holds no state_dict; give a checkpoint that a training saved')
    check_structure(content, source)
    if other := [name for name, value in state_dict.items() if not isinstance(value, Tensor)]:
        raise CheckpointError(f'{source} has other things than tensors in its state_dict: {", ".join(other[:3])}')
    halved = {name: tensor.half() if takes_half(tensor) else tensor for name, tensor in state_dict.items()}
    if lost := [name for name, tensor in halved.items() if not torch.equal(tensor.isinf(), state_dict[name].isinf())]:
        raise CheckpointError(f'{source}: half precision cannot hold {", ".join(lost)}; the training has diverged')
    meta = content.get('meta') or {}
    return dict(meta={key: meta[key] for key in ('dataset_meta', 'epoch') if key in meta}, state_dict=halved)


def takes_half(tensor: Tensor) -> bool:
    """Whether a tensor is a kernel or a matrix, which make up nearly all of a network's size."""
    return tensor.is_floating_point() and tensor.dim() > 1
