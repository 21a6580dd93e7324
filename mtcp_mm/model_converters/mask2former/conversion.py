from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import torch
from torch import Tensor

from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.engine.checkpoint.loading import first_line
from mtcp_mm.engine.checkpoint.matching import MINIMUM
from mtcp_mm.utils import UserError, atomic_write

from .family import NO_PLACE, Family, Place, Skip
from .huggingface import HUGGING_FACE
from .names import backbone_names
from .openmmlab import MMDETECTION, MMSEGMENTATION
from .reading import read_tensors
from .sizes import Sizes, measure, window_of

FAMILIES = (MMSEGMENTATION, MMDETECTION, HUGGING_FACE)
PREFIX = 'backbone.'
INDEX, TABLE = 'relative_position_index', 'relative_position_bias_table'


@dataclass(frozen=True)
class Conversion:
    """A checkpoint with the names of ``Mask2FormerBackbone``, and what happened to each tensor.

    Attributes:
        family: Name of the project of origin.
        tensors: The converted tensors, by name in the backbone.
        sizes: The backbone's sizes.
        used: Name in the backbone of each tensor that was used, by its name in the source.
        skipped: Reason for each tensor that was not used, by its name in the source.
        computed: Names in the backbone of buffers that follow from the sizes.
        missing: Names in the backbone of tensors that the source lacks.
    """

    family: str
    tensors: dict[str, Tensor]
    sizes: Sizes
    used: dict[str, str]
    skipped: dict[str, str]
    computed: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def total(self) -> int:
        """Number of tensors in the backbone."""
        return len(self.tensors) + len(self.missing)


def convert_checkpoint(src: str | Path, out: str | Path) -> Conversion:
    """Converts a Mask2Former checkpoint into one for ``load_from`` in this project's configs.

    Args:
        src: The checkpoint; see :func:`read_tensors`.
        out: A new file, written whole or not at all.

    Raises:
        CheckpointError: It cannot be read, is not of Mask2Former, or has less than nine tenths of the backbone's
            tensors.
        MissingFileError: The checkpoint does not exist.
        UserError: ``out`` exists already.
        UnwritableError: ``out`` cannot be written.
        MissingPackageError: The checkpoint needs ``safetensors``, which is not installed.
    """
    src, out = Path(src).expanduser(), Path(out).expanduser()
    if out.exists():
        raise UserError(f'{out} exists already; give the name of a new file')
    tensors = read_tensors(src)
    family = recognize(tensors, src)
    try:
        conversion = convert(tensors, family)
    except KeyError as error:
        raise CheckpointError(f'{src} is not a complete Mask2Former: {error.args[0]} is missing') from error
    except (ArithmeticError, IndexError, RuntimeError, TypeError, ValueError) as error:
        raise CheckpointError(f'{src} has tensors of unlikely names or shapes ({first_line(error)})') from error
    if len(conversion.tensors) < MINIMUM * conversion.total:
        raise CheckpointError(
            f'{src} has {len(conversion.tensors)} of the {conversion.total} tensors of the backbone; '
            f'{conversion.missing[0]} is the first that is missing. Give a checkpoint of a complete Mask2Former'
        )
    write_checkpoint(conversion, out)
    return conversion


def recognize(tensors: Mapping[str, Tensor], source: str | Path) -> Family:
    """Recognizes the project that a checkpoint comes from.

    Args:
        tensors: Its tensors, by name.
        source: Its name for the message.

    Raises:
        CheckpointError: The project is unknown.
    """
    for family in FAMILIES:
        if any(name.removeprefix('model.') == family.signature for name in tensors):
            return family
    raise CheckpointError(
        f'{source} is not a Mask2Former checkpoint of {", ".join(family.name for family in FAMILIES[:-1])} or '
        f'{FAMILIES[-1].name}: it has none of {", ".join(family.signature for family in FAMILIES)}'
    )


def convert(tensors: Mapping[str, Tensor], family: Family) -> Conversion:
    """Converts the names in a checkpoint to those of ``Mask2FormerBackbone``.

    Args:
        tensors: Its tensors, by name.
        family: The project that it comes from.

    Raises:
        KeyError: A tensor that determines the sizes is missing.
        RuntimeError, ValueError: The name or the shape of a tensor is impossible.
    """
    places = {name: family.place(name) for name in tensors}
    renamed = join(tensors, {name: place for name, place in places.items() if isinstance(place, Place)})
    computed = position_indices(renamed)
    renamed |= computed
    sizes = measure(renamed)
    wanted = list(backbone_names(sizes))
    if sizes.swin is None:
        wanted += [name for name in renamed if name.startswith('encoder.')]
    converted = {name: renamed[name] for name in wanted if name in renamed}
    used = {name: place.name for name, place in places.items() if isinstance(place, Place) and place.name in converted}
    return Conversion(
        family=family.name,
        tensors=converted,
        sizes=sizes,
        used=used,
        skipped={name: skip_reason(place, wanted) for name, place in places.items() if name not in used},
        computed=tuple(computed),
        missing=tuple(name for name in wanted if name not in renamed),
    )


def join(tensors: Mapping[str, Tensor], places: Mapping[str, Place]) -> dict[str, Tensor]:
    """Renames tensors and joins query, key and value. A tensor that lacks one of these thirds is left out."""
    pieces: dict[str, dict[int | None, Tensor]] = {}
    for name, place in places.items():
        pieces.setdefault(place.name, {})[place.third] = place.order(tensors[name])
    joined = {}
    for name, parts in pieces.items():
        if None in parts:
            joined[name] = parts[None]
        elif len(parts) == 3:
            joined[name] = torch.cat([parts[third] for third in range(3)])
    return joined


def skip_reason(place: Place | Skip, wanted: Collection[str]) -> str:
    """Returns the reason why a tensor is not used."""
    if isinstance(place, Skip):
        return place.reason
    return 'query, key or value is missing' if place.name in wanted else NO_PLACE.reason


def position_indices(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Computes the relative position indices of Swin's windows that are missing, by name."""
    indices = {name.replace(TABLE, INDEX): table for name, table in tensors.items() if name.endswith(TABLE)}
    windows = {name: window_of(table) for name, table in indices.items() if name not in tensors}
    made = {window: position_index(window) for window in {*windows.values()}}
    return {name: made[window] for name, window in windows.items()}


def position_index(window: int) -> Tensor:
    """Returns the index in the bias table for each pair of positions in a window (Swin, section 3.2), (N, N), N = w^2.

    The table is sorted by the difference of rows, then by that of columns, both from 1 - w to w - 1.
    """
    positions = torch.cartesian_prod(torch.arange(window), torch.arange(window))
    difference = positions[:, None] - positions[None] + window - 1
    return difference[..., 0] * (2 * window - 1) + difference[..., 1]


def write_checkpoint(conversion: Conversion, out: Path) -> None:
    """Writes a converted checkpoint, with the names that the tensors have in the whole network."""
    state = {f'{PREFIX}{name}': tensor for name, tensor in conversion.tensors.items()}
    content = BytesIO()
    torch.save(dict(meta=dict(converted_from=conversion.family), state_dict=state), content)
    atomic_write(out, content.getbuffer())
