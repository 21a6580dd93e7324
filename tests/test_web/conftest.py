"""The page of a network with known outputs, on a free port."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.web import Limits, serving

SIZE = (90, 120)


@pytest.fixture(scope='session')
def image_file(tmp_path_factory) -> str:
    """An image, bright at the right, with noise."""
    pixels = np.random.default_rng(0).integers(0, 100, (*SIZE, 3), np.uint8)
    pixels[:, SIZE[1] // 2 :] += 150
    path = tmp_path_factory.mktemp('images') / 'room.png'
    Image.fromarray(pixels).save(path)
    return str(path)


@pytest.fixture(scope='session')
def address(inferencer) -> Iterator[str]:
    for name in ('gradio', 'plotly'):
        pytest.importorskip(name)
    with serving(inferencer, limits=Limits(megabytes=1, megapixels=1)) as url:
        yield url.rstrip('/')
