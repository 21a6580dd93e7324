import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools.check_dataset import main

CLASSES = ('wall', 'floor', 'lamp', 'sofa')
SPLITS = {'train': ['a', 'b', 'c', 'd'], 'val': ['e', 'f']}
CONFIG = """
data_root = {root!r}
tasks = [
    dict(type='ClassMap', name='semseg', classes={classes!r}, label_offset=1),
    dict(type='DepthMap', name='depth'),
    dict(type='SurfaceNormals', name='normals'),
]
data = dict(type='NYUDMultiTask', data_root=data_root, tasks=tasks)
pipeline = [dict(type='LoadImage')]
train_dataloader = dict(dataset=dict(type='RepeatDataset', times=9, dataset=dict(split='train', **data)))
val_dataloader = dict(dataset=dict(split='val', pipeline=pipeline, **data))
test_dataloader = dict(dataset=dict(split='val', pipeline=[], **data))
"""


def write_sample(root: Path, name: str, rng: np.random.Generator) -> None:
    """Random maps with void. The last class never occurs, lamps occur only in train, and 'b' has wrong lengths."""
    size = (12, 16) if name != 'f' else (20, 10)
    Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8)).save(root / f'images/{name}.jpg')
    labels = rng.choice([0, 1, 2, 255] + [3] * (name in SPLITS['train']), size).astype(np.uint8)
    Image.fromarray(labels).save(root / f'segmentation/{name}.png')
    depth = rng.uniform(0.5, 9, size).astype(np.float32)
    depth[rng.random(size) < 0.2] = rng.choice([0, -1, np.nan, np.inf])
    np.save(root / f'depth/{name}.npy', depth)
    normals = rng.normal(size=(*size, 3))
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    np.save(root / f'normals/{name}.npy', (normals * (0.5 if name == 'b' else 1)).astype(np.float32))


@pytest.fixture
def root(tmp_path):
    rng = np.random.default_rng(0)
    root = tmp_path / 'data'
    for folder in ('images', 'segmentation', 'depth', 'normals', 'gt_sets'):
        (root / folder).mkdir(parents=True)
    for split, names in SPLITS.items():
        (root / f'gt_sets/{split}.txt').write_text('\n'.join(names))
        for name in names:
            write_sample(root, name, rng)
    return root


@pytest.fixture
def check(root, tmp_path):
    """Runs the checker and returns its exit status and report."""
    config = tmp_path / 'tiny.py'
    config.write_text(CONFIG.format(root='nowhere', classes=CLASSES))

    def run(*args, out='out'):
        options = ['--cfg-options', f'data_root={root}', '--out-dir', str(tmp_path / out), '--workers', '1']
        status = main([str(config), *options, *args])
        return status, json.loads((tmp_path / out / 'report.json').read_text())

    return run


def valid_depths(root, names):
    values = np.concatenate([np.load(root / f'depth/{name}.npy').ravel() for name in names])
    return values[np.isfinite(values) & (values > 0)], len(values)


@pytest.mark.parametrize('split', SPLITS)
def test_figures_agree_with_numpy(check, root, split):
    status, report = check('--samples', '0')
    assert status == 0 and not report['errors']
    found, names = report['splits'][split], SPLITS[split]
    assert found['samples'] == found['images']['read'] == len(names)

    labels = [np.array(Image.open(root / f'segmentation/{name}.png')).astype(int) for name in names]
    pooled = np.concatenate([x.ravel() for x in labels])
    counted = np.array([(pooled == k).sum() for k in range(1, 5)])
    rows = found['tasks']['semseg']['classes']
    assert [row['name'] for row in rows] == list(CLASSES)
    assert [row['share'] for row in rows] == pytest.approx(counted / counted.sum())
    assert [row['images'] for row in rows] == [sum((x == k).any() for x in labels) for k in range(1, 5)]
    assert found['tasks']['semseg']['void'] == pytest.approx(1 - counted.sum() / len(pooled))

    depth, pixels = valid_depths(root, names)
    maps = found['tasks']['depth']
    (values,) = maps['values']
    assert [values[key] for key in ('min', 'mean', 'max')] == pytest.approx([depth.min(), depth.mean(), depth.max()])
    for percent, value in values['percentiles'].items():
        assert value == pytest.approx(np.percentile(depth, int(percent), method='inverted_cdf'), rel=1e-3)
    assert maps['void'] == pytest.approx(1 - len(depth) / pixels) and maps['types'] == {'float32': len(names)}

    pixels = [np.array(Image.open(root / f'images/{name}.jpg')).reshape(-1, 3) for name in names]
    assert found['images']['rgb_mean'] == pytest.approx(np.concatenate(pixels).mean(0))
    assert found['images']['rgb_std'] == pytest.approx(np.concatenate(pixels).std(0))


def test_the_tables_show_repeated_splits_rare_classes_and_wrong_lengths(check, capsys):
    _, report = check('--samples', '0')
    assert report['splits']['test'] == {'same_as': 'val'}
    assert report['classes']['semseg'] == {'never': ['sofa'], 'only': {'train': ['lamp'], 'val': []}}
    sizes = report['splits']['val']['images']['sizes']
    assert (sizes['height'], sizes['width'], sizes['distinct']) == ([12, 20], [10, 16], 2)
    off = [report['splits'][split]['tasks']['normals']['off_length'] for split in SPLITS]
    assert off == [0.25, 0]  # one of the four maps of train
    output = capsys.readouterr().out
    lines = [[cell.strip() for cell in line.split('|')[1:-1]] for line in output.splitlines() if '|' in line]
    assert ['test', 'as val', '', '', '', ''] in lines
    assert any(line[0] == 'sofa' and line[-1] == 'never' for line in lines)
    assert any(line[0] == 'lamp' and line[-1] == 'only train' for line in lines)
    assert any(line[:2] == ['train', 'normals x'] and line[-1] == 'length not 1: 25.00%' for line in lines)
    assert 'only train has lamp' in output


def test_processes_and_seed_change_nothing(check, tmp_path):
    reports = [check('--workers', workers, '--samples', '2', out=f'out{workers}')[1] for workers in ('1', '2')]
    assert reports[0] == reports[1]
    sheets = [(tmp_path / f'out{workers}/contact_sheet.png').read_bytes() for workers in ('1', '2')]
    assert sheets[0] == sheets[1]
    check('--samples', '2', '--seed', '1', out='other')
    assert (tmp_path / 'other/contact_sheet.png').read_bytes() != sheets[0]


def damage(root):
    """Damages one file of each kind, and returns the expected messages."""
    jpg = (root / 'images/a.jpg').read_bytes()
    (root / 'images/a.jpg').write_bytes(jpg[: len(jpg) * 2 // 3])
    np.save(root / 'depth/b.npy', np.ones((5, 5), np.float32))
    np.save(root / 'depth/c.npy', np.ones((12, 16), np.complex64))
    Image.fromarray(np.full((12, 16), 9, np.uint8)).save(root / 'segmentation/d.png')
    (root / 'normals/e.npy').write_bytes(b'\x93NUMPY')
    return {
        'images/a.jpg': 'cannot be read', 'depth/b.npy': '5x5 pixels', 'depth/c.npy': 'complex64',
        'segmentation/d.png': 'values from 9 to 9', 'normals/e.npy': 'cannot be read',
    }  # fmt: skip


def test_every_broken_file_is_named_and_the_rest_is_read(check, root, tmp_path, capsys):
    expected = damage(root)
    (root / 'depth/d.npy').unlink()
    status, report = check()
    assert status == 1
    assert {fault['file']: fault['sample'] for fault in report['faults']} == {
        str(root / file): Path(file).stem for file in expected
    }
    errors = capsys.readouterr().err
    for file, reason in expected.items():
        assert any(str(root / file) in line and reason in line for line in errors.splitlines())
    assert 'Traceback' not in errors
    train = report['splits']['train']
    assert (train['samples'], train['images']['read']) == (4, 3)
    counts = [[maps[key] for key in ('read', 'missing', 'broken')] for maps in train['tasks'].values()]
    assert counts == [[3, 0, 1], [1, 1, 2], [4, 0, 0]]
    depth, _ = valid_depths(root, ['a'])
    assert train['tasks']['depth']['values'][0]['mean'] == pytest.approx(depth.mean())
    with Image.open(tmp_path / 'out/contact_sheet.png') as sheet:
        assert sheet.width > 4 * 256


def remove_masks(root):
    for file in (root / 'segmentation').iterdir():
        file.unlink()
    (root / 'segmentation').rmdir()


@pytest.mark.parametrize(
    ('spoil', 'broken', 'reason'),
    [
        (lambda root: (root / 'gt_sets/val.txt').write_text(''), ['val'], 'the split is empty'),
        (lambda root: (root / 'gt_sets/train.txt').unlink(), ['train'], 'no such list'),
        (remove_masks, ['train', 'val'], 'no such folder'),
    ],
)
def test_a_split_that_cannot_be_opened_leaves_the_others(check, root, capsys, spoil, broken, reason):
    spoil(root)
    status, report = check('--samples', '0')
    assert status == 1
    for split in SPLITS:
        assert (reason in report['splits'][split].get('error', '')) == (split in broken)
        assert ('samples' in report['splits'][split]) == (split not in broken)
    assert reason in capsys.readouterr().err


def test_images_rotated_by_exif_data_are_a_warning(check, root):
    exif = Image.Exif()
    exif[274] = 3  # upside down, which no size tells
    for name in 'ab':
        with Image.open(root / f'images/{name}.jpg') as image:
            image.save(root / f'images/{name}.jpg', exif=exif)
    _, report = check()
    assert 'train: EXIF data rotate 2 images: a, b' in '\n'.join(report['warnings'])
    _, report = check('--cfg-options', f'data_root={root}', 'train_dataloader.dataset.dataset.upright=False')
    assert 'EXIF' not in '\n'.join(report['warnings'])


def test_images_of_train_in_val_are_an_error(check, root, capsys):
    (root / 'gt_sets/val.txt').write_text('b e f')
    for folder, suffix in (('images', 'jpg'), ('segmentation', 'png'), ('depth', 'npy'), ('normals', 'npy')):
        (root / f'{folder}/e.{suffix}').write_bytes((root / f'{folder}/c.{suffix}').read_bytes())
    status, report = check('--samples', '0')
    assert status == 1 and report['leaks'] == {'val': [['b', 'b'], ['c', 'e']]}
    assert 'val: 2 of its images are in train too: b, e' in capsys.readouterr().err


def write_edges(root, arrays):
    """Writes edges of the samples of train and val from arrays, in order."""
    (root / 'edge').mkdir()
    for name, array in zip('abcdef', arrays, strict=True):
        values = np.resize(array, (20, 10) if name == 'f' else (12, 16))
        if array.dtype == np.uint8:
            Image.fromarray(values).save(root / f'edge/{name}.png')
        else:
            np.save(root / f'edge/{name}.npy', values)


@pytest.fixture
def check_edges(check, tmp_path):
    """Runs the checker with an additional edge task that has these settings."""

    def run(**settings):
        path = tmp_path / 'tiny.py'
        edge = dict(type='BinaryMap', name='edge', **settings)
        path.write_text(path.read_text().replace('data = dict', f'tasks.append({edge!r})\ndata = dict'))
        return check('--samples', '0')

    return run


def test_encodings_are_reported_and_files_of_two_types_are_a_warning(check_edges, root, capsys):
    write_edges(root, [np.uint8([0, 255])] * 5 + [np.float32([0, 1])])
    status, report = check_edges()
    assert status == 0
    stored = report['splits']['train']['tasks']['edge']['stored']
    assert stored == {'uint8': dict(files=4, reading='yes above 127.5', min=0, max=255, values=[0, 255])}
    output = capsys.readouterr().out
    lines = [[cell.strip() for cell in line.split('|')[1:-1]] for line in output.splitlines() if '|' in line]
    assert ['train', 'edge', 'uint8', '4', '0, 255', 'yes above 127.5'] in lines
    assert ['val', 'edge', 'float32', '1', '0 to 1', 'yes above 0.5'] in lines
    assert [line for line in report['warnings'] if line.startswith('edge: ')] == [
        'edge: the files have different types, each decoded by its own rule (see table "files"): '
        '5 of uint8, 1 of float32'
    ]


def test_files_with_unexpected_values_are_errors_with_possible_settings(check_edges, root, capsys):
    write_edges(root, [np.uint8([0, 255])] * 4 + [np.uint8([0, 1]), np.uint8([0, 1, 255])])
    status, report = check_edges()
    assert status == 1
    assert [Path(fault['file']).stem for fault in report['faults']] == ['e', 'f']
    assert 'yes_value=1, void_value=255' in capsys.readouterr().err


@pytest.mark.parametrize(('value', 'word'), [(1, 'no'), (255, 'every')])
def test_masks_without_a_yes_or_a_no_are_a_warning(check_edges, root, value, word):
    write_edges(root, [np.uint8([value])] * 6)
    status, report = check_edges(yes_value=255)
    assert status == 0
    assert f'train: {word} valid pixel of task "edge" is a yes; check yes_value and void_value' in report['warnings']


def test_depth_and_normals_in_another_unit_are_a_warning(check, root):
    for path in (root / 'depth').iterdir():
        np.save(path, np.load(path) * np.float32(100))
    for path in (root / 'normals').iterdir():
        np.save(path, np.load(path) * np.float32(0.5))
    warnings = '\n'.join(check('--samples', '0')[1]['warnings'])
    assert 'half of the depth of task "depth" is beyond' in warnings
    assert 'most vectors of task "normals" do not have length 1' in warnings


def test_an_invalid_task_is_an_error_without_a_traceback(check, root, tmp_path, capsys):
    path = tmp_path / 'tiny.py'
    path.write_text(path.read_text().replace('label_offset=1', 'label_ofset=1'))
    status, report = check('--samples', '0')
    assert status == 1 and 'label_ofset' in report['splits']['train']['error']
    assert 'task "semseg": ' in capsys.readouterr().err


def test_a_config_without_data_is_an_error(tmp_path, capsys):
    (tmp_path / 'empty.py').write_text('x = 1')
    assert main([str(tmp_path / 'empty.py'), '--out-dir', str(tmp_path / 'out')]) == 1
    assert 'train_dataloader' in capsys.readouterr().err
    assert main([str(tmp_path / 'none.py')]) == 1
    assert 'no config file' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([str(tmp_path / 'empty.py'), '--workers', '0'])
