"""Rooms as PASCAL_MT is laid out."""

from pathlib import Path

import numpy as np

from mtcp_mm.utils import encode_image

from .context_labels import context_labels
from .layouts import Layout, save_jpeg
from .mat_files import mat_bytes
from .part_annotation import part_annotation
from .pascal_classes import VOC_IDS
from .rendering import RoomSample

_FOLDERS = ('JPEGImages', 'semseg/VOC12', 'human_parts', 'sal_distill', 'normals_distill', 'pascal-context/trainval')


def _write(sample: RoomSample, root: Path, name: str) -> None:
    images, classes, parts, saliency, normals, context = (root / folder for folder in _FOLDERS)
    save_jpeg(sample, images / f'{name}.jpg')
    (classes / f'{name}.png').write_bytes(encode_image(VOC_IDS[sample.segmentation]))
    (parts / f'{name}.mat').write_bytes(mat_bytes(dict(anno=part_annotation(sample, name))))
    (saliency / f'{name}.png').write_bytes(encode_image(sample.saliency * np.uint8(255)))
    (normals / f'{name}.png').write_bytes(encode_image(_eight_bits(sample.normals)))
    (context / f'{name}.mat').write_bytes(mat_bytes(dict(LabelMap=context_labels(sample))))


def _eight_bits(normals: np.ndarray) -> np.ndarray:
    """Normals (H, W, 3) in [-1, 1] as v = 255 (n + 1) / 2, rounded."""
    return np.rint((normals + 1) * np.float32(127.5)).astype(np.uint8)


PASCAL_LAYOUT = Layout(_FOLDERS, 'ImageSets/Context', _write)
"""``JPEGImages/ID.jpg``, ``semseg/VOC12/ID.png`` (VOC ids), ``human_parts/ID.mat`` (PASCAL-Part's ``anno``),
``sal_distill/ID.png`` (0 and 255), ``normals_distill/ID.png`` (8 bits; x right, y up, z towards the viewer),
``pascal-context/trainval/ID.mat`` (``LabelMap``) and ``ImageSets/Context/{train,val}.txt``. Rooms' depth has no place
in it."""
