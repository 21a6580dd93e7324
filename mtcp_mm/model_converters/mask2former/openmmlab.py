"""MMSegmentation (``decode_head.``) and MMDetection (``panoptic_head.``), which name a Swin's tensors alike.

The backbone has the names of their heads, without the class head. Before MMDetection 3.0 the layers of the two decoders
were numbered lists, in the order of the operations: cross attention, self attention, FFN.
"""

import re
from functools import partial

from .family import CLASS_HEAD, NO_PLACE, Family, Place, Skip

FORMER_NAMES = (
    (r'(pixel_decoder\.encoder\.layers\.\d+)\.attentions\.0\.', r'\1.self_attn.'),
    (r'(transformer_decoder\.layers\.\d+)\.attentions\.0\.', r'\1.cross_attn.'),
    (r'(transformer_decoder\.layers\.\d+)\.attentions\.1\.', r'\1.self_attn.'),
    (r'(decoder\.(?:encoder\.)?layers\.\d+)\.ffns\.0\.', r'\1.ffn.'),
)


def place(name: str, head: str) -> Place | Skip:
    """Returns the destination of a tensor.

    Args:
        name: Its name in the checkpoint.
        head: Name of the head in the checkpoint.
    """
    part, _, rest = name.partition('.')
    if part == 'backbone':
        return Place(f'encoder.{rest}')
    if part != head:
        return NO_PLACE
    if rest.startswith('cls_embed.'):
        return CLASS_HEAD
    for former, present in FORMER_NAMES:
        rest = re.sub(former, present, rest)
    return Place(rest)


MMSEGMENTATION = Family('MMSegmentation', 'decode_head.query_feat.weight', partial(place, head='decode_head'))
MMDETECTION = Family('MMDetection', 'panoptic_head.query_feat.weight', partial(place, head='panoptic_head'))
