"""A network that is exported in seconds."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.model import BaseModule
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.apis.export import ExportableNetwork, export_onnx

SHAPE = (14, 24)
TASKS = [
    dict(type='ClassMap', name='surfaces', field='sem_seg', classes=('wall', 'floor', 'bed')),
    dict(type='DepthMap', name='depth', mean=2.5),
]
MODEL = dict(
    type='MultiTaskSegmentor',
    tasks=TASKS,
    data_preprocessor=dict(
        type='MultiTaskDataPreProcessor',
        mean=[120, 110, 100],
        std=[50, 60, 70],
        bgr_to_rgb=True,
        test_cfg=dict(size_divisor=8),
    ),
    backbone=dict(type='TinyBackbone'),
    decode_head=dict(type='MultiTaskHead', in_channels=8, channels=8),
)


@MODELS.register_module()
class TinyBackbone(BaseModule):
    """A convolution, a residual block and a product of two maps."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.block = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU6(), nn.Conv2d(8, 8, 1))

    def forward(self, image: Tensor) -> tuple[Tensor]:
        x = self.stem(image)
        x = x + self.block(x)
        return (x * x.mean((2, 3), keepdim=True).sigmoid(),)


@pytest.fixture(scope='session')
def tiny() -> SimpleNamespace:
    """A tiny network, its config and size, and the content of its ONNX file."""
    for name in ('onnx', 'onnxscript', 'onnxruntime'):
        pytest.importorskip(name)
    init_default_scope('mmseg')
    torch.manual_seed(0)
    network = MODELS.build(MODEL).eval()
    content = export_onnx(ExportableNetwork(network), TASKS, SHAPE)
    return SimpleNamespace(network=network, model=MODEL, tasks=TASKS, shape=SHAPE, content=content)


@pytest.fixture
def tiny_file(tiny, tmp_path):
    """The ONNX file of the tiny network."""
    path = tmp_path / 'tiny.onnx'
    path.write_bytes(tiny.content)
    return path
