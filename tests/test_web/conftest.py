"""The page of a network whose maps are known beforehand, on a free port."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.tasks import build_tasks
from mtcp_mm.web import Limits, serving

SIZE = (90, 120)
TASKS = build_tasks(
    [
        dict(type='ClassMap', name='kinds', classes=('dark', 'a<b'), palette=((10, 20, 30), (200, 100, 0))),
        dict(type='DepthMap', name='distance'),
        dict(type='SurfaceNormals', name='normals'),
        dict(type='BinaryMap', name='edge'),
    ]
)


class KnownMaps:
    """Stands for an inferencer: classes by brightness, depth by row, the first being void, probability by column."""

    tasks = TASKS

    def predict(self, image: np.ndarray) -> dict[str, np.ndarray]:
        rows, columns = np.indices(image.shape[:2])
        return dict(
            kinds=(image.mean(-1) > 127).astype(np.int64),
            distance=np.where(rows, 1 + rows / 37, 0).astype(np.float32),
            normals=np.broadcast_to(np.float32([0, -0.6, 0.8]), image.shape).copy(),
            edge=(columns / columns.max()).astype(np.float32),
        )


@pytest.fixture(scope='session')
def inferencer() -> KnownMaps:
    return KnownMaps()


@pytest.fixture(scope='session')
def photo(tmp_path_factory) -> str:
    """An image, bright at the right, with noise."""
    pixels = np.random.default_rng(0).integers(0, 100, (*SIZE, 3), np.uint8)
    pixels[:, SIZE[1] // 2 :] += 150
    path = tmp_path_factory.mktemp('photos') / 'room.png'
    Image.fromarray(pixels).save(path)
    return str(path)


@pytest.fixture(scope='session')
def address(inferencer) -> Iterator[str]:
    for name in ('gradio', 'plotly'):
        pytest.importorskip(name)
    with serving(inferencer, limits=Limits(megabytes=1, megapixels=1)) as url:
        yield url.rstrip('/')
