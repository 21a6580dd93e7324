import sys

import numpy as np
import pytest

from mtcp_mm.dataset_tools.preparation.raw_nyud import count_frames, largest_label, read_frame
from mtcp_mm.tasks import DataError

h5py = pytest.importorskip('h5py')


def test_a_frame_is_read_upright(raw_nyud):
    path = raw_nyud(frames=4)
    assert count_frames(path) == 4
    frame = read_frame(path, 3)
    assert (frame.image.shape, frame.depth.shape, frame.labels.shape) == ((480, 640, 3), (480, 640), (480, 640))
    assert frame.image[300, 5].tolist() == [300 % 256, 200, 255 - 300 % 256]
    assert frame.depth[479, 0] == pytest.approx(0.8 / ((479 - 252.736166) / 519.469611))
    assert (frame.labels[0] == 894).all() and (frame.labels[479] == 1).all()
    assert largest_label(path, 3) == 894 and largest_label(path, 4) == 0
    assert not read_frame(path, 4).depth.any()


def test_holes_are_zero(raw_nyud):
    depth = np.full((1, 640, 480), 2, np.float32)
    depth[0, 0, :3] = np.nan, np.inf, -1
    frame = read_frame(raw_nyud(1, 1, depths=depth), 1)
    assert frame.depth[:4, 0].tolist() == [0, 0, 0, 2]


@pytest.mark.parametrize(
    ('replaced', 'reason'),
    [
        (dict(labels=None), 'no variable "labels"'),
        (dict(depths=np.ones((3, 480, 640), np.float32)), '"depths" has frames of 480x640'),
        (dict(images=np.ones((3, 640, 480), np.uint8)), '"images" has frames of 640x480'),
        (dict(labels=np.ones((3, 640, 480), np.float32)), '"labels" has frames of 640x480, float32'),
    ],
)
def test_what_does_not_fit_is_named(raw_nyud, replaced, reason):
    with pytest.raises(DataError, match=f'nyu_depth_v2_labeled.mat: {reason}'):
        count_frames(raw_nyud(**replaced))


def test_variables_of_different_length_are_refused(raw_nyud):
    path = raw_nyud()
    with h5py.File(path, 'r+') as file:
        del file['labels']
        file.create_dataset('labels', (2, 640, 480), np.uint16, compression='gzip')
    with pytest.raises(DataError, match=r'variables of \[2, 3\] frames'):
        count_frames(path)


def test_millimetres_are_refused(raw_nyud):
    for depth in (20.5, 2000):
        with pytest.raises(DataError, match=f'frame 1 has depths up to {depth:g}'):
            read_frame(raw_nyud(depths=np.full((3, 640, 480), depth, np.float32)), 1)


@pytest.mark.parametrize('how', ['cut', 'flipped', 'text', 'empty'])
def test_a_damaged_file_is_named(raw_nyud, how):
    path = raw_nyud(frames=2, filled=2, depths=np.random.default_rng(0).uniform(1, 5, (2, 640, 480)).astype('f4'))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :: 1000] = bytes(len(content[len(content) // 2 :: 1000]))
    whole = path.read_bytes()
    path.write_bytes(dict(cut=whole[: len(whole) // 2], flipped=content, text=b'MATLAB 7.3 no more', empty=b'')[how])
    with pytest.raises(DataError, match='nyu_depth_v2_labeled.mat: .*get the file again'):
        count_frames(path)
        for number in (1, 2):
            read_frame(path, number)


@pytest.mark.parametrize('how', ['external', 'virtual', 'soft link', 'external link'])
def test_values_of_another_file_are_refused(raw_nyud, tmp_path, how):
    path, secret = raw_nyud(depths=None), tmp_path / 'secret'
    secret.write_bytes(bytes(3 * 640 * 480 * 4))
    shape = (3, 640, 480)
    with h5py.File(path, 'r+') as file:
        if how == 'external':
            file.create_dataset('depths', shape, np.float32, external=[(str(secret), 0, secret.stat().st_size)])
        elif how == 'virtual':
            virtual = h5py.VirtualLayout(shape, np.float32)
            virtual[:] = h5py.VirtualSource(str(secret), 'depths', shape)
            file.create_virtual_dataset('depths', virtual)
        elif how == 'soft link':
            file['depths'] = h5py.SoftLink('/labels')
        else:
            file['depths'] = h5py.ExternalLink(str(secret), 'depths')
    with pytest.raises(DataError, match='lie in another file|no variable "depths"'):
        count_frames(path)


def test_without_h5py_it_is_named(raw_nyud, monkeypatch):
    path = raw_nyud()
    monkeypatch.setitem(sys.modules, 'h5py', None)
    with pytest.raises(ImportError, match='nyu_depth_v2_labeled.mat: reading it needs h5py; install it'):
        count_frames(path)


def test_an_older_matlab_file_is_named(mat_file):
    with pytest.raises(DataError, match=r'old.mat: damaged, or no MATLAB 7.3 \(HDF5\) file'):
        count_frames(mat_file('old.mat', images=1))


def test_frames_in_enormous_pieces_are_refused(raw_nyud):
    path = raw_nyud(depths=None)
    with h5py.File(path, 'r+') as file:
        unlimited = (None, 640, 480)
        file.create_dataset('depths', (3, 640, 480), 'f4', chunks=(500, 640, 480), maxshape=unlimited)
    with pytest.raises(DataError, match='nyu_depth_v2_labeled.mat: .*grows beyond'):
        count_frames(path)
