import io

import numpy as np
import pytest
import scipy.io
from PIL import Image

from mtcp_mm.dataset_tools.preparation.pascal_boundaries import boundaries
from mtcp_mm.dataset_tools.preparation.pascal_maps import convert_in_place, remove_converted
from mtcp_mm.tasks import DataError

IDS = ('2008_000001', '2009_000003', '2008_000002')
FLOOR, PERSON, SKY = 158, 284, 360


@pytest.fixture
def root(tmp_path, pascal_files, write):
    """``PASCAL_MT`` of 20x24 pixels; nobody is in the third image."""
    return write.folder(tmp_path, pascal_files) / 'PASCAL_MT'


def read_png(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def test_maps_are_those_of_the_literature(root):
    labels = np.full((20, 24), FLOOR, np.uint16)
    labels[:, 12:] = SKY
    scipy.io.savemat(root / f'pascal-context/trainval/{IDS[0]}.mat', dict(LabelMap=labels))
    convert_in_place(root, 1)
    parts = np.zeros((20, 24), int)
    parts[2:6, 4:12] = 1
    for name, expected in zip(IDS, (parts, parts, np.full((20, 24), 255)), strict=True):
        np.testing.assert_array_equal(read_png(root / f'human_parts/{name}.png'), expected)
    np.testing.assert_array_equal(read_png(root / f'edge/{IDS[0]}.png'), boundaries(labels) * 255)
    normals = read_png(root / f'normals_distill/{IDS[0]}.png')
    normals[:, 12:] = 127
    np.testing.assert_array_equal(read_png(root / f'normals/{IDS[0]}.png'), normals)


def test_suffixes_count_in_any_case_and_other_images_do_not(root):
    convert_in_place(root, 1)
    maps = sorted([*root.glob('human_parts/*.png'), *root.glob('normals/*'), *root.glob('edge/*')])
    before = [path.read_bytes() for path in maps]
    for path in maps:
        path.unlink()
    for path in [*root.rglob('*.png'), *root.rglob('*.mat'), *root.rglob('*.jpg')]:
        path.rename(path.with_suffix(path.suffix.upper()))
    (root / 'human_parts/2010_000009.mat').write_bytes(b'damaged, and in no split')
    convert_in_place(root, 1)
    assert [path.read_bytes() for path in maps] == before
    remove_converted(root)
    left = {path.parent.name for path in root.rglob('*') if path.is_file()}
    assert left == {'Context', 'Parts', 'JPEGImages', 'VOC12', 'human_parts', 'sal_distill', 'normals', 'edge'}


def test_an_image_may_lack_parts_or_labels_and_a_line_may_have_several_ids(root):
    (root / 'ImageSets/Context/train.txt').write_text(f'{IDS[0]} {IDS[1]}\n')
    (root / f'human_parts/{IDS[0]}.mat').unlink()
    for folder in ('pascal-context/trainval', 'normals_distill'):
        (path,) = root.glob(f'{folder}/{IDS[1]}.*')
        path.unlink()
    convert_in_place(root, 1)
    found = {folder: sorted(path.stem for path in root.glob(f'{folder}/*.png')) for folder in ('human_parts', 'edge')}
    assert found == dict(human_parts=sorted(IDS[1:]), edge=sorted([IDS[0], IDS[2]]))


def test_normals_without_a_label_map_are_named(root):
    (root / f'pascal-context/trainval/{IDS[1]}.mat').unlink()
    with pytest.raises(DataError, match=rf'trainval: no label map for 1 of the 3 IDs .*"normals", {IDS[1]} the'):
        convert_in_place(root, 1)


def test_damaged_files_and_those_of_another_size_are_named(root):
    content = (root / f'human_parts/{IDS[0]}.mat').read_bytes()
    (root / f'human_parts/{IDS[0]}.mat').write_bytes(content[:200])
    with pytest.raises(DataError, match=rf'{IDS[0]}\.mat: variable "anno"'):
        convert_in_place(root, 1)
    (root / f'human_parts/{IDS[0]}.mat').write_bytes(content)
    file = io.BytesIO()
    scipy.io.savemat(file, dict(LabelMap=np.ones((20, 25))))
    (root / f'pascal-context/trainval/{IDS[0]}.mat').write_bytes(file.getvalue())
    with pytest.raises(DataError, match=rf'{IDS[0]}\.png: .*20x24 .*{IDS[0]}\.mat has 20x25'):
        convert_in_place(root, 1)
