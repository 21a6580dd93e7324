import numpy as np

from mtcp_mm.tasks import build_tasks
from mtcp_mm.visualization.shrinking import resize_drawing, resize_image, shrink

TASKS = build_tasks(
    [dict(type='ClassMap', name='kinds', classes=('a', 'b')), dict(type='SurfaceNormals', name='normals')]
)
STRIPES = np.zeros((6, 6, 3), np.uint8)
STRIPES[:, ::2] = 200


def test_an_image_is_averaged_and_its_maps_are_not():
    kinds = np.indices((6, 6))[1] % 2
    normals = np.zeros((6, 6, 3), np.float32)
    normals[:, ::2, 0], normals[:, 1::2, 2] = 1, 1
    image, maps = shrink(STRIPES, dict(kinds=kinds, normals=normals, other=kinds), TASKS, 3, 2)
    assert image.shape == (3, 2, 3) and set(image.ravel()) == {133, 67}  # two bright columns of three, and one
    assert list(maps) == ['kinds', 'normals'] and maps['kinds'].tolist() == [[1, 0]] * 3
    assert maps['normals'][0].tolist() == [[0, 0, 1], [1, 0, 0]]


def test_enlarged_images_repeat_their_pixels():
    image = np.random.default_rng(0).integers(0, 256, (2, 3, 3), np.uint8)
    for resize in (resize_image, resize_drawing):
        assert np.array_equal(resize(image, 4, 6), image.repeat(2, 0).repeat(2, 1))


def test_drawings_never_mix_colours():
    assert set(resize_drawing(STRIPES, 4, 4).ravel()) <= {0, 200}
    assert not set(resize_image(STRIPES, 4, 4).ravel()) <= {0, 200}
