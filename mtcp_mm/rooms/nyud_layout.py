"""Rooms in the layout of NYUD_MT."""

import numpy as np

from mtcp_mm.datasets.layouts import NYUD
from mtcp_mm.utils import encode_array, encode_image

from .layouts import RoomsLayout, encode_jpeg
from .rendering import RoomSample


def _encode(sample: RoomSample, name: str) -> dict[str, bytes]:
    return {
        f'{NYUD.images}/{name}.jpg': encode_jpeg(sample),
        f'{NYUD.maps["semseg"]}/{name}.png': encode_image(sample.segmentation),
        f'{NYUD.maps["depth"]}/{name}.npy': encode_array(sample.depth),
        f'{NYUD.maps["normals"]}/{name}.npy': encode_array(sample.normals),
        f'{NYUD.maps["edge"]}/{name}.png': encode_image(sample.edges * np.uint8(255)),
    }


NYUD_LAYOUT = RoomsLayout(NYUD.folders, NYUD.splits, _encode)
"""The layout of :class:`mtcp_mm.datasets.NYUDMultiTask`. Edges are 0 and 255."""
