"""The trained networks that come with the package, by name (``mtcp_mm/zoo``)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.utils import MissingFileError, UserError

PACKAGE = Path(__file__).parents[1]
ZOO = PACKAGE / 'zoo'
DEFAULT = 'mtcp_nyud_small'
"""The network that is used by default."""


@dataclass(frozen=True)
class ZooModel:
    """A trained network.

    Args:
        config: Its config file.
        checkpoint: Its checkpoint file.
        sha256: Checksum of the checkpoint, in hexadecimal digits.
    """

    config: Path
    checkpoint: Path
    sha256: str


def read_zoo(folder: Path = ZOO) -> dict[str, ZooModel]:
    """Reads the metafiles (``<name>.yml``) in a folder, one for each network."""
    models = {}
    for path in sorted(folder.glob('*.yml')):
        metafile = yaml.safe_load(path.read_text(encoding='utf-8'))
        models[path.stem] = ZooModel(find_root() / metafile['Config'], folder / metafile['Weights'], metafile['SHA256'])
    return models


def find_root(package: Path = PACKAGE) -> Path:
    """Returns the folder that holds ``configs``: ``.mim`` of an installed package, or the root of the sources."""
    mim = package / '.mim'
    return mim if mim.is_dir() else package.parent


def find_model(name: str | None = None, models: Mapping[str, ZooModel] | None = None) -> ZooModel:
    """Finds a network by name and verifies its checkpoint.

    Args:
        name: Its name, by default :data:`DEFAULT`.
        models: The networks by name, by default those that come with the package.

    Raises:
        UserError: There is no such network.
        MissingFileError: Its config or its checkpoint is missing.
        CheckpointError: Its checkpoint is damaged.
    """
    models = read_zoo() if models is None else models
    name = name or DEFAULT
    if name not in models:
        known = f'use one of {", ".join(models)}, or give' if models else 'none comes with this version; give'
        raise UserError(f'model "{name}" is not known; {known} a config and its checkpoint')
    model = models[name]
    for path in (model.config, model.checkpoint):
        if not path.is_file():
            raise MissingFileError(f'{path}: there is no such file; install the package again')
    if hashlib.sha256(model.checkpoint.read_bytes()).hexdigest() != model.sha256:
        raise CheckpointError(f'{model.checkpoint}: its checksum is wrong, so it is damaged; install the package again')
    return model
