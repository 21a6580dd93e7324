import numpy as np
import pytest
from mmseg.registry import VISBACKENDS
from PIL import Image

from mtcp_mm.utils import UnwritableError

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)


@pytest.fixture
def backend(tmp_path):
    return VISBACKENDS.build(dict(type='AtomicVisBackend', save_dir=str(tmp_path)))


@pytest.mark.parametrize('name', ['val_a', '客厅', 'x' * 251, '厅' * 83])
def test_writes_images_and_numbers(backend, tmp_path, name):
    backend.add_image(name, IMAGE, step=3)
    backend.add_scalar('loss', 0.5, step=3)
    (path,) = (tmp_path / 'vis_image').iterdir()
    assert path.name.endswith('_3.png') and (len(name) > 80 or path.name == f'{name}_3.png')
    with Image.open(path) as image:
        assert np.array_equal(np.array(image), IMAGE)
    assert (tmp_path / 'scalars.json').read_text() == '{"loss": 0.5, "step": 3}\n'


def test_a_full_disk_is_an_error(backend, tmp_path, full_disk):
    with full_disk(1000), pytest.raises(UnwritableError, match=r'val_a_0\.png cannot be written \(File too large\)'):
        backend.add_image('val_a', IMAGE)
    assert not list((tmp_path / 'vis_image').iterdir())
