import pytest
import torch

from mtcp_mm.apis.exported import ExportedBackbone
from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.utils import UserError


def test_gives_logits_as_features(tiny, tiny_file):
    backbone = ExportedBackbone(tiny.tasks, tiny_file)
    features = backbone(torch.zeros(2, 3, *tiny.shape)).features
    assert {name: tuple(maps.shape) for name, maps in features.items()} == dict(
        surfaces=(2, 3, *tiny.shape), depth=(2, 1, *tiny.shape)
    )


def test_names_the_size_that_the_file_does_not_take(tiny, tiny_file):
    with pytest.raises(UserError, match=r'tiny\.onnx takes images of 14x24 .* gives 14x32; export .* --shape 14 32'):
        ExportedBackbone(tiny.tasks, tiny_file)(torch.zeros(1, 3, 14, 32))


def test_a_file_that_the_engine_refuses_is_named(tiny, tiny_file):
    onnx = pytest.importorskip('onnx')
    model = onnx.load(tiny_file)
    model.graph.node[0].op_type = 'Unknown'
    tiny_file.write_bytes(model.SerializeToString())
    with pytest.raises(CheckpointError, match=r'tiny\.onnx: cannot be run .*Unknown'):
        ExportedBackbone(tiny.tasks, tiny_file)


def test_a_file_with_other_outputs_is_named(tiny, tiny_file):
    backbone = ExportedBackbone(tiny.tasks, tiny_file)
    backbone.channels['depth'] = 2
    with pytest.raises(CheckpointError, match=r'cannot be run \(its output depth_logits has the shape \(1, 1, 14, 24'):
        backbone(torch.zeros(1, 3, *tiny.shape))
