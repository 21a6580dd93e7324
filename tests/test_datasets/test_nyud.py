import numpy as np
import pytest
import torch
from PIL import Image

from mtcp_mm.datasets import NYUDMultiTask
from mtcp_mm.tasks import DataError

PIPELINE = [dict(type='LoadImage'), dict(type='LoadTaskMaps'), dict(type='PackMultiTaskInputs')]


def to_png_form(root) -> None:
    """Turns jpg images into png ones, and 8-bit normals into float npy."""
    for path in root.glob('images/*.jpg'):
        Image.open(path).save(path.with_suffix('.png'))
        path.unlink()
    for path in root.glob('normals/*.png'):
        np.save(path.with_suffix('.npy'), np.asarray(Image.open(path)).astype(np.float32) * 2 / 255 - 1)
        path.unlink()


def test_both_archives_give_equal_samples(nyud, tasks):
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


@pytest.mark.parametrize(
    ('suffix', 'dtype', 'yes'),
    [('.png', np.uint8, 255), ('.npy', np.uint8, 1), ('.npy', np.int64, 1), ('.npy', np.float32, 1), ('.npy', bool, 1)],
)
def test_edges_of_both_archives_are_equal(nyud, tasks, suffix, dtype, yes):
    (nyud / 'edge').mkdir()
    edges = np.random.default_rng(0).random((12, 16)) < 0.2
    for name in ('0001', '0002', '0003'):
        values = edges.astype(dtype) * dtype(yes)
        path = nyud / f'edge/{name}{suffix}'
        np.save(path, values) if suffix == '.npy' else Image.fromarray(values).save(path)
    dataset = NYUDMultiTask(nyud, 'train', [*tasks, dict(type='BinaryMap', name='edge')], pipeline=PIPELINE)
    np.testing.assert_array_equal(dataset[0]['data_samples'].target('edge')[0], edges)


def test_edges_of_0_and_1_in_images_need_yes_value(nyud, tasks):
    (nyud / 'edge').mkdir()
    for name in ('0001', '0002', '0003'):
        Image.fromarray(np.tile(np.array([[0, 1], [255, 0]], np.uint8), (6, 8))).save(nyud / f'edge/{name}.png')

    def first(**settings):
        tasks_ = [*tasks, dict(type='BinaryMap', name='edge', **settings)]
        return NYUDMultiTask(nyud, 'train', tasks_, pipeline=PIPELINE)[0]['data_samples'].target('edge')[0, :2, :2]

    assert first(yes_value=1, void_value=255).tolist() == [[0, 1], [255, 0]]
    with pytest.raises(DataError, match='yes_value=1, void_value=255'):
        first()
