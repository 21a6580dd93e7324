import numpy as np
import pytest
import torch
from mmseg.registry import DATASETS
from PIL import Image

from mtcp_mm.evaluation import BaselinePredictor


class StoredMaps:
    """A data set of target files."""

    def __init__(self, map_paths):
        self.map_paths = map_paths

    def __len__(self):
        return len(self.map_paths)

    def get_data_info(self, index):
        """Returns the entry of a sample."""
        return dict(map_paths=self.map_paths[index])


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    """Config of two samples; the second has no depth, and no normals file is named."""
    monkeypatch.setitem(DATASETS.module_dict, 'StoredMaps', StoredMaps)
    for i, labels in enumerate(([[1, 1, 255]], [[2, 2, 2]])):
        Image.fromarray(np.array(labels, np.uint8)).save(tmp_path / f'{i}.png')
    np.save(tmp_path / 'depth.npy', np.array([[0, 1, 4]], np.float32))
    np.save(tmp_path / 'normals.npy', np.array([[[0, 0, 1], [1, 0, 0], [0, 0, 0]]], np.float32))
    first = dict(semseg='0.png', depth='depth.npy', normals='normals.npy')
    second = dict(semseg='1.png', depth=None)
    paths = [{k: v and str(tmp_path / v) for k, v in entry.items()} for entry in (first, second)]
    return dict(type='StoredMaps', map_paths=paths)


def test_the_baseline_is_most_frequent_class_mean_depth_and_mean_normal(dataset, tasks):
    values = BaselinePredictor.fit(dataset, tasks).values
    assert values['semseg'].tolist() == [2]
    assert values['depth'].tolist() == [2.5]
    np.testing.assert_allclose(values['normals'], np.array([1, 0, 1]) / np.sqrt(2), rtol=1e-6)


def test_a_task_without_any_map_has_a_baseline_too(dataset, tasks):
    for entry in dataset['map_paths']:
        entry.pop('depth')
    assert BaselinePredictor.fit(dataset, tasks).values['depth'].tolist() == [0]


def test_a_damaged_target_is_an_error_that_names_it(dataset, tasks, tmp_path):
    (tmp_path / '1.png').write_bytes(b'')
    with pytest.raises(ValueError, match=r'1\.png: cannot be read'):
        BaselinePredictor.fit(dataset, tasks)


def test_predictions_have_the_shape_of_the_target(tasks):
    predictor = BaselinePredictor(dict(normals=torch.tensor([0.6, 0.0, 0.8])))
    prediction = predictor.predict(tasks['normals'], torch.zeros(3, 2, 5))
    assert prediction.shape == (3, 2, 5)
    assert torch.equal(prediction[:, 1, 4], torch.tensor([0.6, 0.0, 0.8]))
