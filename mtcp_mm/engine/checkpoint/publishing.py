from collections.abc import Mapping
from typing import Any

from torch import Tensor

from .loading import CheckpointError


def slim_checkpoint(content: Any, source: str = 'the checkpoint') -> dict[str, dict]:
    """Keeps of a training's checkpoint what a prediction needs, in half the size.

    Args:
        content: What MMEngine saves: weights, optimizer, schedules, histories.
        source: Its name, for the message.

    Returns:
        ``state_dict``, with kernels and matrices in half precision and vectors (biases, batch norms and their
        statistics) as they were, and ``meta`` with the data set's names and tasks alone.

    Raises:
        CheckpointError: It holds no weights, or a value that half precision cannot hold.
    """
    state_dict = content.get('state_dict') if isinstance(content, Mapping) else None
    if not state_dict:
        raise CheckpointError(f'{source} holds no state_dict; give a checkpoint that a training saved')
    halved = {name: tensor.half() if takes_half(tensor) else tensor for name, tensor in state_dict.items()}
    if lost := [name for name, tensor in halved.items() if tensor.isinf().any()]:
        raise CheckpointError(f'{source}: half precision cannot hold {", ".join(lost)}; the training has diverged')
    meta = content.get('meta') or {}
    return dict(meta={key: meta[key] for key in ('dataset_meta', 'epoch') if key in meta}, state_dict=halved)


def takes_half(tensor: Tensor) -> bool:
    """Whether a tensor is a kernel or a matrix, which make up nearly all of a network's size."""
    return tensor.is_floating_point() and tensor.dim() > 1
