"""Fixtures and settings of all tests."""

import gc
import importlib
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import nn
from torch.library import Library
from torch.overrides import TorchFunctionMode

import mtcp_mm  # noqa: F401  # installs the stand-in for mmcv._ext before a test imports mmseg
from mtcp_mm.engine.config import read_config
from mtcp_mm.tasks import build_tasks

CONFIGS = Path(__file__).parents[1] / 'configs'
FROM_MMPRETRAIN = 'mtcp_mm.models.backbones.from_mmpretrain'

# Property tests use the same examples every time, so failures are reproducible.
settings.register_profile('same', derandomize=True)
settings.load_profile('same')


def pytest_collection_finish() -> None:
    """Leaves what is imported out of garbage collections: mmengine starts one for every data set that is built."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Has registries look where configs do, whatever the last test left, before any fixture is made.

    Loggers of earlier tests are forgotten: the page's server closes the log files of its whole process.
    """
    init_default_scope('mmseg')
    MMLogger._instance_dict.clear()


@pytest.fixture
def full_disk() -> Callable[[int], AbstractContextManager]:
    """Lets no file grow beyond some bytes: the part that fits is written, and then the system refuses."""
    resource = pytest.importorskip('resource')

    @contextmanager
    def limit(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limit


@pytest.fixture(scope='session')
def torchvision() -> Iterator[bool]:
    """Whether there is a torchvision, which imports afterwards, also if its compiled operators do not load.

    Such a one does not import without the schemas of two operators. Nothing here calls them.
    """
    library = Library('torchvision', 'FRAGMENT')  # its schemas live as long as it does
    found = importlib.util.find_spec('torchvision') is not None
    if found:
        try:
            importlib.import_module('torchvision')
        except RuntimeError:
            for operator in ('nms', 'qnms'):
                library.define(f'{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
            importlib.import_module('torchvision')
    yield found


@pytest.fixture(scope='session')
def mmpretrain_models(torchvision: bool) -> None:
    """Registers mmpretrain's models."""
    if not torchvision or importlib.util.find_spec('mmpretrain') is None:
        pytest.skip('mmpretrain or torchvision is not installed')
    importlib.import_module(FROM_MMPRETRAIN)


def find_config(name: str) -> Path:
    """Finds a config by its name, in any folder."""
    (path,) = CONFIGS.rglob(f'{name}.py')
    return path


@pytest.fixture
def shipped_config(request: pytest.FixtureRequest) -> Callable[..., Config]:
    """Reads a config by its name or path, with mmpretrain at hand if it asks for that."""

    def read(name: str | Path, options: dict | None = None) -> Config:
        path = name if isinstance(name, Path) else find_config(name)
        if FROM_MMPRETRAIN in Config.fromfile(path, import_custom_modules=False).custom_imports.imports:
            request.getfixturevalue('mmpretrain_models')
        return read_config(path, options)

    return read


class WithoutInitialisation(TorchFunctionMode):
    """Leaves the values of new parameters open, which makes large networks quick to build."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if getattr(func, '__module__', None) == 'torch.nn.init':
            return kwargs.get('tensor', args[0] if args else None)
        return func(*args, **kwargs)


@pytest.fixture
def build_quickly() -> Callable[[dict], nn.Module]:
    """Builds a network, and leaves its weights open."""

    def build(cfg: dict) -> nn.Module:
        with WithoutInitialisation():
            return MODELS.build(cfg)

    return build


KNOWN_TASKS = build_tasks(
    [
        dict(type='ClassMap', name='kinds', classes=('dark', 'a<b'), palette=((10, 20, 30), (200, 100, 0))),
        dict(type='DepthMap', name='distance'),
        dict(type='SurfaceNormals', name='normals'),
        dict(type='BinaryMap', name='edge'),
    ]
)


class KnownMaps:
    """Stands for an inferencer: classes by brightness, depth by row, the first being void, probability by column."""

    tasks = KNOWN_TASKS

    def predict(self, image: np.ndarray) -> dict[str, np.ndarray]:
        rows, columns = np.indices(image.shape[:2])
        return dict(
            kinds=(image.mean(-1) > 127).astype(np.int64),
            distance=np.where(rows, 1 + rows / 37, 0).astype(np.float32),
            normals=np.broadcast_to(np.float32([0, -0.6, 0.8]), image.shape).copy(),
            edge=(columns / columns.max()).astype(np.float32),
        )


@pytest.fixture(scope='session')
def inferencer() -> KnownMaps:
    """What stands for a network, for tests of what is shown of one."""
    return KnownMaps()
