import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mmengine.runner import load_state_dict
from torch import Tensor, nn
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present

from .structure import CheckpointError

MINIMUM = 0.9
"""Share of a module's tensors that a checkpoint must have."""
UNCOUNTED = 'num_batches_tracked'  # missing in old checkpoints, and of no effect on results


@dataclass(frozen=True)
class Match:
    """How well the tensors of a checkpoint fit a module.

    Attributes:
        total: Number of the module's tensors.
        missing: Names of tensors that the checkpoint lacks.
        mismatched: Names of tensors that have another shape in the checkpoint.
        unexpected: Names of tensors that only the checkpoint has.
    """

    total: int
    missing: tuple[str, ...]
    mismatched: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def matched(self) -> int:
        """Number of the module's tensors that were loaded."""
        return self.total - len(self.missing) - len(self.mismatched)

    def __str__(self) -> str:
        counts = [f'{self.matched} of {self.total} tensors matched']
        counts += [
            f'{len(names)} {kind} ({", ".join(names[:3])}{", ..." if len(names) > 3 else ""})'
            for kind, names in (
                ('missing', self.missing),
                ('of another shape', self.mismatched),
                ('unexpected', self.unexpected),
            )
            if names
        ]
        return ', '.join(counts)


@contextmanager
def matching_required(module: nn.Module, source: str = 'the checkpoint', minimum: float = MINIMUM) -> Iterator[None]:
    """Within this context, checks that whatever is loaded into a module fits it, whichever function loads it.

    Args:
        module: The module; it may be a part of the model that is loaded.
        source: Name of the checkpoint, for the message.
        minimum: Share of the module's tensors that must match.

    Raises:
        CheckpointError: Fewer match, a tensor holds another kind of numbers (such as integers for a weight), or
            nothing is loaded at all.
    """
    own = module.state_dict()
    total = sum(not name.endswith(UNCOUNTED) for name in own)
    loads = []

    def check_kinds(state_dict: Mapping, prefix: str, metadata: Any, strict: bool, *outcomes: list[str]) -> None:
        loads.append((prefix, *outcomes))  # the loading function fills these lists later
        loaded = {name: state_dict[prefix + name] for name in own if prefix + name in state_dict}
        if other := [name for name, value in loaded.items() if number_kind(value) != number_kind(own[name])]:
            raise CheckpointError(
                f'{source} has {number_kind(loaded[other[0]])} as {other[0]}, but {type(module).__name__} takes '
                f'{number_kind(own[other[0]])} there ({len(other)} such tensors). Give a checkpoint of the same network'
            )

    def check_match(module: nn.Module, incompatible_keys: Any) -> None:
        match = summarize(total, *loads[-1])
        if match.matched < minimum * total:
            raise CheckpointError(
                f'{source} does not fit {type(module).__name__}: {match}; at least {minimum:.0%} must match. '
                'Give a checkpoint of the same network, or none'
            )

    handles = [
        module._register_load_state_dict_pre_hook(check_kinds),
        module.register_load_state_dict_post_hook(check_match),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
    if not loads:
        raise CheckpointError(
            f'Nothing of {source} was loaded into {type(module).__name__}, which ignores it. Remove it from the config'
        )


def number_kind(value: Any) -> str:
    """Returns the kind of numbers that a tensor holds, in which tensors must agree."""
    if not isinstance(value, Tensor):
        return 'no tensor'
    kinds = {'complex numbers': value.is_complex(), 'real numbers': value.is_floating_point()}
    return next((kind for kind, holds in kinds.items() if holds), 'whole numbers')


def summarize(total: int, prefix: str, missing: list[str], unexpected: list[str], errors: list[str]) -> Match:
    """Returns how tensors with a prefix matched, from the lists that a loading function filled."""
    mismatched = re.findall(r'(?:size mismatch for |parameter named ")([\w.]+)', '\n'.join(errors))
    own = [
        tuple(name for name in names if name.startswith(prefix) and not name.endswith(UNCOUNTED))
        for names in (missing, mismatched, unexpected)
    ]
    return Match(total, *own)


def load_matching(
    model: nn.Module, checkpoint: Mapping, minimum: float = MINIMUM, source: str = 'the checkpoint'
) -> None:
    """Loads a checkpoint's tensors into a model, and checks that they fit.

    Args:
        model: The model.
        checkpoint: Tensors by name, or a dict that has them as ``state_dict``. A leading ``module.`` is dropped.
        minimum: Share of the model's tensors that must match.
        source: Name of the checkpoint, for the message.

    Raises:
        CheckpointError: Fewer match, or the checkpoint has no tensors by name.
    """
    tensors = checkpoint.get('state_dict', checkpoint) if isinstance(checkpoint, Mapping) else None
    if not isinstance(tensors, Mapping):
        raise CheckpointError(f'{source} holds no dict of tensors; give one that MMEngine or torch saved')
    tensors = {str(name): tensor for name, tensor in tensors.items()}
    consume_prefix_in_state_dict_if_present(tensors, 'module.')
    with matching_required(model, source, minimum):
        load_state_dict(model, tensors)
