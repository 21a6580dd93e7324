"""Tiny data sets, and guides (docs/*.md) whose files are written and whose commands are run as given."""

import importlib
import itertools
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
FILE = re.compile(r'^`([^`]+\.py)`\n\n```python\n(.*?)^```', re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r'^```bash\n(.*?)^```', re.MULTILINE | re.DOTALL)
SIZE = (64, 128)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trains on the CPU, and undoes what training changes in the environment."""
    monkeypatch.setattr(os, 'environ', os.environ.copy())
    monkeypatch.setattr('mmengine.device.utils.DEVICE', 'cpu')


def write_blocks(path: Path, rng: np.random.Generator, values: list[int], dtype: type = np.uint8) -> None:
    """Writes an image of random 8x8 blocks."""
    blocks = rng.choice(values, (SIZE[0] // 8, SIZE[1] // 8))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(blocks.repeat(8, 0).repeat(8, 1).astype(dtype)).save(path)


def write_image(path: Path, rng: np.random.Generator) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 256, (*SIZE, 3), np.uint8)).save(path)


@pytest.fixture(scope='session')
def cityscapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cityscapes with four images to train on and two to evaluate on, one of them without disparity."""
    root = tmp_path_factory.mktemp('cityscapes')
    rng = np.random.default_rng(0)
    for split, cities in dict(train=('aachen', 'bonn'), val=('ulm',)).items():
        for city, number in [(city, number) for city in cities for number in range(2)]:
            place, name = f'{split}/{city}', f'{city}_00000{number}_000019'
            write_image(root / f'leftImg8bit/{place}/{name}_leftImg8bit.png', rng)
            write_blocks(root / f'gtFine/{place}/{name}_gtFine_labelTrainIds.png', rng, [*range(19), 255])
            if (city, number) != ('bonn', 1):
                disparities = [0, 1, *range(257, 30000, 999)]
                write_blocks(root / f'disparity/{place}/{name}_disparity.png', rng, disparities, np.uint16)
    return root


@pytest.fixture(scope='session')
def nyud(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NYUD with four images to train on and two to evaluate on, with maps of three more tasks."""
    root = tmp_path_factory.mktemp('nyud')
    rng = np.random.default_rng(1)
    for number in range(6):
        name = f'{number:04d}'
        write_image(root / f'images/{name}.jpg', rng)
        write_image(root / f'normals/{name}.png', rng)
        write_blocks(root / f'segmentation/{name}.png', rng, [*range(41)])
        write_blocks(root / f'material/{name}.png', rng, [*range(5)])
        write_blocks(root / f'reflective/{name}.png', rng, [0, 0, 0, 255])
        for folder in ('depth', 'centres'):
            (root / folder).mkdir(exist_ok=True)
        np.save(root / f'depth/{name}.npy', rng.uniform(1, 9, SIZE).astype(np.float32))
        offsets = rng.normal(0, 9, (*SIZE, 2)).astype(np.float32)
        offsets[:8] = np.nan
        np.save(root / f'centres/{name}.npy', offsets)
    (root / 'gt_sets').mkdir()
    (root / 'gt_sets/train.txt').write_text('0000\n0001\n0002\n0003\n')
    (root / 'gt_sets/val.txt').write_text('0004\n0005\n')
    return root


class Project:
    """A clone of the repository in which a user follows a guide.

    Args:
        root: The current folder.
        guide: The guide's text.
        data: Folders of data by their names in ``data/``.
    """

    def __init__(self, root: Path, guide: str, **data: Path) -> None:
        self.root = root
        (root / 'data').mkdir()
        (root / 'configs').symlink_to(ROOT / 'configs')
        for name, folder in data.items():
            (root / 'data' / name).symlink_to(folder)
        self.files = dict(FILE.findall(guide))
        for name, code in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code)
        self.commands = [line for block in COMMANDS.findall(guide) for line in block.splitlines()]
        exports = [line.partition('=')[2] for line in self.commands if line.startswith('export PYTHONPATH=')]
        self.python_path = exports

    def run(self, tool: str, *options: str, **replaced: str) -> None:
        """Runs the guide's one command ``python tools/<tool>.py ...`` in this process, with options added.

        Args:
            tool: The tool's name, with its folder in ``tools/`` if it has one.
            options: Further arguments.
            replaced: Replacements of text in the command, such as the number of an epoch.
        """
        (line,) = [line for line in self.commands if line.startswith(f'python tools/{tool}.py ')]
        for old, new in replaced.items():
            assert old in line
            line = line.replace(old, new)
        sys.argv = [*shlex.split(line)[1:], *options]
        assert not importlib.import_module(f'tools.{tool}'.replace('/', '.')).main()


@pytest.fixture(scope='module')
def open_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Project]]:
    """Opens a project for a guide, makes it the current folder, and makes the guide's modules importable."""
    with pytest.MonkeyPatch.context() as patch:

        def open_project(guide: str, **data: Path) -> Project:
            project = Project(tmp_path_factory.mktemp('project'), (ROOT / 'docs' / guide).read_text(), **data)
            patch.setattr(sys, 'argv', sys.argv)
            patch.chdir(project.root)
            for folder in project.python_path:
                patch.syspath_prepend(project.root / folder)
            return project

        yield open_project


@pytest.fixture
def guide_table() -> Callable[[str, str], list[list[str]]]:
    """Reads the rows of a guide's table, given the title of its first column, without code marks."""

    def guide_table(guide: str, first: str) -> list[list[str]]:
        lines = (ROOT / 'docs' / guide).read_text().splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith(f'| {first} |'))
        rows = itertools.takewhile(lambda line: line.startswith('|'), lines[start + 2 :])
        return [[cell.strip() for cell in row.replace('`', '').strip('|').split('|')] for row in rows]

    return guide_table
