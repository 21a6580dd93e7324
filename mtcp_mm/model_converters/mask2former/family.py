from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


def unchanged(tensor: Tensor) -> Tensor:
    """Returns a tensor as it is."""
    return tensor


@dataclass(frozen=True)
class Place:
    """The destination of a tensor.

    Attributes:
        name: Name in ``Mask2FormerBackbone``.
        third: Which third of that tensor it is along the first dimension (query, key, value); None for the whole.
        order: Reorders its elements as in the backbone.
    """

    name: str
    third: int | None = None
    order: Callable[[Tensor], Tensor] = unchanged


@dataclass(frozen=True)
class Skip:
    """The reason why a tensor is not used."""

    reason: str


CLASS_HEAD = Skip('class head, which the backbone does not have')
NO_PLACE = Skip('the backbone has no place for it')


@dataclass(frozen=True)
class Family:
    """A project whose Mask2Former checkpoints can be converted.

    Attributes:
        name: Name of the project.
        signature: Name of a tensor that identifies its checkpoints, after a leading ``model.``.
        place: Returns the destination of a tensor, by its name.
    """

    name: str
    signature: str
    place: Callable[[str], Place | Skip]
