"""Rooms as NYUD_MT is laid out."""

from pathlib import Path

import numpy as np
from PIL import Image

from .layouts import Layout, save_jpeg
from .rendering import RoomSample


def _write(sample: RoomSample, root: Path, name: str) -> None:
    save_jpeg(sample, root / 'images' / f'{name}.jpg')
    Image.fromarray(sample.segmentation).save(root / 'segmentation' / f'{name}.png')
    np.save(root / 'depth' / f'{name}.npy', sample.depth)
    np.save(root / 'normals' / f'{name}.npy', sample.normals)
    Image.fromarray(sample.edges * np.uint8(255)).save(root / 'edge' / f'{name}.png')


NYUD_LAYOUT = Layout(('images', 'segmentation', 'depth', 'normals', 'edge'), 'gt_sets', _write)
"""``images/ID.jpg``, ``segmentation/ID.png``, ``depth/ID.npy``, ``normals/ID.npy``, ``edge/ID.png`` (0 and 255) and
``gt_sets/{train,val}.txt``."""
