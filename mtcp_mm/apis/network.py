"""Builds a trained network from its config and its checkpoint, or from an exported file."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.engine.checkpoint import CheckpointError, load_checkpoint_file, load_matching
from mtcp_mm.engine.config import read_config
from mtcp_mm.engine.sharing import share_settings
from mtcp_mm.tasks import Task, build_tasks
from mtcp_mm.tasks.class_map import class_names
from mtcp_mm.utils import UserError, is_pretrained

from .exported import exported_config, exported_model, is_exported
from .model_zoo import find_model

REMEDY = 'use the config that it was trained with; its work directory has a copy'


def find_network(
    config: str | Path | Config | None, checkpoint: str | Path | None
) -> tuple[str | Path | Config, str | Path]:
    """Returns the config and the checkpoint of the network that a user asks for; see :class:`MultiTaskInferencer`.

    Raises:
        UserError: A name is not known, or a config is given without a checkpoint.
    """
    if is_named(config):
        model = find_model(config)
        return model.config, checkpoint or model.checkpoint
    if checkpoint is None:
        raise UserError(f'give a checkpoint for {getattr(config, "filename", config)}')
    return config, checkpoint


def is_named(config: str | Path | Config | None) -> bool:
    """Whether a config is the name of a network in the zoo, or none at all."""
    return config is None or (isinstance(config, str) and not Path(config).suffix)


def open_network(
    config: str | Path | Config | None, checkpoint: str | Path | None, engine: str
) -> tuple[nn.Module, Config]:
    """Builds the network that a user asks for; see :class:`MultiTaskInferencer`.

    Returns:
        The network, and the config with its test pipeline. An exported file needs no config: without one, images are
        resized to the size that it takes.

    Raises:
        UserError: See :class:`MultiTaskInferencer`.
    """
    if exported := is_exported(checkpoint):
        config = exported_config(checkpoint, engine) if is_named(config) else config
    else:
        config, checkpoint = find_network(config, checkpoint)
    cfg = copy.deepcopy(config) if isinstance(config, Config) else read_config(config)
    share_settings(cfg)
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    if exported:
        set_weights(cfg, checkpoint, engine)
    return MODELS.build(cfg.model) if exported else build_network(cfg, checkpoint), cfg


def set_weights(cfg: Config, checkpoint: str | Path, engine: str) -> None:
    """Makes a config for testing use a checkpoint, or an exported network in place of its model.

    Args:
        cfg: The config, changed in place.
        checkpoint: Checkpoint file or exported network.
        engine: What runs an exported network.

    Raises:
        UserError: The exported network cannot be read, or several processes would run it.
    """
    if not is_exported(checkpoint):
        cfg.load_from = str(checkpoint)
        return
    if cfg.get('launcher', 'none') != 'none':
        raise UserError(f'{checkpoint} is an exported network, which one process runs; leave out --launcher')
    cfg.model = exported_model(checkpoint, engine, cfg.model)
    cfg.load_from = None


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
