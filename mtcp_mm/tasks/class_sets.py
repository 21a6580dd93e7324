"""Class names and palettes of NYUD-v2 and PASCAL-Context."""

import numpy as np

NYUD40 = (
    'wall', 'floor', 'cabinet', 'bed', 'chair', 'sofa', 'table', 'door', 'window', 'bookshelf', 'picture', 'counter',
    'blinds', 'desk', 'shelves', 'curtain', 'dresser', 'pillow', 'mirror', 'floor mat', 'clothes', 'ceiling', 'books',
    'refrigerator', 'television', 'paper', 'towel', 'shower curtain', 'box', 'whiteboard', 'person', 'night stand',
    'toilet', 'sink', 'lamp', 'bathtub', 'bag', 'other structure', 'other furniture', 'other prop',
)  # fmt: skip

PASCAL21 = (
    'background', 'aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat', 'chair', 'cow', 'diningtable',
    'dog', 'horse', 'motorbike', 'person', 'pottedplant', 'sheep', 'sofa', 'train', 'tvmonitor',
)  # fmt: skip

PASCAL_PARTS = ('background', 'head', 'torso', 'upper arm', 'lower arm', 'upper leg', 'lower leg')

CLASS_SETS = {'nyud40': NYUD40, 'pascal21': PASCAL21, 'pascal_parts': PASCAL_PARTS}


def voc_colormap(count: int) -> np.ndarray:
    """Returns the first colours of PASCAL VOC's colour map, which starts with black.

    Bits 0, 1 and 2 of the index are the highest bits of red, green and blue, bits 3, 4 and 5 the next ones, and so on.

    Args:
        count: Number of colours.

    Returns:
        RGB colours (count, 3), uint8.
    """
    index = np.arange(count)[:, None] >> np.arange(3)
    return sum(((index >> 3 * place) & 1) << (7 - place) for place in range(8)).astype(np.uint8)


PALETTES = {'nyud40': voc_colormap(41)[1:], 'pascal21': voc_colormap(21), 'pascal_parts': voc_colormap(7)}
"""Palettes of the class sets: PASCAL VOC's colour map, indexed by the file value.

Published figures use these colours, for NYUD too (see ``inference.py`` of InvPT). Black is void in NYUD, and void or
background in PASCAL.
"""
