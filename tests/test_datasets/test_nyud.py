import numpy as np
import torch
from PIL import Image

from mtcp_mm.datasets import NYUDMultiTask

PIPELINE = [dict(type='LoadImage'), dict(type='LoadTaskMaps'), dict(type='PackMultiTaskInputs')]


def to_png_form(root) -> None:
    """Turns jpg images into png ones, and 8-bit normals into float npy."""
    for path in root.glob('images/*.jpg'):
        Image.open(path).save(path.with_suffix('.png'))
        path.unlink()
    for path in root.glob('normals/*.png'):
        np.save(path.with_suffix('.npy'), np.asarray(Image.open(path)).astype(np.float32) * 2 / 255 - 1)
        path.unlink()


def test_both_forms_read_equal(nyud, tasks):
    first = NYUDMultiTask(nyud, 'train', tasks, pipeline=PIPELINE)[0]
    to_png_form(nyud)
    second = NYUDMultiTask(nyud, 'train', tasks, pipeline=PIPELINE)[0]
    assert torch.equal(first['inputs'], second['inputs'])
    for field in ('sem_seg', 'depth_map', 'normals'):
        torch.testing.assert_close(first['data_samples'].target(field), second['data_samples'].target(field))


def test_values_are_those_of_the_files(nyud, tasks):
    sample = NYUDMultiTask(nyud, 'val', tasks, pipeline=PIPELINE)[0]['data_samples']
    labels = np.asarray(Image.open(nyud / 'segmentation/0003.png')).astype(int)
    np.testing.assert_array_equal(sample.target('sem_seg')[0], np.where(labels == 0, 255, labels - 1))
    np.testing.assert_array_equal(sample.target('depth_map')[0], np.load(nyud / 'depth/0003.npy'))
    vectors = np.asarray(Image.open(nyud / 'normals/0003.png')).astype(float) * 2 / 255 - 1
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    assert (length < 0.1).any()
    unit = np.where(length < 0.1, 0, vectors / length)
    np.testing.assert_allclose(sample.target('normals'), unit.transpose(2, 0, 1), atol=1e-6)


def test_a_sample_without_a_map_is_void_there(nyud, tasks):
    for name in ('segmentation/0001.png', 'depth/0001.npy', 'normals/0001.png'):
        (nyud / name).unlink()
    sample = NYUDMultiTask(nyud, 'train', tasks, pipeline=PIPELINE)[0]['data_samples']
    assert sample.target('sem_seg').shape == (1, 12, 16) and (sample.target('sem_seg') == 255).all()
    assert sample.target('depth_map').shape == (1, 12, 16) and not sample.target('depth_map').any()
    assert sample.target('normals').shape == (3, 12, 16) and not sample.target('normals').any()
