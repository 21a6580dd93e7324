import importlib.util
import json

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.apis.export import (
    ExportableNetwork,
    describe_tasks,
    export_onnx,
    export_program,
    find_shape,
    missing_pixels,
)  # fmt: skip
from mtcp_mm.models import MultiTaskSegmentor
from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.tasks import ClassMap, build_tasks
from mtcp_mm.utils import MissingPackageError

C = 16
SHAPE, PADDED = (40, 56), (64, 64)
TASKS = [
    dict(type='ClassMap', name='surfaces', classes=('wall', 'floor', 'bed'), loss=dict(type='PixelCrossEntropyLoss')),
    dict(type='SurfaceNormals', name='normals'),
]
PREPROCESSOR = dict(
    type='MultiTaskDataPreProcessor',
    mean=[120, 110, 100],
    std=[50, 60, 70],
    bgr_to_rgb=True,
    pad_val=0.5,
    test_cfg=dict(size_divisor=32),
)
ATTENTION = dict(embed_dims=C, num_heads=4, dropout=0.0, batch_first=True)
FFN = dict(embed_dims=C, feedforward_channels=2 * C, num_fcs=2, act_cfg=dict(type='ReLU', inplace=True))
HEAD = dict(type='MultiTaskHead', in_channels=C, channels=C)
SWIN = dict(type='SwinTransformer', embed_dims=C, depths=[2, 1], num_heads=[2, 2], strides=(4, 2), out_indices=(0, 1))
BACKBONE = dict(
    type='Mask2FormerBackbone',
    in_channels=[24, 40, 112, 320],
    feat_channels=C,
    out_channels=C,
    num_queries=8,
    mask_norm=dict(type='BN'),
    encoder=dict(type='EfficientNetLite'),
    pixel_decoder=dict(
        type='TraceablePixelDecoder',
        norm_cfg=dict(type='BN'),
        encoder=dict(
            num_layers=1, layer_cfg=dict(self_attn_cfg=dict(**ATTENTION, num_levels=3, num_points=4), ffn_cfg=FFN)
        ),
        positional_encoding=dict(num_feats=C // 2, normalize=True),
    ),
    transformer_decoder=dict(
        num_layers=2, layer_cfg=dict(self_attn_cfg=ATTENTION, cross_attn_cfg=ATTENTION, ffn_cfg=FFN)
    ),
)
NECKS = [
    dict(type='TaskDecoders', in_channels=C, channels=(16, 24), out_channels=C, depths=(2, 1), num_heads=(2, 2)),
    dict(type='CoherenceFusion', channels=C, residual=True, q_stride=4),
    dict(type='SpatialRefinement', channels=C, pyramid_channels=(16, 24)),
]


def build(backbone: dict, neck: list[dict] | None = None, **settings) -> MultiTaskSegmentor:
    """Builds a network in which every part has an effect: no normalization is the identity or zero."""
    torch.manual_seed(0)
    network = MODELS.build(
        dict(
            type='MultiTaskSegmentor',
            tasks=TASKS,
            data_preprocessor=PREPROCESSOR,
            backbone=backbone,
            neck=neck,
            decode_head=HEAD,
            **settings,
        )
    )
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network


@pytest.fixture(scope='module')
def network() -> ExportableNetwork:
    return ExportableNetwork(build(BACKBONE, NECKS))


@pytest.fixture(scope='module')
def image_batch() -> torch.Tensor:
    return torch.randint(256, (3, 3, *SHAPE), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


@pytest.mark.parametrize('align_corners', [False, True])
def test_predictions_equal_those_of_testing(network, image_batch, monkeypatch, align_corners):
    for part in (network.network, network.network.decode_head):
        monkeypatch.setattr(part, 'align_corners', align_corners)
    found = network(image_batch.float())
    samples = [MultiTaskDataSample(metainfo=dict(img_shape=SHAPE, ori_shape=SHAPE)) for _ in image_batch]
    data = dict(inputs=[image.flip(0) for image in image_batch], data_samples=samples)
    for sample, classes, normals in zip(network.network.test_step(data), *found.values(), strict=True):
        assert sample.metainfo['pad_shape'] == PADDED
        assert torch.equal(sample.prediction('surfaces'), classes)
        torch.testing.assert_close(sample.prediction('normals'), normals, rtol=0, atol=1e-5)
    assert len(found['surfaces'].unique()) > 1 and found['normals'].std() > 0.1


@pytest.fixture(scope='module')
def session(network):
    """The network in ONNX Runtime, from the content of one file."""
    for name in ('onnx', 'onnxscript'):
        pytest.importorskip(name)
    runtime = pytest.importorskip('onnxruntime')
    return runtime.InferenceSession(export_onnx(network, TASKS, SHAPE), providers=['CPUExecutionProvider'])


@pytest.mark.slow
@pytest.mark.parametrize('count', [1, 3])
def test_onnx_runtime_gives_the_same_maps_for_any_number_of_images(network, image_batch, session, count):
    images = image_batch[-count:].float()
    found = session.run(['surfaces', 'normals'], {'image': images.numpy()})
    logits, expected = network.logits(images), network(images)
    assert found[0].dtype == np.int64 and found[0].shape == (count, 1, *SHAPE)
    np.testing.assert_allclose(found[1], expected['normals'].numpy(), rtol=0, atol=1e-3)
    best = logits['surfaces'].sort(dim=1, descending=True).values
    clear = best[:, :1] - best[:, 1:2] > 1e-3
    assert clear.float().mean() > 0.9
    assert (torch.from_numpy(found[0]) == expected['surfaces'])[clear].all()


def test_the_file_describes_itself(tiny):
    session = pytest.importorskip('onnxruntime').InferenceSession(tiny.content, providers=['CPUExecutionProvider'])
    (image,) = session.get_inputs()
    assert (image.name, image.type, image.shape[1:]) == ('image', 'tensor(float)', [3, *tiny.shape])
    assert isinstance(image.shape[0], str)
    names = [output.name for output in session.get_outputs()]
    assert names == ['surfaces', 'depth', 'surfaces_logits', 'depth_logits']
    tasks = build_tasks(json.loads(session.get_modelmeta().custom_metadata_map['tasks']))
    assert [type(task).__name__ for task in tasks.values()] == ['ClassMap', 'DepthMap']
    assert tasks['surfaces'].classes == ('wall', 'floor', 'bed')


def test_stock_swin_exports_for_any_number_of_images(image_batch):
    network = ExportableNetwork(build(SWIN))
    shifted = network.network.backbone.stages[0].blocks[1].attn
    assert shifted.shift_size > 0
    windows = torch.arange(2 * 4 * 49 * 3.0).view(8, 7, 7, 3)
    assert torch.equal(shifted.window_reverse(windows, 14, 14), type(shifted).window_reverse(shifted, windows, 14, 14))
    program = export_program(network, SHAPE).module()
    for count in (1, 3):
        images = image_batch[:count].float()
        for name, prediction in network(images).items():
            torch.testing.assert_close(program(images)[name], prediction, msg=name)


def test_whole_network_compiles_without_a_graph_break(network, image_batch):
    compiled = torch.compile(network, fullgraph=True, backend='eager')
    for name, expected in network(image_batch.float()).items():
        assert torch.equal(compiled(image_batch.float())[name], expected), name


def test_whole_network_compiles_without_a_graph_break_in_training():
    network = build(BACKBONE, NECKS, activation_checkpointing=True).train()
    images = torch.randn(2, 3, *SHAPE)

    def forward(images):
        features = network.neck(network.backbone(images))
        return features, network.decode_head(features)

    features, logits = torch.compile(forward, fullgraph=True, backend='eager')(images)
    assert set(features.losses) == {'loss_coherence'} and [len(x) for x in features.predictions.values()] == [1, 1]
    expected = forward(images)[1]
    for name, maps in logits.items():
        torch.testing.assert_close(maps, expected[name], msg=name)
    sum(maps.square().mean() for maps in logits.values()).backward()
    assert all(p.grad is not None for p in network.neck[1].parameters())


@pytest.mark.parametrize(
    ('rule', 'missing'),
    [({}, (0, 0)), (dict(size_divisor=32), (24, 8)), (dict(size=(48, 48)), (8, 0)), (dict(size_divisor=8), (0, 0))],
)
def test_padding(rule, missing):
    assert missing_pixels(SHAPE, rule) == missing


def test_the_size_is_that_of_the_test_pipeline():
    steps = [dict(type='LoadImage'), dict(type='MultiTaskResize', scale=(64, 48)), dict(type='PackMultiTaskInputs')]
    assert find_shape(Config(dict(test_pipeline=steps))) == (48, 64)
    steps[1]['keep_ratio'] = True
    with pytest.raises(ValueError, match='--shape'):
        find_shape(Config(dict(test_pipeline=steps)))


def test_classes_are_written_by_name():
    written = json.loads(describe_tasks([dict(type='ClassMap', name='a', classes='nyud40', label_offset=1)]))
    assert written[0]['classes'][:2] == ['wall', 'floor'] and written[0]['label_offset'] == 1
    assert 'loss' not in json.loads(describe_tasks(TASKS))[0]


def test_a_task_without_an_output_is_not_described():
    tasks = [dict(TASKS[0], auxiliary=True), TASKS[1]]
    assert [task['name'] for task in json.loads(describe_tasks(tasks))] == ['normals']


@pytest.mark.parametrize('kind', [ClassMap, 'mmseg.ClassMap', 'mtcp_mm.tasks.ClassMap'])
def test_a_kind_is_written_by_its_registered_name(kind):
    written = json.loads(describe_tasks([dict(type=kind, name='a', classes=('wall', 'floor'))]))
    assert written == [dict(type='ClassMap', name='a', classes=['wall', 'floor'])]


def test_refuses_other_networks():
    with pytest.raises(ValueError, match='a Conv2d with a NoneType cannot be exported'):
        ExportableNetwork(nn.Conv2d(3, 3, 1))


def test_names_the_packages_that_are_missing(network, monkeypatch):
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None if name == 'onnxscript' else name)
    with pytest.raises(MissingPackageError, match='needs onnxscript: pip install'):
        export_onnx(network, TASKS, SHAPE)
