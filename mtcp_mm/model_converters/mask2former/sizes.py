import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isqrt

from torch import Tensor

TABLE = 'encoder.stages.{}.blocks.0.attn.w_msa.relative_position_bias_table'
LARGEST_WINDOW = 64


@dataclass(frozen=True)
class SwinSizes:
    """Sizes of a Swin, named like its arguments."""

    embed_dims: int
    depths: tuple[int, ...]
    num_heads: tuple[int, ...]
    window_size: int


@dataclass(frozen=True)
class Sizes:
    """Sizes of a ``Mask2FormerBackbone``, inferred from its tensors. They do not show the decoders' attention heads.

    Attributes:
        swin: Sizes of the encoder; None if it is not a Swin.
        in_channels: Channels of the encoder's maps, fine to coarse.
        feat_channels: Channels of the pixel decoder.
        out_channels: Channels of the pixel embeddings.
        width: Channels of the transformer decoder.
        num_queries: Number of queries.
        num_levels: Levels that the queries attend to.
        encoded_levels: Levels that the pixel decoder's layers encode; lateral convolutions add the finer ones.
        pixel_layers: Layers of the pixel decoder.
        decoder_layers: Layers of the transformer decoder.
    """

    swin: SwinSizes | None
    in_channels: tuple[int, ...]
    feat_channels: int
    out_channels: int
    width: int
    num_queries: int
    num_levels: int
    encoded_levels: int
    pixel_layers: int
    decoder_layers: int

    def settings(self) -> dict:
        """Returns the settings of ``model.backbone`` in a config that fits."""
        swin = {}
        if self.swin is not None:  # configs write lists
            sizes = vars(self.swin).items()
            swin = dict(encoder={name: list(size) if isinstance(size, tuple) else size for name, size in sizes})
        return dict(
            in_channels=list(self.in_channels),
            feat_channels=self.feat_channels,
            out_channels=self.out_channels,
            num_queries=self.num_queries,
            **swin,
            pixel_decoder=dict(encoder=dict(num_layers=self.pixel_layers)),
            transformer_decoder=dict(num_layers=self.decoder_layers),
        )


def measure(tensors: Mapping[str, Tensor]) -> Sizes:
    """Infers the sizes of a backbone.

    Args:
        tensors: Its tensors, by name.

    Raises:
        KeyError: A tensor that determines a size is missing.
        ValueError: The tensors cannot be those of a backbone.
    """
    if len(tensors['level_embed.weight']) > len(tensors):
        raise ValueError(f'{len(tensors["level_embed.weight"])} levels among {len(tensors)} names')
    convs = [f'pixel_decoder.input_convs.{i}' for i in range(count(tensors, 'pixel_decoder.input_convs'))]
    encoded = len(convs)
    convs += [f'pixel_decoder.lateral_convs.{i}' for i in range(count(tensors, 'pixel_decoder.lateral_convs'))]
    num_queries, width = tensors['query_feat.weight'].shape
    out_channels, feat_channels = tensors['pixel_decoder.mask_feature.weight'].shape[:2]
    return Sizes(
        swin=measure_swin(tensors),
        in_channels=tuple(tensors[f'{conv}.conv.weight'].shape[1] for conv in reversed(convs)),
        feat_channels=feat_channels,
        out_channels=out_channels,
        width=width,
        num_queries=num_queries,
        num_levels=len(tensors['level_embed.weight']),
        encoded_levels=encoded,
        pixel_layers=count(tensors, 'pixel_decoder.encoder.layers'),
        decoder_layers=count(tensors, 'transformer_decoder.layers'),
    )


def measure_swin(tensors: Mapping[str, Tensor]) -> SwinSizes | None:
    """Infers the sizes of the encoder; None if it is not a Swin."""
    stages = range(count(tensors, 'encoder.stages'))
    if not stages or TABLE.format(0) not in tensors:
        return None
    tables = [tensors[TABLE.format(stage)] for stage in stages]
    return SwinSizes(
        embed_dims=tensors['encoder.patch_embed.projection.weight'].shape[0],
        depths=tuple(count(tensors, f'encoder.stages.{stage}.blocks') for stage in stages),
        num_heads=tuple(table.shape[1] for table in tables),
        window_size=window_of(tables[0]),
    )


def window_of(table: Tensor) -> int:
    """Returns the side w of the windows from a table of relative position biases, ((2 w - 1)^2, heads).

    Raises:
        ValueError: It is larger than in any Swin; an index of w^4 entries would fill the memory.
    """
    window = (isqrt(len(table)) + 1) // 2
    if window > LARGEST_WINDOW:
        raise ValueError(f'windows of {window}x{window} positions, where {LARGEST_WINDOW} are the maximum')
    return window


def count(names: Collection[str], part: str) -> int:
    """Counts the modules in a list, by the highest index that occurs.

    Raises:
        ValueError: The index exceeds the number of names; a list of the missing ones could be endless.
    """
    matches = (re.match(rf'{re.escape(part)}\.(\d+)\.', name) for name in names)
    items = max((int(match[1]) + 1 for match in matches if match), default=0)
    if items > len(names):
        raise ValueError(f'{part}.{items - 1} among {len(names)} names')
    return items
