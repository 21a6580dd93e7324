import importlib.util
import json

import pytest

from mtcp_mm.apis.exported.onnx_file import LARGEST_SIDE, read_onnx
from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.utils import IrregularFileError, MissingFileError, MissingPackageError


def test_the_file_describes_itself(tiny, tiny_file):
    found = read_onnx(tiny_file)
    assert (found.content, found.shape, found.align_corners) == (tiny.content, tiny.shape, False)
    assert [(task['type'], task['name']) for task in found.tasks] == [('ClassMap', 'surfaces'), ('DepthMap', 'depth')]


def set_property(model, key, value):
    (entry,) = [entry for entry in model.metadata_props if entry.key == key]
    entry.value = value


def describe_as(kind):
    return lambda model: set_property(model, 'tasks', json.dumps([dict(type=kind, name='depth')]))


def refer_to_a_file(tensor):
    entry = tensor.external_data.add()
    entry.key, entry.value = 'location', '../secret.bin'
    tensor.data_location = 1


def add_a_constant_of_a_file(model):
    attribute = model.graph.node.add(op_type='Constant', output=['x']).attribute.add(name='value')
    refer_to_a_file(attribute.t)


def add_a_sparse_tensor_of_a_file(model):
    refer_to_a_file(model.graph.sparse_initializer.add().values)


def add_a_loop(model):
    model.graph.node.add(op_type='Loop').attribute.add(name='body').g.name = 'body'


def widen(model):
    model.graph.input[0].type.tensor_type.shape.dim[3].dim_value = LARGEST_SIDE + 1


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        (lambda model: refer_to_a_file(model.graph.initializer[0]), 'is in another file'),
        (add_a_constant_of_a_file, 'is in another file'),
        (add_a_sparse_tensor_of_a_file, 'is in another file'),
        (add_a_loop, 'functions, loops or branches'),
        (lambda model: model.functions.add(name='f'), 'functions, loops or branches'),
        (lambda model: model.graph.node.add(op_type='Run', domain='evil'), 'operators of evil'),
        (lambda model: model.ClearField('metadata_props'), "no property 'tasks'"),
        (lambda model: set_property(model, 'tasks', '['), 'JSON'),
        (describe_as('subprocess.Popen'), "'subprocess.Popen' is no known kind of task"),
        (lambda model: set_property(model, 'tasks', '[{"type": "DepthMap", "name": 5}]'), 'name'),
        (lambda model: model.graph.input.add(name='other'), 'its inputs are'),
        (widen, 'its inputs are'),
        (lambda model: model.graph.output.pop(), 'no output depth_logits'),
    ],
)
def test_refuses_other_files(tiny_file, change, reason):
    onnx = pytest.importorskip('onnx')
    model = onnx.load(tiny_file)
    change(model)
    tiny_file.write_bytes(model.SerializeToString())
    with pytest.raises(CheckpointError, match=rf'tiny\.onnx: is no exported network .*{reason}.*export_onnx\.py'):
        read_onnx(tiny_file)


@pytest.mark.parametrize('content', [b'', b'damaged', None])
def test_refuses_damaged_files(tiny, tiny_file, content):
    tiny_file.write_bytes(tiny.content[:5000] if content is None else content)
    with pytest.raises(CheckpointError, match='is no exported network'):
        read_onnx(tiny_file)


def test_names_what_is_no_file(tmp_path):
    pytest.importorskip('onnx')
    with pytest.raises(MissingFileError, match='none.onnx'):
        read_onnx(tmp_path / 'none.onnx')
    with pytest.raises(IrregularFileError, match='a folder'):
        read_onnx(tmp_path)


def test_names_the_package_that_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(MissingPackageError, match='needs onnx: pip install onnx'):
        read_onnx(tmp_path / 'net.onnx')
