import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from torch import Tensor

from mtcp_mm.engine.checkpoint import CheckpointError, check_structure, load_checkpoint_file
from mtcp_mm.utils import MissingFileError, MissingPackageError

FILES = (
    'model.safetensors',
    'model.safetensors.index.json',
    'pytorch_model.bin',
    'pytorch_model.bin.index.json',
)
"""The files of a Hugging Face folder, in order of preference."""


def read_tensors(src: str | Path) -> dict[str, Tensor]:
    """Reads a checkpoint's tensors by name, without running code from it.

    Args:
        src: A ``.pth`` or ``.bin`` that torch saved, a ``.safetensors``, the ``.index.json`` of several of these, or a
            folder with one of ``FILES``.

    Raises:
        MissingFileError: The checkpoint does not exist.
        CheckpointError: It cannot be read, is damaged or might run code, or an index leads out of its folder.
        MissingPackageError: It needs ``safetensors``, which is not installed.
    """
    path = Path(src).expanduser()
    if path.is_dir():
        path = file_in(path)
    return read_shards(path) if path.suffix == '.json' else read_file(path)


def file_in(folder: Path) -> Path:
    """Returns the checkpoint's file in a folder."""
    for name in FILES:
        if (folder / name).is_file():
            return folder / name
    raise MissingFileError(f'The folder {folder} has none of {", ".join(FILES)}; give the file itself')


def read_file(path: Path) -> dict[str, Tensor]:
    """Reads one file of tensors."""
    content = read_safetensors(path) if path.suffix == '.safetensors' else load_checkpoint_file(path)
    tensors = content.get('state_dict', content) if isinstance(content, Mapping) else None
    if not isinstance(tensors, Mapping):
        raise CheckpointError(f'{path} holds no dict of tensors; give a checkpoint of a complete network')
    named = {str(name).removeprefix('module.'): tensor for name, tensor in tensors.items()}
    return {name: tensor for name, tensor in named.items() if isinstance(tensor, Tensor)}


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Reads a ``.safetensors`` file."""
    try:
        from safetensors.torch import load_file
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            f'{path} needs safetensors, which is not installed; run: pip install safetensors'
        ) from error
    if not path.is_file():
        raise MissingFileError(f'There is no checkpoint file {path}; correct the path')
    try:
        tensors = load_file(path)
    except Exception as error:  # safetensors' own errors, and those of reading
        raise CheckpointError(f'{path} cannot be read ({error}) and may be damaged. Fetch it again') from error
    check_structure(tensors, path)
    return tensors


def read_shards(index: Path) -> dict[str, Tensor]:
    """Reads all files that an index names, from its folder."""
    shards = read_index(index)
    tensors: dict[str, Tensor] = {}
    for name in dict.fromkeys(shards.values()):
        tensors |= read_file(index.parent / name)
    missing = [name for name in shards if name not in tensors]
    if missing:
        raise CheckpointError(
            f'{index} lists {len(missing)} tensors that its files lack ({missing[0]}, ...). Fetch all of them again'
        )
    return tensors


def read_index(index: Path) -> dict[str, str]:
    """Returns the file of each tensor.

    Raises:
        MissingFileError: The index does not exist.
        CheckpointError: It is not an index, or names a file outside its folder.
    """
    if not index.is_file():
        raise MissingFileError(f'There is no index {index}; correct the path')
    try:
        content: Any = json.loads(index.read_text(encoding='utf-8'))
    except (ValueError, RecursionError) as error:  # the latter if it is nested too deeply
        raise CheckpointError(f'{index} is not JSON ({error}) and may be damaged. Fetch it again') from error
    shards = content.get('weight_map') if isinstance(content, dict) else None
    if not isinstance(shards, dict) or not shards:
        raise CheckpointError(f'{index} is not an index of a checkpoint: it has no "weight_map"')
    for name in shards.values():
        if not is_plain(name):
            raise CheckpointError(f'{index} is refused: {name!r} is not a file of tensors in its folder')
    return shards


def is_plain(name: Any) -> bool:
    """Whether a name is that of a file of tensors in the same folder, on any system."""
    return (
        isinstance(name, str)
        and name == PurePosixPath(name).name == PureWindowsPath(name).name
        and PurePosixPath(name).suffix in ('.safetensors', '.bin')
    )
