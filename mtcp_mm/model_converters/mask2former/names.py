from collections.abc import Iterable, Iterator

from .sizes import Sizes, SwinSizes

FFN = ('ffn.layers.0.0', 'ffn.layers.1')
SWIN_BLOCK = ('norm1', 'attn.w_msa.qkv', 'attn.w_msa.proj', 'norm2', *FFN)
DEFORMABLE_ATTENTION = ('sampling_offsets', 'attention_weights', 'value_proj', 'output_proj')
FRESH = tuple(f'shared_norm.{leaf}' for leaf in ('weight', 'bias', 'running_mean', 'running_var'))
"""Tensors that Mask2Former does not have."""


def backbone_names(sizes: Sizes) -> Iterator[str]:
    """Yields the names of all tensors of a ``Mask2FormerBackbone``, without those of an encoder other than Swin."""
    if sizes.swin is not None:
        yield from (f'encoder.{name}' for name in swin_names(sizes.swin))
    yield from (f'pixel_decoder.{name}' for name in pixel_decoder_names(sizes))
    for layer in range(sizes.decoder_layers):
        yield from (f'transformer_decoder.layers.{layer}.{name}' for name in decoder_layer_names())
    yield from pairs(['transformer_decoder.post_norm'])
    if sizes.width != sizes.feat_channels:
        yield from pairs(f'decoder_input_projs.{level}' for level in range(sizes.num_levels))
    yield from ('query_embed.weight', 'query_feat.weight', 'level_embed.weight')
    yield from pairs(f'mask_embed.{layer}' for layer in (0, 2, 4))
    yield from FRESH


def swin_names(swin: SwinSizes) -> Iterator[str]:
    """Yields the names of a Swin's tensors."""
    yield from pairs(['patch_embed.projection', 'patch_embed.norm'])
    for stage, depth in enumerate(swin.depths):
        for block in (f'stages.{stage}.blocks.{i}' for i in range(depth)):
            yield f'{block}.attn.w_msa.relative_position_bias_table'
            yield f'{block}.attn.w_msa.relative_position_index'
            yield from pairs(f'{block}.{layer}' for layer in SWIN_BLOCK)
        if stage + 1 < len(swin.depths):
            yield from pairs([f'stages.{stage}.downsample.norm'])
            yield f'stages.{stage}.downsample.reduction.weight'
        yield from pairs([f'norm{stage}'])


def pixel_decoder_names(sizes: Sizes) -> Iterator[str]:
    """Yields the names of a deformable pixel decoder's tensors."""
    for level in range(sizes.encoded_levels):
        yield from pairs([f'input_convs.{level}.conv', f'input_convs.{level}.gn'])
    for layer in (f'encoder.layers.{i}' for i in range(sizes.pixel_layers)):
        yield from pairs(f'{layer}.self_attn.{name}' for name in DEFORMABLE_ATTENTION)
        yield from pairs(f'{layer}.{name}' for name in (*FFN, 'norms.0', 'norms.1'))
    yield 'level_encoding.weight'
    for level in range(len(sizes.in_channels) - sizes.encoded_levels):
        for conv in (f'lateral_convs.{level}', f'output_convs.{level}'):
            yield f'{conv}.conv.weight'
            yield from pairs([f'{conv}.gn'])
    yield from pairs(['mask_feature'])


def decoder_layer_names() -> Iterator[str]:
    """Yields the names of the tensors of a layer of the transformer decoder."""
    for attention in ('self_attn.attn', 'cross_attn.attn'):
        yield from (f'{attention}.in_proj_weight', f'{attention}.in_proj_bias')
        yield from pairs([f'{attention}.out_proj'])
    yield from pairs((*FFN, 'norms.0', 'norms.1', 'norms.2'))


def pairs(layers: Iterable[str]) -> Iterator[str]:
    """Yields the weight and the bias of each layer."""
    for layer in layers:
        yield from (f'{layer}.weight', f'{layer}.bias')
