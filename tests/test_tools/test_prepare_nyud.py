import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools.dataset_converters.nyud import main


def run(*arguments) -> int:
    return main([str(argument) for argument in arguments])


@pytest.fixture
def archive(tmp_path) -> Path:
    """``NYUD_MT.tgz`` with one image per split, and classes only."""
    with tarfile.open(tmp_path / 'NYUD_MT.tgz', 'w:gz') as tar:
        for split, name in (('train', '0003'), ('val', '0001')):
            add(tar, f'gt_sets/{split}.txt', name.encode())
            add(tar, f'images/{name}.jpg', image_bytes((8, 8, 3), 'jpeg'))
            add(tar, f'segmentation/{name}.png', image_bytes((8, 8), 'png'))
    return tmp_path / 'NYUD_MT.tgz'


def image_bytes(shape: tuple[int, ...], kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.ones(shape, np.uint8)).save(file, kind)
    return file.getvalue()


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(f'NYUD_MT/{name}')
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def test_it_reports_what_it_wrote_and_what_was_there(tmp_path, archive, capsys):
    assert run('--workers', 1, archive, tmp_path / 'out') == 0
    first = capsys.readouterr().out
    assert 'out: NYUD: written and verified' in first
    assert 'train: 1 images (the whole data set has 795)' in first
    assert [line.split() for line in first.splitlines() if 'semseg' in line] == [
        ['semseg', '1', 'maps,', '0.0%', 'void']
    ] * 2
    assert [line.split() for line in first.splitlines() if 'depth' in line] == [['depth', 'no', 'maps']] * 2
    assert run(archive, tmp_path / 'out', '--workers', 1) == 0
    assert 'out: NYUD: already there, verified' in capsys.readouterr().out


def test_it_ends_with_one_line(tmp_path, archive, capsys):
    archive.write_bytes(archive.read_bytes()[:300])
    for arguments, reason in [
        ((archive, tmp_path / 'out'), 'NYUD_MT.tgz: the archive is damaged'),
        ((tmp_path / 'none.tgz', tmp_path / 'out'), 'none.tgz'),
        ((archive, tmp_path), 'in the way'),
    ]:
        assert run(*arguments, '--workers', 1) == 1
        message = capsys.readouterr().err
        assert message.startswith('error: ') and reason in message and message.count('\n') == 1
    assert [path.name for path in tmp_path.iterdir()] == ['NYUD_MT.tgz']
