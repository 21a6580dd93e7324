"""Exact ground truth of a scene."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mtcp_mm.dataset_tools.preparation.pascal_parts import PART_CLASSES

from .camera import PlacedCamera
from .categories import BODY_PARTS, Category, Part
from .edges import object_edges
from .primitive import Primitive
from .tracing import surface_normals, trace

_PART_CLASSES = np.uint8([0, *(PART_CLASSES[part.value] for part in BODY_PARTS if part is not Part.NONE)])


@dataclass(frozen=True)
class LabelMaps:
    """Exact ground truth of an image.

    Args:
        segmentation: NYUD-40 file values, uint8 ``(H, W)``: 0 void, 1 to 40.
        depth: Depth along the optical axis, float32 metres ``(H, W)``; 0 where void.
        normals: Unit normals, float32 ``(H, W, 3)``: x right, y up, z towards the viewer; zero where void.
        objects: Object numbers from 1, uint16 ``(H, W)``; 0 where void. All solids of an object have the same class.
            The floor is one object, as are the ceiling and all walls together.
        body: Body parts as indices in :data:`BODY_PARTS`, uint8 ``(H, W)``.
        edges: Boundaries between objects, one pixel wide, uint8 ``(H, W)`` of 0 and 1; see :func:`object_edges`.
    """

    segmentation: np.ndarray
    depth: np.ndarray
    normals: np.ndarray
    objects: np.ndarray
    body: np.ndarray
    edges: np.ndarray

    @property
    def parts(self) -> np.ndarray:
        """Body parts in the seven classes of the benchmark, uint8 ``(H, W)``.

        0 is background. The others are head, torso with neck, upper arm, lower arm with hand, upper leg, and lower leg
        with foot; see :data:`mtcp_mm.dataset_tools.preparation.pascal_parts.HUMAN_PARTS`.
        """
        return _PART_CLASSES[self.body]


def render_labels(primitives: Sequence[Primitive], camera: PlacedCamera) -> LabelMaps:
    """Renders the label maps of a scene, with one ray through each pixel centre."""
    hits = trace(primitives, camera)
    # The last entry is for index -1: rays that hit nothing.
    categories = np.uint8([primitive.category for primitive in primitives] + [Category.VOID])
    parts = [primitive.part for primitive in primitives] + [Part.NONE]
    objects = np.uint16([*_number_objects(primitives), 0])[hits.index]
    seen = hits.index >= 0
    normals = camera.axes.T @ surface_normals(primitives, hits)
    return LabelMaps(
        segmentation=categories[hits.index],
        depth=np.where(seen, hits.depth, np.float32(0)),
        normals=np.ascontiguousarray(normals.T).reshape(*seen.shape, 3),
        objects=objects,
        body=np.uint8([BODY_PARTS.index(part) for part in parts])[hits.index],
        edges=object_edges(objects).astype(np.uint8),
    )


def _number_objects(primitives: Sequence[Primitive]) -> list[int]:
    """Returns the object number, from 1, of each primitive."""
    keys = [(primitive.category, primitive.instance) for primitive in primitives]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys), start=1)}
    return [numbers[key] for key in keys]
