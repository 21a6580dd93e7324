from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.dataset_tools.preparation.voc_classes import CONTEXT_LABELS, classes_from_context, classes_from_objects
from mtcp_mm.tasks import CLASS_SETS, DataError

REAL = Path(__file__).parents[4] / 'shared/pascal_mt'


def test_labels_become_classes_and_the_rest_background(mat_file):
    labels = np.uint16([[284, 397, 427], [2, 158, 0]])
    assert classes_from_context(mat_file('x.mat', LabelMap=labels)).tolist() == [[15, 11, 20], [1, 0, 0]]
    assert len(CONTEXT_LABELS) == len(CLASS_SETS['pascal21'])


def test_the_later_object_wins(tmp_path, pascal_files):
    path = tmp_path / '2009_000003.mat'
    path.write_bytes(pascal_files['PASCAL_MT/human_parts/2009_000003.mat'])
    expected = np.zeros((20, 24), np.uint8)
    expected[2:18, 4:12] = 15
    np.testing.assert_array_equal(classes_from_objects(path, tmp_path), expected)


def test_an_image_without_objects_is_background(tmp_path, pascal_files):
    (tmp_path / '2008_000002.jpg').write_bytes(pascal_files['PASCAL_MT/JPEGImages/2008_000002.jpg'])
    (tmp_path / '2008_000002.mat').write_bytes(pascal_files['PASCAL_MT/human_parts/2008_000002.mat'])
    classes = classes_from_objects(tmp_path / '2008_000002.mat', tmp_path)
    assert classes.shape == (20, 24) and not classes.any()


def test_what_is_no_annotation_is_named(mat_file, tmp_path):
    with pytest.raises(DataError, match='x.mat: .*LabelMap'):
        classes_from_context(mat_file('x.mat', anno=1))
    with pytest.raises(DataError, match='x.mat: not an annotation of PASCAL-Part'):
        classes_from_objects(mat_file('x.mat', anno=1), tmp_path)


@pytest.mark.parametrize('number', [0, 21])
def test_an_object_of_no_class_is_named(mat_file, tmp_path, number):
    row = ('thing', number, np.ones((2, 3), np.uint8))
    objects = np.array([row], [(name, object) for name in ('class', 'class_ind', 'mask')])
    with pytest.raises(DataError, match=rf'x.mat: not an annotation of PASCAL-Part .*class {number}\b'):
        classes_from_objects(mat_file('x.mat', anno=dict(objects=objects)), tmp_path)


@pytest.mark.skipif(not REAL.is_dir(), reason='no real PASCAL images in ../shared/pascal_mt')
def test_classes_of_real_annotations_are_those_of_the_data_set():
    paths = sorted((REAL / 'human_parts').glob('*.mat'))
    assert len(paths) == 22
    for path in paths:
        with Image.open(REAL / f'semseg/VOC12/{path.stem}.png') as file:
            np.testing.assert_array_equal(classes_from_objects(path, REAL / 'JPEGImages'), np.array(file))
