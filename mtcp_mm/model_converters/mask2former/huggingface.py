"""Hugging Face ``transformers``: ``Mask2FormerForUniversalSegmentation`` with a Swin.

Files hold the names of transformers 4, which version 5 still writes, although its modules have other names for parts of
the Swin. Both are read.
"""

import re

from torch import Tensor

from .family import CLASS_HEAD, NO_PLACE, Family, Place, Skip, unchanged

THIRDS = dict(query=0, key=1, value=2, q_proj=0, k_proj=1, v_proj=2)

SWIN_BLOCK = {
    'layernorm_before': 'norm1.{}',
    'layernorm_after': 'norm2.{}',
    'attention.self': 'attn.w_msa.{}',  # the table of biases
    'attention.self.query': 'attn.w_msa.qkv.{}',
    'attention.self.key': 'attn.w_msa.qkv.{}',
    'attention.self.value': 'attn.w_msa.qkv.{}',
    'attention.output.dense': 'attn.w_msa.proj.{}',
    'intermediate.dense': 'ffn.layers.0.0.{}',
    'output.dense': 'ffn.layers.1.{}',
    # transformers 5
    'attention.relative_position_bias': 'attn.w_msa.{}',
    'attention.q_proj': 'attn.w_msa.qkv.{}',
    'attention.k_proj': 'attn.w_msa.qkv.{}',
    'attention.v_proj': 'attn.w_msa.qkv.{}',
    'attention.o_proj': 'attn.w_msa.proj.{}',
    'mlp.fc1': 'ffn.layers.0.0.{}',
    'mlp.fc2': 'ffn.layers.1.{}',
}
FFN = {'fc1': 'ffn.layers.0.0.{}', 'fc2': 'ffn.layers.1.{}'}
PIXEL_DECODER_LAYER = FFN | {
    'self_attn.sampling_offsets': 'self_attn.sampling_offsets.{}',
    'self_attn.attention_weights': 'self_attn.attention_weights.{}',
    'self_attn.value_proj': 'self_attn.value_proj.{}',
    'self_attn.output_proj': 'self_attn.output_proj.{}',
    'self_attn_layer_norm': 'norms.0.{}',
    'final_layer_norm': 'norms.1.{}',
}
DECODER_LAYER = FFN | {
    'cross_attn': 'cross_attn.attn.{}',  # in_proj_weight, in_proj_bias
    'cross_attn.out_proj': 'cross_attn.attn.out_proj.{}',
    'cross_attn_layer_norm': 'norms.0.{}',
    'self_attn.q_proj': 'self_attn.attn.in_proj_{}',
    'self_attn.k_proj': 'self_attn.attn.in_proj_{}',
    'self_attn.v_proj': 'self_attn.attn.in_proj_{}',
    'self_attn.out_proj': 'self_attn.attn.out_proj.{}',
    'self_attn_layer_norm': 'norms.1.{}',
    'final_layer_norm': 'norms.2.{}',
}
CONV_AND_NORM = {'0': 'conv.{}', '1': 'gn.{}'}
QUERIES = {
    'queries_embedder': 'query_embed.{}',
    'queries_features': 'query_feat.{}',
    'level_embed': 'level_embed.{}',
    'decoder.layernorm': 'transformer_decoder.post_norm.{}',
    'decoder.mask_predictor.mask_embedder.0.0': 'mask_embed.0.{}',
    'decoder.mask_predictor.mask_embedder.1.0': 'mask_embed.2.{}',
    'decoder.mask_predictor.mask_embedder.2.0': 'mask_embed.4.{}',
}

SWIN = r'pixel_level_module\.encoder\.(?:swin\.)?'
PIXEL_DECODER = r'pixel_level_module\.decoder\.'
# Source part, target part, and the names of its layers, with {} for the last word of a tensor's name.
PARTS = (
    (rf'{SWIN}encoder\.layers\.(\d+)\.blocks\.(\d+)\.', r'encoder.stages.\1.blocks.\2.', SWIN_BLOCK),
    (
        rf'{SWIN}encoder\.layers\.(\d+)\.downsample\.',
        r'encoder.stages.\1.downsample.',
        {'norm': 'norm.{}', 'reduction': 'reduction.{}'},
    ),
    (
        rf'{SWIN}embeddings\.',
        'encoder.patch_embed.',
        {'patch_embeddings.projection': 'projection.{}', 'norm': 'norm.{}'},
    ),
    (rf'{SWIN}hidden_states_norms\.', 'encoder.', {f'stage{i + 1}': f'norm{i}.{{}}' for i in range(4)}),
    (rf'{PIXEL_DECODER}encoder\.layers\.(\d+)\.', r'pixel_decoder.encoder.layers.\1.', PIXEL_DECODER_LAYER),
    (rf'{PIXEL_DECODER}input_projections\.(\d+)\.', r'pixel_decoder.input_convs.\1.', CONV_AND_NORM),
    (rf'{PIXEL_DECODER}adapter_1\.', 'pixel_decoder.lateral_convs.0.', CONV_AND_NORM),
    (rf'{PIXEL_DECODER}layer_1\.', 'pixel_decoder.output_convs.0.', CONV_AND_NORM),
    (rf'{PIXEL_DECODER}level_embed$', 'pixel_decoder.level_encoding.weight', {'': '{}'}),
    (rf'{PIXEL_DECODER}mask_projection\.', 'pixel_decoder.mask_feature.', {'': '{}'}),
    (r'transformer_module\.decoder\.layers\.(\d+)\.', r'transformer_decoder.layers.\1.', DECODER_LAYER),
    (r'transformer_module\.input_projections\.(\d+)\.', r'decoder_input_projs.\1.', {'': '{}'}),
    (r'transformer_module\.', '', QUERIES),
)
SKIPPED = (
    (r'class_predictor\.', CLASS_HEAD),
    (r'criterion\.', Skip('part of the loss')),
    (rf'{SWIN}layernorm\.', Skip("Swin's norm before pooling, which Mask2Former does not use")),
    (r'.*\.relative_position_index$', Skip('computed anew')),
)


def place(name: str) -> Place | Skip:
    """Returns the destination of a tensor, by its name."""
    name = name.removeprefix('model.')
    for pattern, skip in SKIPPED:
        if re.match(pattern, name):
            return skip
    for pattern, part, layers in PARTS:
        match = re.match(pattern, name)
        if match:
            layer, _, leaf = name[match.end() :].rpartition('.')
            if layer not in layers:
                break
            target = match.expand(part) + layers[layer].format(leaf)
            third = THIRDS.get(layer.rpartition('.')[2])
            return Place(target, third, unfold_order if '.downsample.' in target else unchanged)
    return NO_PLACE


def unfold_order(tensor: Tensor) -> Tensor:
    """Reorders the four merged patches of the last dimension, 4 * C.

    Hugging Face stores them as the original Swin does, (column, row, C); OpenMMLab as ``nn.Unfold``, (C, row, column).
    """
    return tensor.unflatten(-1, (2, 2, -1)).transpose(-3, -1).flatten(-3)  # (column, row, C) -> (C, row, column)


HUGGING_FACE = Family('Hugging Face transformers', 'transformer_module.queries_features.weight', place)
