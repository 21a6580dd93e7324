"""Rooms as NYUD_MT is laid out."""

from pathlib import Path

import numpy as np

from mtcp_mm.utils import encode_array, encode_image

from .layouts import Layout, save_jpeg
from .rendering import RoomSample


def _write(sample: RoomSample, root: Path, name: str) -> None:
    save_jpeg(sample, root / 'images' / f'{name}.jpg')
    (root / 'segmentation' / f'{name}.png').write_bytes(encode_image(sample.segmentation))
    (root / 'depth' / f'{name}.npy').write_bytes(encode_array(sample.depth))
    (root / 'normals' / f'{name}.npy').write_bytes(encode_array(sample.normals))
    (root / 'edge' / f'{name}.png').write_bytes(encode_image(sample.edges * np.uint8(255)))


NYUD_LAYOUT = Layout(('images', 'segmentation', 'depth', 'normals', 'edge'), 'gt_sets', _write)
"""``images/ID.jpg``, ``segmentation/ID.png``, ``depth/ID.npy``, ``normals/ID.npy``, ``edge/ID.png`` (0 and 255) and
``gt_sets/{train,val}.txt``."""
