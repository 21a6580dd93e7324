"""Tiny data sets in the forms in which the real ones circulate."""

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from mtcp_mm.dataset_tools.preparation.archive_limits import ArchiveLimits
from mtcp_mm.dataset_tools.preparation.unpacking import take_files

Files = dict[str, bytes]


def image_bytes(array: np.ndarray, suffix: str = 'png') -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, suffix.replace('jpg', 'jpeg'))
    return file.getvalue()


def npy_bytes(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def write_tar(path: Path, files: Mapping[str, bytes], mode: str = 'w:gz') -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def write_zip(path: Path, files: Mapping[str, bytes], mode: str = 'w') -> Path:
    with zipfile.ZipFile(path, mode, zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_folder(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


FORMS: dict[str, Callable[[Path, Files], Path]] = {
    'tgz': write_tar,
    'tar.xz': lambda path, files: write_tar(path, files, 'w:xz'),
    'tar': lambda path, files: write_tar(path, files, 'w:'),
    'zip': write_zip,
    'folder': write_folder,
}


@pytest.fixture
def write() -> SimpleNamespace:
    """Writes files by name and content: as a tar (mode), as a zip (mode), into a folder."""
    return SimpleNamespace(tar=write_tar, zip=write_zip, folder=write_folder)


@pytest.fixture
def encode() -> SimpleNamespace:
    """Encodes an array: as an image (suffix), as npy."""
    return SimpleNamespace(image=image_bytes, npy=npy_bytes)


@pytest.fixture(params=list(FORMS))
def write_form(request: pytest.FixtureRequest) -> Callable[[Path, Files], Path]:
    """Writes files in each form in turn."""
    return FORMS[request.param]


@pytest.fixture
def read_source(tmp_path: Path) -> Callable[..., Files]:
    """Reads the files of an archive or folder by name, all of them unless told which are wanted."""

    def read(source: Path, room: int = 1 << 40, wanted: Callable[[str], bool] = lambda name: True) -> Files:
        with TemporaryDirectory(dir=tmp_path) as hidden:
            limits = ArchiveLimits(source, wanted, room)
            folder = take_files(limits, Path(hidden))
            extracted = {path.relative_to(hidden).as_posix() for path in Path(hidden).rglob('*') if path.is_file()}
            assert extracted == (set() if folder == source else limits.admitted)
            return {name: (folder / name).read_bytes() for name in limits.admitted}

    return read


@pytest.fixture
def nyud_files() -> Files:
    """``NYUD_MT`` with two training images and a validation image of 12x16, maps as npy, and what is not of it."""
    rng = np.random.default_rng(0)
    files = {'NYUD_MT/gt_sets/train.txt': b'0001\n0003\n', 'NYUD_MT/gt_sets/val.txt': b'0002\n'}
    for name in ('0001', '0002', '0003'):
        normals = rng.normal(size=(12, 16, 3)).astype(np.float32)
        maps = {
            f'images/{name}.jpg': image_bytes(rng.integers(0, 256, (12, 16, 3), np.uint8), 'jpg'),
            f'segmentation/{name}.png': image_bytes(rng.integers(0, 41, (12, 16), np.uint8)),
            f'depth/{name}.npy': npy_bytes(rng.uniform(1, 9, (12, 16)).astype(np.float32)),
            f'normals/{name}.npy': npy_bytes(normals / np.linalg.norm(normals, axis=-1, keepdims=True)),
            f'edge/{name}.npy': npy_bytes(rng.integers(0, 2, (12, 16)).astype(np.float32)),
        }
        files |= {f'NYUD_MT/{place}': content for place, content in maps.items()}
    return {**files, 'NYUD_MT/README': b'not of the layout', 'NYUD_MT/images/._0001.jpg': b'of a file system'}


@pytest.fixture
def raw_nyud(tmp_path: Path) -> Callable[..., Path]:
    """Writes the official file with a few frames; the others are there, and empty."""
    h5py = pytest.importorskip('h5py')

    def write(frames: int = 3, filled: int = 3, most: int = 894, **replaced) -> Path:
        path = tmp_path / 'nyu_depth_v2_labeled.mat'
        with h5py.File(path, 'w', userblock_size=512) as file:
            for name, values in {**raw_variables(filled, most), **replaced}.items():
                if values is None:
                    continue
                variable = file.create_dataset(
                    name, (frames, *values.shape[1:]), values.dtype, chunks=(1, *values.shape[1:]), compression='gzip'
                )
                variable[: len(values)] = values
        with path.open('r+b') as file:
            file.write(b'MATLAB 7.3 MAT-file, Platform: GLNXA64'.ljust(128))
        return path

    return write


def raw_variables(frames: int, most: int) -> dict[str, np.ndarray]:
    """A floor below a wall, 0.8 m under and 3 m before the camera, whose labels are 1 and ``most``; void between.

    In h5py's order of axes: frame, (colour,) column, row.
    """
    rows = np.arange(480)
    below = np.maximum(rows - 252.736166, 1) / 519.469611
    depth = np.minimum(3, 0.8 / below)
    labels = np.where(depth < 3, 1, most)
    labels[[first := int((depth < 3).argmax()), first - 1]] = 0
    image = np.stack([rows % 256, 0 * rows + 200, 255 - rows % 256])
    return dict(
        images=np.broadcast_to(image[:, None], (frames, 3, 640, 480)).astype(np.uint8),
        depths=np.broadcast_to(depth, (frames, 640, 480)).astype(np.float32),
        labels=np.broadcast_to(labels, (frames, 640, 480)).astype(np.uint16),
    )


@pytest.fixture
def mat_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a MATLAB 5 file of variables."""

    def write(name: str, **variables) -> Path:
        savemat(tmp_path / name, variables)
        return tmp_path / name

    return write


@pytest.fixture
def splits_mat(mat_file: Callable[..., Path]) -> Path:
    """``splits.mat`` of three frames, columns of MATLAB."""
    return mat_file('splits.mat', trainNdxs=np.uint16([[1], [3]]), testNdxs=np.uint16([[2]]))


@pytest.fixture
def mapping_mat(mat_file: Callable[..., Path]) -> Path:
    """``classMapping40.mat``: class 1 is floor (2), class 894 is wall (1), the others are other prop."""
    classes = np.full((1, 894), 40.0)
    classes[0, [0, 893]] = 2, 1
    return mat_file('classMapping40.mat', mapClass=classes)


@pytest.fixture
def pascal_files() -> Files:
    """``PASCAL_MT`` with two training images and a validation image of 20x24; a person in the first two."""
    rng = np.random.default_rng(0)
    files = {
        'PASCAL_MT/ImageSets/Context/train.txt': b'2008_000001\n2009_000003\n',
        'PASCAL_MT/ImageSets/Context/val.txt': b'2008_000002\n',
    }
    for name, objects in (('2008_000001', ['person']), ('2009_000003', ['chair', 'person']), ('2008_000002', [])):
        labels = np.repeat(np.uint16([[158] * 12 + [284] * 12]), 20, 0)
        maps = {
            f'JPEGImages/{name}.jpg': image_bytes(rng.integers(0, 256, (20, 24, 3), np.uint8), 'jpg'),
            f'semseg/VOC12/{name}.png': image_bytes(rng.integers(0, 21, (20, 24), np.uint8)),
            f'human_parts/{name}.mat': mat_bytes(anno=dict(imname=name, objects=structures(map(thing, objects)))),
            f'sal_distill/{name}.png': image_bytes(rng.integers(0, 256, (20, 24), np.uint8)),
            f'normals_distill/{name}.png': image_bytes(rng.integers(0, 256, (20, 24, 3), np.uint8)),
            f'pascal-context/trainval/{name}.mat': mat_bytes(LabelMap=labels),
        }
        files |= {f'PASCAL_MT/{place}': content for place, content in maps.items()}
    return {**files, 'PASCAL_MT/ImageSets/Parts/train.txt': b'not of the layout'}


def mat_bytes(**variables) -> bytes:
    file = io.BytesIO()
    savemat(file, variables, do_compression=True)
    return file.getvalue()


def thing(name: str) -> dict:
    """An object of PASCAL-Part in columns 4 to 11, of a person the head in rows 2 to 5."""
    mask, head = np.zeros((2, 20, 24), np.uint8)
    mask[2:18, 4:12], head[2:6, 4:12] = 1, 1
    number = dict(person=15, chair=9)[name]
    parts = [dict(part_name='head', mask=head)] if name == 'person' else []
    return {'class': name, 'class_ind': number, 'mask': mask, 'parts': structures(parts)}


def structures(rows: Iterable[dict]) -> np.ndarray:
    """A MATLAB array of structures, (0, 0) without any."""
    rows = list(rows)
    if not rows:
        return np.zeros((0, 0))
    fields = [(name, object) for name in rows[0]]
    return np.array([tuple(row.values()) for row in rows], fields).reshape(1, -1)
