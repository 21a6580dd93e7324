"""Builds a trained network from its config and its checkpoint."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.engine.checkpoint import CheckpointError, load_checkpoint_file, load_matching
from mtcp_mm.tasks import Task, build_tasks
from mtcp_mm.tasks.class_map import class_names
from mtcp_mm.utils import UserError, is_pretrained

from .model_zoo import find_model

REMEDY = 'use the config that it was trained with; its work directory has a copy'


def find_network(
    config: str | Path | Config | None, checkpoint: str | Path | None
) -> tuple[str | Path | Config, str | Path]:
    """Returns the config and the checkpoint of the network that a user asks for; see :class:`MultiTaskInferencer`.

    Raises:
        UserError: A name is not known, or a config is given without a checkpoint.
    """
    if config is None or (isinstance(config, str) and not Path(config).suffix):
        model = find_model(config)
        return model.config, checkpoint or model.checkpoint
    if checkpoint is None:
        raise UserError(f'give a checkpoint for {getattr(config, "filename", config)}')
    return config, checkpoint


def build_network(cfg: Config, checkpoint: str | Path) -> nn.Module:
    """Builds a network and loads its checkpoint; nothing pretrained is downloaded.

    Raises:
        CheckpointError: The checkpoint lacks a part of the network, or was trained for other tasks or classes.
    """
    model = revert_sync_batchnorm(MODELS.build(without_pretrained(cfg.model)))
    content = load_checkpoint_file(checkpoint)
    tasks = build_tasks(cfg.model.tasks)  # the auxiliary ones too, which the network itself does not predict
    check_tasks(content, list(tasks), str(checkpoint))
    check_classes(content, tasks.values(), str(checkpoint))
    load_matching(model, content, minimum=1.0, source=str(checkpoint))
    return model


def check_tasks(content: Mapping, tasks: Sequence[str], source: str) -> None:
    """Checks that a checkpoint was trained for the network's tasks, if it names any.

    Args:
        content: The checkpoint, as :func:`load_checkpoint_file` returns it.
        tasks: Names of the network's tasks.
        source: Name of the checkpoint, for the message.

    Raises:
        CheckpointError: It was trained for others; the message names both.
    """
    trained = trained_tasks(content)
    if trained and trained.keys() != set(tasks):
        raise CheckpointError(
            f'{source} was trained for the tasks {", ".join(trained)}, but the config has {", ".join(tasks)}; {REMEDY}'
        )


def check_classes(content: Mapping, tasks: Iterable[Task], source: str) -> None:
    """Checks that a checkpoint was trained for the classes of the network's tasks, if it names any.

    Raises:
        CheckpointError: It was trained for others, or in another order; the message names both.
    """
    trained = trained_tasks(content)
    for task in tasks:
        classes = trained.get(task.name, {}).get('classes')
        if classes is not None and (known := tuple(map(str, class_names(classes)))) != task.classes:
            raise CheckpointError(
                f'{source} was trained for the classes {", ".join(known)} of task "{task.name}", but the config has '
                f'{", ".join(task.classes)}; {REMEDY}'
            )


def trained_tasks(content: Mapping) -> dict[str, Mapping]:
    """Returns the entries of the task list that a training saved, by name."""
    return {task['name']: task for task in ((content.get('meta') or {}).get('dataset_meta') or {}).get('tasks', ())}


def check_device(name: str) -> torch.device:
    """Returns a device that works.

    Raises:
        UserError: It does not work.
    """
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise UserError(f'device "{name}" cannot be used ({error}); choose another, such as cpu') from error


def without_pretrained(cfg: dict) -> dict:
    """Returns a model config without its references to pretrained weights, which the checkpoint replaces."""
    kept = {}
    for key, value in cfg.items():
        if key == 'pretrained':
            value = None
        elif isinstance(value, dict):
            if key == 'init_cfg' and is_pretrained(value):
                continue
            value = without_pretrained(value)
        elif isinstance(value, list | tuple):
            items = [item for item in value if key != 'init_cfg' or not is_pretrained(item)]
            value = type(value)(without_pretrained(item) if isinstance(item, dict) else item for item in items)
        kept[key] = value
    return kept
