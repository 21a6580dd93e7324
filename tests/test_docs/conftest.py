"""A folder in which the commands of the documentation run as written: small data, tiny networks, no downloads."""

import os
import runpy
import sys
import tarfile
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from mmengine.config import Config

from mtcp_mm.engine.config import read_config
from mtcp_mm.rooms import RoomsParameters, write_rooms

ROOT = Path(__file__).parents[2]
TINY = ROOT / 'tests/test_end_to_end/tiny_config.py'
SIZE = 64
PLACEHOLDERS = dict(IMAGE_OR_FOLDER='images', FOLDER='.')
"""Names that documents use for a user's own files, and the part of the data set that replaces them."""


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs everything on the CPU, and undoes what training changes in the environment."""
    monkeypatch.setattr(os, 'environ', os.environ.copy())
    monkeypatch.setattr('mmengine.device.utils.DEVICE', 'cpu')


@pytest.fixture(scope='session')
def data_sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Rendered rooms in both layouts, by class: four images to train on and two to evaluate on."""
    root = tmp_path_factory.mktemp('data')
    sets = {'NYUDMultiTask': 'nyud', 'PascalContextMultiTask': 'pascal'}
    for layout in sets.values():
        write_rooms(root / layout, RoomsParameters(4, 2, height=48, width=64, seed=0, layout=layout))
    return {name: root / layout for name, layout in sets.items()}


def shrink(cfg: Config) -> Config:
    """Makes a config fast: the tests' tiny network, small images, one epoch."""
    cfg.model = read_config(TINY, dict(tasks=cfg.tasks)).model
    cfg.train_cfg.update(max_epochs=1, val_interval=1)
    cfg.default_hooks.logger.interval = 1
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.update(batch_size=2, num_workers=0)
        for step in loader.dataset.pipeline:
            step.update({key: (SIZE, SIZE) for key in ('scale', 'size') if key in step})
    return cfg


@contextmanager
def arguments_of_program(*words: str) -> Iterator[None]:
    """Sets the command line of this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, 'argv', [*words])
        yield


class Workshop:
    """A folder with the files of a user who follows the documentation.

    Args:
        root: An empty folder, which is the current one.
        data_sets: Folder of each data set, by class.
    """

    def __init__(self, root: Path, data_sets: Mapping[str, Path]) -> None:
        self.root, self.data_sets = root, data_sets

    def add_config(self, path: str) -> Config:
        """Adds a shrunk copy of a shipped config, and its data, where a command looks for them."""
        cfg = shrink(read_config(ROOT / path))
        kind = cfg.train_dataloader.dataset.type
        self.link(cfg.data_root, self.data_sets[kind])
        self.add_images(kind)
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        cfg.dump(self.root / path)
        return cfg

    def add_images(self, kind: str = 'NYUDMultiTask') -> None:
        """Adds the images of a data set where a command looks for those of a user."""
        images = {'NYUDMultiTask': 'images', 'PascalContextMultiTask': 'JPEGImages'}[kind]
        for name, part in PLACEHOLDERS.items():
            self.link(name, self.data_sets[kind] / part.replace('images', images))

    def link(self, name: str, target: Path) -> None:
        """Links a name in this folder to a file or folder elsewhere."""
        link = self.root / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(target)

    def call(self, script: str, *arguments: str) -> None:
        """Runs one of the project's tools in this process.

        Raises:
            SystemExit: It exited with a status other than 0.
        """
        with arguments_of_program(script, *arguments):
            try:
                runpy.run_path(str(ROOT / script), run_name='__main__')
            except SystemExit as end:
                if end.code:
                    raise

    def parse(self, script: str, *arguments: str) -> Namespace:
        """Only parses the arguments of one of the project's tools."""
        with arguments_of_program(script, *arguments):
            return runpy.run_path(str(ROOT / script))['parse_args']()

    def add_archive(self, name: str, kind: str) -> None:
        """Packs a data set as published archives do, in a folder named after the archive."""
        with tarfile.open(self.root / name, 'w:gz') as archive:
            archive.add(self.data_sets[kind], name.partition('.')[0])


@pytest.fixture
def workshop(tmp_path: Path, data_sets: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.chdir(tmp_path)
    return Workshop(tmp_path, data_sets)


@pytest.fixture(scope='session')
def trained(data_sets: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Trains a shrunk config, at most once, and returns its work directory."""
    done: dict[str, Path] = {}

    def train(config: str) -> Path:
        if config not in done:
            workshop = Workshop(tmp_path_factory.mktemp('trained'), data_sets)
            workshop.add_config(config)
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(workshop.root)
                workshop.call('tools/train.py', config, '--work-dir', 'run')
            done[config] = workshop.root / 'run'
        return done[config]

    return train
