"""Rooms in the layout of PASCAL_MT, both before and after its conversion for training."""

import numpy as np

from mtcp_mm.dataset_tools.preparation.pascal_boundaries import boundaries
from mtcp_mm.dataset_tools.preparation.pascal_normals import mask_normals
from mtcp_mm.datasets.layouts import PASCAL, PASCAL_LABELS, PASCAL_NORMALS, PASCAL_PARTS
from mtcp_mm.utils import encode_image

from .context_labels import context_labels
from .layouts import RoomsLayout, encode_jpeg
from .mat_files import mat_bytes
from .part_annotation import part_annotation
from .pascal_classes import VOC_IDS
from .rendering import RoomSample

_SEMSEG_FOLDER = PASCAL.maps['semseg'][0]
_VOID = np.uint8(255)


def _encode(sample: RoomSample, name: str) -> dict[str, bytes]:
    labels, normals = context_labels(sample), _eight_bits(sample.normals)
    parts = sample.parts if sample.parts.any() else np.full_like(sample.parts, _VOID)
    return {
        f'{PASCAL.images}/{name}.jpg': encode_jpeg(sample),
        f'{_SEMSEG_FOLDER}/{name}.png': encode_image(VOC_IDS[sample.segmentation]),
        f'{PASCAL_PARTS}/{name}.mat': mat_bytes(dict(anno=part_annotation(sample, name))),
        f'{PASCAL.maps["saliency"]}/{name}.png': encode_image(sample.saliency * np.uint8(255)),
        f'{PASCAL_NORMALS}/{name}.png': encode_image(normals),
        f'{PASCAL_LABELS}/{name}.mat': mat_bytes(dict(LabelMap=labels)),
        f'{PASCAL.maps["human_parts"]}/{name}.png': encode_image(parts),
        f'{PASCAL.maps["normals"]}/{name}.png': encode_image(mask_normals(normals, labels)),
        f'{PASCAL.maps["edge"]}/{name}.png': encode_image(boundaries(labels) * np.uint8(255)),
    }


def _eight_bits(normals: np.ndarray) -> np.ndarray:
    """Encodes normals (H, W, 3) from [-1, 1] as v = 255 (n + 1) / 2, rounded, uint8."""
    return np.rint((normals + 1) * np.float32(127.5)).astype(np.uint8)


PASCAL_LAYOUT = RoomsLayout(
    tuple(folder for folder in (*PASCAL.folders, PASCAL_NORMALS, PASCAL_LABELS) if folder != PASCAL.maps['semseg'][1]),
    PASCAL.splits,
    _encode,
)
"""The layout of :class:`mtcp_mm.datasets.PascalContextMultiTask`, without depth.

It also has the files of PASCAL_MT from which the maps can be converted: ``human_parts/ID.mat`` (``anno``),
``normals_distill/ID.png`` (x right, y up, z towards the viewer) and ``pascal-context/trainval/ID.mat`` (``LabelMap``).
"""
