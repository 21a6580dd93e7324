"""Trained networks that are known by name."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mtcp_mm.engine.checkpoint import CheckpointError


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


MODELS: dict[str, ZooModel] = {}
"""The networks by name; the first is taken where none is named."""


def find_model(name: str | None = None, models: Mapping[str, ZooModel] = MODELS) -> ZooModel:
    """Looks up a network, the first one without a name, and verifies its checkpoint.

    Raises:
        ValueError: There is no such network.
        FileNotFoundError: Its checkpoint is not there.
        CheckpointError: Its checkpoint is not the file that it was.
    """
    if not models:
        asked = f'model "{name}"' if name else 'a model without a name'
        raise ValueError(f'{asked}: no trained network comes with this version; give a config and a checkpoint')
    if name is not None and name not in models:
        raise ValueError(f'model "{name}" is not known; use one of {", ".join(models)}, or give config and checkpoint')
    model = models[name or next(iter(models))]
    if not model.checkpoint.is_file():
        raise FileNotFoundError(f'{model.checkpoint}: there is no such file; install the package again')
    if hashlib.sha256(model.checkpoint.read_bytes()).hexdigest() != model.sha256:
        raise CheckpointError(f'{model.checkpoint}: its checksum is wrong, so it is damaged; install the package again')
    return model
