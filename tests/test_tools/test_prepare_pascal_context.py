from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from tools.dataset_converters.pascal_context import main


def run(*arguments) -> int:
    return main([str(argument) for argument in arguments])


@pytest.fixture
def voc(tmp_path) -> Path:
    """VOC 2010 with one image per split, and two folders of PASCAL-Context's annotations."""
    for folder in ('VOC2010/JPEGImages', 'VOC2010/ImageSets/Main', 'parts', 'context'):
        (tmp_path / folder).mkdir(parents=True)
    for split, name in (('train', '2008_000001'), ('val', '2008_000002')):
        (tmp_path / f'VOC2010/ImageSets/Main/{split}.txt').write_text(name)
        Image.fromarray(np.ones((8, 9, 3), np.uint8)).save(tmp_path / f'VOC2010/JPEGImages/{name}.jpg')
        savemat(tmp_path / f'parts/{name}.mat', dict(anno=dict(imname=name, objects=np.zeros((0, 0)))))
        savemat(tmp_path / f'context/{name}.mat', dict(LabelMap=np.full((8, 9), 284)))
    return tmp_path / 'VOC2010'


def test_it_reports_what_it_wrote_and_what_was_there(tmp_path, voc, capsys):
    folders = ('--parts', tmp_path / 'parts', '--context', tmp_path / 'context')
    assert run('--workers', 1, *folders, voc, tmp_path / 'out') == 0
    first = capsys.readouterr().out
    assert 'out: PASCAL-Context: written and verified' in first
    assert 'val: 1 images (the whole data set has 5105)' in first
    found = [line.split() for line in first.splitlines() if line.startswith('  ')]
    assert found[:5] == found[5:] == [
        ['semseg', '1', 'maps,', '0.0%', 'void'], ['human_parts', '1', 'maps,', '100.0%', 'void'],
        ['saliency', 'no', 'maps'], ['normals', 'no', 'maps'], ['edge', '1', 'maps,', '0.0%', 'void,', '0', 'to', '0'],
    ]  # fmt: skip
    assert run('--workers', 1, *folders, voc, tmp_path / 'out') == 0
    assert 'already there, verified' in capsys.readouterr().out


def test_it_ends_with_one_line(tmp_path, voc, capsys):
    assert run(voc, tmp_path / 'out') == 1
    message = capsys.readouterr().err
    assert message.startswith('error: ') and 'VOC2010: ImageSets/Context/train.txt is missing' in message
    assert message.count('\n') == 1 and not (tmp_path / 'out').exists()
