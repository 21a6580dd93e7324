from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from mtcp_mm.engine.checkpoint import CheckpointError, load_checkpoint_file


def slim_checkpoint(path: str | Path) -> dict[str, dict]:
    """Reads a training's checkpoint and keeps only what predictions need, at half the size.

    Args:
        path: A checkpoint that MMEngine saved, with weights, optimizer, schedules and histories.

    Returns:
        ``state_dict``, with kernels and matrices in half precision and vectors (biases, batch norms and their
        statistics) unchanged, and ``meta`` with only the epoch and the data set's names and tasks.

    Raises:
        MissingFileError: The file does not exist.
        CheckpointError: It holds no weights, or weights that no network can use or that half precision cannot hold.
    """
    content = load_checkpoint_file(path)
    state_dict = content.get('state_dict')
    if not state_dict:
        raise CheckpointError(f'{path} holds no state_dict; give a checkpoint that a training saved')
    if other := [name for name, value in state_dict.items() if not isinstance(value, Tensor)]:
        raise CheckpointError(f'{path} has other things than tensors in its state_dict: {", ".join(other[:3])}')
    halved = {name: tensor.half() if takes_half(tensor) else tensor for name, tensor in state_dict.items()}
    if lost := find_overflows(state_dict, halved):
        raise CheckpointError(f'{path}: half precision cannot hold {", ".join(lost)}; the training has diverged')
    meta = content.get('meta') or {}
    return dict(meta={key: meta[key] for key in ('dataset_meta', 'epoch') if key in meta}, state_dict=halved)


def takes_half(tensor: Tensor) -> bool:
    """Returns whether a tensor is a kernel or a matrix: these make up nearly all of a network's size."""
    return tensor.is_floating_point() and tensor.dim() > 1


def find_overflows(tensors: Mapping[str, Tensor], halved: Mapping[str, Tensor]) -> list[str]:
    """Returns the names of tensors with values that became infinite in half precision."""
    return [name for name, tensor in halved.items() if not torch.equal(tensor.isinf(), tensors[name].isinf())]
