"""Building what a benchmark measures."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS, OPTIM_WRAPPERS
from torch import nn

from mtcp_mm.apis.export import find_shape
from mtcp_mm.apis.network import without_pretrained
from mtcp_mm.engine.config_parts import require_model
from mtcp_mm.engine.optim_wrapper import BF16OptimWrapper
from mtcp_mm.utils import ConfigError, resolve_type

from .forms import CONFIGURED, Form
from .parts import find_parts
from .runs import Inference, Run, TrainingStep
from .settings import Settings
from .synthetic import find_tasks, make_batch

AMP = {torch.bfloat16: dict(type='BF16OptimWrapper'), torch.float16: dict(type='AmpOptimWrapper', dtype='float16')}
"""Optimizer wrappers of the lower precisions."""


@dataclass(frozen=True)
class Subject:
    """One form of a config's network, ready to run.

    Attributes:
        name: The config's name, and that of the form.
        network: The network.
        parts: Its modules by the name of their part.
        batch_size: Number of images in a run.
        size: Their size (H, W).
        run: One inference or training step.
    """

    name: str
    network: nn.Module
    parts: dict[nn.Module, str]
    batch_size: int
    size: tuple[int, int]
    run: Run


def build_subjects(name: str, cfg: Config, settings: Settings, forms: Sequence[Form] = (CONFIGURED,)) -> list[Subject]:
    """Builds a config's network in several forms with random weights.

    Args:
        name: Name of the config.
        cfg: The config.
        settings: What the benchmark is run with.
        forms: The forms.

    Raises:
        ConfigError: The config has no model, or none of the other parts that are needed.
    """
    require_model(cfg)
    size, batch_size = image_size(cfg, settings), find_batch_size(cfg, settings)
    network = build_initialized(cfg).to(settings.device)
    subjects = []
    for form in forms:
        changed = form.applied(network)
        subjects.append(
            Subject(
                name=f'{name} ({form.name})' if form.name else name,
                network=changed,
                parts=find_parts(changed),
                batch_size=batch_size,
                size=size,
                run=make_run(changed, cfg, settings, form, batch_size, size),
            )
        )
    return subjects


def image_size(cfg: Config, settings: Settings) -> tuple[int, int]:
    """Returns the size (H, W) of the images: what is not set is that of the config's test images."""
    if settings.height and settings.width:
        return settings.height, settings.width
    height, width = find_shape(cfg)
    return settings.height or height, settings.width or width


def find_batch_size(cfg: Config, settings: Settings) -> int:
    """Returns the number of images in a run."""
    default = (cfg.get('train_dataloader') or {}).get('batch_size', 1) if settings.train else 1
    return settings.batch_size or default


def build_initialized(cfg: Config) -> nn.Module:
    """Builds a config's network with its initial weights, without those that would be loaded."""
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    torch.manual_seed(0)
    network = revert_sync_batchnorm(MODELS.build(without_pretrained(cfg.model)))
    network.init_weights()
    return network


def make_run(
    network: nn.Module, cfg: Config, settings: Settings, form: Form, batch_size: int, size: tuple[int, int]
) -> Run:
    """Makes one inference or training step of a network."""
    if settings.train:
        data = make_batch(find_tasks(network), batch_size, size)
        return TrainingStep(network, data, build_optimizer(network, cfg, settings), form.context)
    data = make_batch({}, batch_size, size)
    images = network.data_preprocessor(dict(inputs=data['inputs']), False)['inputs']

    @contextmanager
    def context() -> Iterator[None]:
        with form.context(), settings.autocast():
            yield

    return Inference(network, images, context)


def build_optimizer(network: nn.Module, cfg: Config, settings: Settings) -> OptimWrapper:
    """Builds the optimizer of a config for a precision.

    Raises:
        ConfigError: The config has no optimizer, or one of a precision of its own.
    """
    wrapper = copy.deepcopy(cfg.get('optim_wrapper'))
    if not wrapper:
        raise ConfigError('the config has no optim_wrapper, so there is no training to measure')
    if settings.dtype in AMP:
        kind = resolve_type(dict(type=wrapper.get('type', OptimWrapper)), OPTIM_WRAPPERS)
        if kind not in (OptimWrapper, BF16OptimWrapper):
            raise ConfigError(f'the config has {kind.__name__}, a precision of its own; leave out --dtype')
        wrapper.update(AMP[settings.dtype])
    return build_optim_wrapper(network, wrapper)
