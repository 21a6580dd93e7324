from pathlib import Path

import numpy as np
import pytest

from mtcp_mm.dataset_tools.preparation.splits import read_splits
from mtcp_mm.tasks import DataError

REAL = Path(__file__).parents[4] / 'shared/nyud'


def test_test_frames_are_val(splits_mat):
    assert read_splits(splits_mat, 3) == dict(train=[1, 3], val=[2])


@pytest.mark.parametrize(
    ('variables', 'reason'),
    [
        (dict(trainNdxs=[1, 3], testNdxs=[4]), '1 to 4, where the raw file has frames 1 to 3'),
        (dict(trainNdxs=[0, 1], testNdxs=[2]), 'from 0 to 2'),
        (dict(trainNdxs=[1, 2], testNdxs=[2]), 'twice'),
        (dict(trainNdxs=[1, 2]), 'testNdxs'),
        (dict(trainNdxs=[1.5], testNdxs=[2]), 'no whole numbers'),
        (dict(trainNdxs=np.zeros((0, 0)), testNdxs=[2]), 'no whole numbers'),
        (dict(trainNdxs='all', testNdxs=[2]), 'no whole numbers'),
    ],
)
def test_what_does_not_fit_is_named(mat_file, variables, reason):
    with pytest.raises(DataError, match=f'splits.mat: .*{reason}'):
        read_splits(mat_file('splits.mat', **variables), 3)


def test_a_damaged_file_is_named(splits_mat):
    splits_mat.write_bytes(splits_mat.read_bytes()[:150])
    with pytest.raises(DataError, match='splits.mat'):
        read_splits(splits_mat, 3)


@pytest.mark.skipif(not REAL.is_dir(), reason='no real splits.mat in ../shared/nyud')
def test_the_official_file_splits_as_the_lists_of_the_data_set_do():
    splits = read_splits(REAL / 'meta/splits.mat', 1449)
    for name, members in splits.items():
        assert [f'{n:04d}' for n in members] == (REAL / f'half/gt_sets/{name}.txt').read_text().split()
    with pytest.raises(DataError, match='frames 1 to 1448'):
        read_splits(REAL / 'meta/splits.mat', 1448)
