"""Checks of the structure of a checkpoint."""

from collections.abc import Iterator, Mapping
from math import inf, isfinite
from typing import Any

import torch
from mmengine.logging import HistoryBuffer
from torch import Tensor

from mtcp_mm.utils import UserError

from .stand_ins import describe_value, is_count
from .unpickling import DIMENSIONS

MAX_LEVELS = 64
"""Maximum depth of nested containers."""
MAX_VALUES = 2**24
"""Maximum number of values in containers; a value in several places counts each time."""
WEIGHTS = ('state_dict', 'ema_state_dict')


class CheckpointError(UserError):
    """A checkpoint is damaged, unsafe or belongs to another network."""


def check_structure(content: Any, source: Any) -> None:
    """Checks that what a file holds has the form of a checkpoint, with weights that a network can use.

    Weights are dense tensors of finite numbers by name; only an attention mask may hold minus infinities, beside zeros.
    Other things may stand among them, as in checkpoints of other projects. ``meta``, if there is one, is a dict with a
    valid ``epoch``, ``iter`` and ``dataset_meta``.

    Args:
        content: What the file holds.
        source: Name of the file, for the message.

    Raises:
        CheckpointError: It does not; the message says where.
    """
    raise_first(structure_faults(content), source)


def check_training(content: Mapping, source: Any) -> None:
    """Checks that a checkpoint has all that resuming a training needs.

    Args:
        content: What passed :func:`check_structure`.
        source: Name of the file, for the message.

    Raises:
        CheckpointError: Something is missing, or of the wrong type.
    """
    raise_first(training_faults(content), source)


def raise_first(faults: Iterator[str], source: Any) -> None:
    """Raises the first fault, if any. Later checks are not run."""
    if fault := next(faults, None):
        raise CheckpointError(f'{source} {fault}. Give another checkpoint')


def structure_faults(content: Any) -> Iterator[str]:
    """Yields faults. Each check relies on the earlier ones, so ask for the first fault only."""
    depth, parts = measure_nesting(content, {})
    if depth > MAX_LEVELS or parts > MAX_VALUES:
        yield f'is nested too deeply, more than {MAX_LEVELS} levels or {MAX_VALUES} values'
    if not isinstance(content, Mapping):
        yield f'holds no dict of tensors, but {describe_value(content)}'
    if 'state_dict' not in content:
        yield from weights_faults({name: value for name, value in content.items() if isinstance(value, Tensor)})
    for key in WEIGHTS:
        if key in content:
            yield from weights_faults(content[key], key)
    meta = content.get('meta')
    if meta is None or isinstance(meta, Tensor):  # the latter in a plain dict of tensors
        return
    if not isinstance(meta, Mapping):
        yield f'has {describe_value(meta)} as meta, not a dict'
    for key in ('epoch', 'iter'):
        if not is_count(meta.get(key, 0)):
            yield f'has {describe_value(meta[key])} as meta.{key}, not a non-negative integer'
    dataset = meta.get('dataset_meta')
    if not isinstance(dataset, Mapping | None):
        yield f'has {describe_value(dataset)} as meta.dataset_meta, not a dict'
    tasks = (dataset or {}).get('tasks', ())
    if not (is_list_of_dicts(tasks) and all(isinstance(task.get('name'), str) for task in tasks)):
        yield 'has meta.dataset_meta.tasks that are not a list of dicts with names'


def weights_faults(weights: Any, key: str = 'the file') -> Iterator[str]:
    """Yields the faults of named tensors."""
    if not isinstance(weights, Mapping):
        yield f'holds no dict of tensors as {key}, but {describe_value(weights)}'
    versions = getattr(weights, '_metadata', {})
    if not (isinstance(versions, Mapping) and all(isinstance(entry, Mapping) for entry in versions.values())):
        yield f'has {key}._metadata that are not a dict of dicts'
    if not all(is_count(entry.get('version') or 0) for entry in versions.values()):
        yield f'has a version in {key}._metadata that is not a non-negative integer'
    for name, tensor in weights.items():
        if not isinstance(name, str):
            yield f'has {describe_value(name)} as a name in {key}, not a string'
        if not isinstance(tensor, Tensor):
            continue
        if tensor.layout is not torch.strided or tensor.is_meta or tensor.is_quantized or tensor.is_nested:
            yield f'has a tensor as {name} of {key} that is not dense (sparse, quantized, or without values)'
        if tensor.dim() > DIMENSIONS:
            yield f'has a tensor of {tensor.dim()} dimensions as {name} of {key}; {DIMENSIONS} are the maximum'
        if not (tensor.dtype.itemsize > 1 or tensor.dtype in (torch.bool, torch.uint8, torch.int8)):
            yield f'has a tensor of {tensor.dtype} as {name} of {key}; at least 16 bits are needed'
    tensors = {name: tensor for name, tensor in weights.items() if isinstance(tensor, Tensor)}
    if weights and not tensors:
        yield f'has no tensor in {key}, but {describe_value(next(iter(weights.values())))}'
    broken = [name for name, tensor in tensors.items() if not is_finite(tensor)]
    if broken:
        listed = ', '.join(broken[:3]) + (', ...' if len(broken) > 3 else '')
        yield f'has values that are not finite in {len(broken)} tensors ({listed}): its training has diverged'


def is_finite(tensor: Tensor) -> bool:
    """Returns whether all values are finite, or zeros and minus infinities, as in an attention mask."""
    if not (tensor.is_floating_point() or tensor.is_complex()) or bool(tensor.isfinite().all()):
        return True
    zero, masked = tensor == 0, tensor == -torch.inf
    return bool((zero | masked).all() and zero.any())


def training_faults(content: Mapping) -> Iterator[str]:
    """Yields the faults of a training's state; see :func:`structure_faults`."""
    if missing := sorted(key for key in ('meta', 'state_dict', 'message_hub') if content.get(key) is None):
        yield f'holds weights only, and lacks {", ".join(missing)}'
    hub = content['message_hub']
    if not (isinstance(hub, Mapping) and all(isinstance(part, Mapping) for part in hub.values())):
        yield f'has {describe_value(hub)} as message_hub, not a dict of dicts'
    if not all(isinstance(scalar, HistoryBuffer) for scalar in hub.get('log_scalars', {}).values()):
        yield 'has other things than histories in message_hub.log_scalars'
    info = hub.get('runtime_info', {})
    kept = info.get('keep_ckpt_ids', [])
    if not (isinstance(kept, list) and all(map(is_count, kept))):
        yield 'has other things than numbers as message_hub.runtime_info.keep_ckpt_ids'
    if not all(isinstance(info[key], str | None) for key in info if str(key).startswith(('best_ckpt', 'last_ckpt'))):
        yield 'has other things than names of files as the last or the best checkpoint in message_hub.runtime_info'
    optimizer = content.get('optimizer', {})
    if not is_optimizer(optimizer):
        yield 'has no state of an optimizer as optimizer'
    if broken := next(find_non_finite(optimizer, 'optimizer'), None):
        yield f'has values that are not finite in {broken}: its training has diverged'
    schedulers = content.get('param_schedulers', [])
    lists = schedulers.values() if isinstance(schedulers, Mapping) else [schedulers]
    if not all(map(is_list_of_dicts, lists)):
        yield 'has other things than states of schedulers as param_schedulers'


def is_optimizer(state: Any) -> bool:
    """Returns whether a value is the state of an optimizer, or of several by name."""
    if not isinstance(state, Mapping):
        return False
    if 'param_groups' not in state:
        return all(isinstance(part, Mapping) and 'param_groups' in part for part in state.values()) and all(
            map(is_optimizer, state.values())
        )
    slots, groups = state.get('state'), state['param_groups']
    return (
        isinstance(slots, Mapping)
        and all(isinstance(slot, Mapping) for slot in slots.values())
        and is_list_of_dicts(groups)
        and all(isinstance(group.get('params'), list) for group in groups)
        and all(isinstance(group.get('lr', 0.0), int | float | Tensor) for group in groups)
    )


def find_non_finite(value: Any, place: str) -> Iterator[str]:
    """Yields the places of tensors and numbers in containers that are not finite."""
    if isinstance(value, Mapping | list | tuple):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, part in items:
            yield from find_non_finite(part, f'{place}.{key}')
    elif (isinstance(value, float) and not isfinite(value)) or (isinstance(value, Tensor) and not is_finite(value)):
        yield place


def measure_nesting(value: Any, seen: dict[int, tuple[float, float]], depth: int = 0) -> tuple[float, float]:
    """Returns the depth of nested containers, and the number of their values; infinite for a cycle.

    Args:
        value: The outermost container.
        seen: Results so far, by identity.
        depth: Number of levels above the value.
    """
    if not isinstance(value, Mapping | list | tuple | set):
        return 0, 1
    if depth > MAX_LEVELS:
        return inf, inf
    if id(value) not in seen:
        seen[id(value)] = inf, inf  # until its parts are measured: a part that contains it makes a cycle
        parts = [*value.keys(), *value.values()] if isinstance(value, Mapping) else value
        depths, counts = zip((0, 0), *(measure_nesting(part, seen, depth + 1) for part in parts), strict=True)
        seen[id(value)] = 1 + max(depths), 1 + sum(counts)
    return seen[id(value)]


def is_list_of_dicts(value: Any) -> bool:
    """Returns whether a value is a list of dicts."""
    return isinstance(value, list | tuple) and all(isinstance(part, Mapping) for part in value)
