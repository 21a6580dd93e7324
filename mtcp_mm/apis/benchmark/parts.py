"""The parts of a network, as a benchmark names them."""

from collections.abc import Iterable

from torch import nn

from mtcp_mm.models.backbones import Mask2FormerBackbone
from mtcp_mm.models.necks import CoherenceFusion, NeckSequence, SpatialRefinement, TaskDecoders

REST, LOSS, BACKWARD, OPTIMIZER, LOADING = 'rest', 'loss', 'backward', 'optimizer', 'data loading'
NECKS = {TaskDecoders: 'task decoders', CoherenceFusion: 'CFM', SpatialRefinement: 'SRM'}
ORDER = (
    'preprocessing', 'encoder', 'pixel decoder', 'transformer decoder', *NECKS.values(), 'other necks', 'head', LOSS,
    BACKWARD, OPTIMIZER, LOADING, REST,
)  # fmt: skip
"""All parts, in the order of a report."""


def find_parts(network: nn.Module) -> dict[nn.Module, str]:
    """Returns the modules of a segmentor that are parts, with their names.

    Modules may be nested: the transformer decoder is what Mask2Former's backbone does besides its encoder and its pixel
    decoder. Any other backbone is an encoder.
    """
    parts: dict[nn.Module, str] = {}
    backbone = getattr(network, 'backbone', None)
    if isinstance(backbone, Mask2FormerBackbone):
        parts |= {backbone: 'transformer decoder', backbone.pixel_decoder: 'pixel decoder'}
        parts |= dict.fromkeys((backbone.encoder, backbone.encoder_neck), 'encoder')
    elif backbone is not None:
        parts[backbone] = 'encoder'
    parts |= {neck: NECKS.get(type(neck), 'other necks') for neck in children(getattr(network, 'neck', None))}
    for name in ('decode_head', 'auxiliary_head'):
        parts |= dict.fromkeys(children(getattr(network, name, None)), 'head')
    if hasattr(network, 'data_preprocessor'):
        parts[network.data_preprocessor] = 'preprocessing'
    return parts


def children(module: nn.Module | None) -> Iterable[nn.Module]:
    """Returns the modules of a sequence or list of modules, or else the module itself, if there is one."""
    if isinstance(module, (NeckSequence, nn.ModuleList)):
        return module.children()
    return () if module is None else (module,)
