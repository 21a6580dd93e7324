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
from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mtcp_mm.apis.export import find_shape
from mtcp_mm.apis.network import without_pretrained
from mtcp_mm.engine.config_parts import require_model
from mtcp_mm.engine.optim_wrapper import replace_wrapper
from mtcp_mm.utils import ConfigError, UserError

from .forms import CONFIGURED, Form, joined
from .parts import find_parts
from .runs import Inference, Run, TrainingStep
from .settings import Settings, first_line, is_out_of_memory
from .synthetic import find_tasks, make_batch

AMP = {torch.bfloat16: dict(type='BF16OptimWrapper'), torch.float16: dict(type='AmpOptimWrapper', dtype='float16')}
"""Optimizer wrappers of the lower precisions."""


@dataclass(frozen=True)
class Subject:
    """One form of a config's network, ready to run.

    Attributes:
        name: The config's name, and that of the form.
        form: The form.
        network: The network.
        images: Preprocessed images (B, 3, H, W).
        run: One inference or training step on such images.
        parts: The network's modules, with the names of their parts.
    """

    name: str
    form: Form
    network: nn.Module
    images: Tensor
    run: Run
    parts: dict[nn.Module, str]


def build_subjects(name: str, cfg: Config, settings: Settings, forms: Sequence[Form] = (CONFIGURED,)) -> list[Subject]:
    """Builds a config's network in several forms, with random weights.

    Args:
        name: Name of the config.
        cfg: The config.
        settings: What the benchmark is run with.
        forms: The forms.

    Raises:
        ConfigError: The config has no model, or no optimizer that can be measured.
        UserError: The network cannot take images of the size that was set.
    """
    require_model(cfg)
    size, batch_size = image_size(cfg, settings), find_batch_size(cfg, settings)
    network = build_initialized(cfg).to(settings.device)
    with size_errors(name, size, settings):
        settle_norms(network, make_images(network, 2, size))
    subjects = []
    for form in forms:
        changed = form.applied(network)
        images = make_images(changed, batch_size, size)
        if settings.train:
            data = make_batch(find_tasks(changed), batch_size, size)
            run = TrainingStep(changed, data, build_optimizer(changed, cfg, settings), form.context)
        else:
            run = Inference(changed, images, joined(form.context, settings.autocast))
        title = f'{name} ({form.name})' if form.name else name
        subjects.append(Subject(title, form, changed, images, run, find_parts(changed)))
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


def make_images(network: nn.Module, batch_size: int, size: tuple[int, int]) -> Tensor:
    """Makes images (B, 3, H, W) as the network's data preprocessor hands them on."""
    return network.data_preprocessor(make_batch({}, batch_size, size), False)['inputs']


@torch.no_grad()
def settle_norms(network: nn.Module, images: Tensor) -> None:
    """Gives batch norms the statistics of images, and a weight of one where it is zero.

    So the values in the network are as large as in a trained one, and no part is multiplied by zero.
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
        if norm.affine and not norm.weight.any():
            nn.init.ones_(norm.weight)
    network.train()(images, mode='tensor')
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


@contextmanager
def size_errors(name: str, size: tuple[int, int], settings: Settings) -> Iterator[None]:
    """Within this context, an error is that of the images' size if the user has set it.

    Raises:
        UserError: The network cannot take images of this size.
    """
    try:
        yield
    except UserError:
        raise
    except (ArithmeticError, AssertionError, LookupError, RuntimeError, ValueError) as error:
        if is_out_of_memory(error) or not (settings.height or settings.width):
            raise
        raise UserError(
            f'{name} cannot take images of {size[0]}x{size[1]} ({first_line(error)}); change --height and --width'
        ) from error


def build_optimizer(network: nn.Module, cfg: Config, settings: Settings) -> OptimWrapper:
    """Builds the optimizer of a config for a precision.

    Raises:
        ConfigError: The config has no optimizer, or one of a precision of its own.
    """
    wrapper = copy.deepcopy(cfg.get('optim_wrapper'))
    if not wrapper:
        raise ConfigError('the config has no optim_wrapper, so there is no training to measure')
    if settings.dtype in AMP:
        replace_wrapper(wrapper, AMP[settings.dtype], '--dtype')
    return build_optim_wrapper(network, wrapper)
