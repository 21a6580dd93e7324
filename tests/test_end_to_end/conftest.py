"""A tiny network on a tiny data set, trained and evaluated by the project's own tools."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmseg.registry import DATASETS, MODELS
from torch import nn

from mtcp_mm.engine.config import read_config
from mtcp_mm.rooms import RoomsParameters, write_rooms
from tools import test as test_tool
from tools import train as train_tool

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture(scope='session')
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight rooms to train on, five to evaluate on."""
    root = tmp_path_factory.mktemp('data') / 'rooms'
    write_rooms(root, RoomsParameters(train=8, val=5, height=48, width=64, seed=0))
    return root


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trains on the CPU, makes these tests' hooks known, and undoes what training changes in the environment."""
    monkeypatch.setattr(os, 'environ', os.environ.copy())
    monkeypatch.setattr('mmengine.device.utils.DEVICE', 'cpu')
    monkeypatch.syspath_prepend(HERE)


@pytest.fixture
def make_config(tmp_path: Path, rooms: Path) -> Callable[..., Path]:
    """Writes a config: the tiny one, with hooks added and settings overridden."""

    def make(name: str, hooks: tuple[dict, ...] = (), data_root: Path = rooms, **settings) -> Path:
        cfg = read_config(HERE / 'tiny_config.py', dict(data_root=str(data_root), **settings))
        cfg.custom_imports.imports += ['end_to_end_hooks']
        cfg.custom_hooks += hooks
        cfg.dump(tmp_path / f'{name}.py')
        return tmp_path / f'{name}.py'

    return make


@pytest.fixture
def network(make_config: Callable[..., Path]) -> nn.Module:
    """The tiny network, as initialized, in training."""
    torch.manual_seed(0)
    model = MODELS.build(Config.fromfile(make_config('network')).model)
    model.init_weights()
    return model.train()


@pytest.fixture
def batch(make_config: Callable[..., Path]) -> dict:
    """Two training samples, as a loader gives them."""
    dataset = DATASETS.build(Config.fromfile(make_config('batch')).train_dataloader.dataset)
    return pseudo_collate([dataset[0], dataset[1]])


def run_tool(tool: str, *arguments: str | Path) -> int:
    """Runs tools/train.py or tools/test.py in this process, and returns its status."""
    return dict(train=train_tool, test=test_tool)[tool].main([*map(str, arguments)])


@pytest.fixture
def call() -> Callable[..., None]:
    """Runs tools/train.py or tools/test.py in this process, to its end."""

    def call(tool: str, *arguments: str | Path) -> None:
        assert run_tool(tool, *arguments) == 0

    return call


@pytest.fixture
def fail(capfd: pytest.CaptureFixture) -> Callable[..., str]:
    """Runs tools/train.py or tools/test.py in this process, and returns the error that ends it."""

    def fail(tool: str, *arguments: str | Path) -> str:
        assert run_tool(tool, *arguments) == 1
        said = capfd.readouterr().err
        assert 'Traceback' not in said
        return said[said.index('error: ') :]

    return fail


@pytest.fixture
def spawn() -> Callable[..., subprocess.CompletedProcess]:
    """Runs a command in the repository's root, with as many threads as this process has."""

    def spawn(*command: str | Path, **variables: str) -> subprocess.CompletedProcess:
        environment = os.environ | dict(
            PATH=f'{Path(sys.executable).parent}:{os.environ["PATH"]}', PYTHONPATH=f'{ROOT}:{HERE}',
            OMP_NUM_THREADS=str(torch.get_num_threads()), CUDA_VISIBLE_DEVICES='',
        )  # fmt: skip
        return subprocess.run(
            [*map(str, command)], cwd=ROOT, env=environment | variables, capture_output=True, text=True, check=False
        )

    return spawn
