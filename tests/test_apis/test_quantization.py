import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from mtcp_mm.apis import quantization
from mtcp_mm.apis.exported import ENGINES, open_engine
from mtcp_mm.apis.quantization import (
    CALIBRATION_IMAGES,
    find_excluded,
    list_training_images,
    quantize,
    read_calibration,
)  # fmt: skip
from mtcp_mm.utils import ConfigError


@pytest.fixture(scope='module')
def images(tiny):
    return np.random.default_rng(0).uniform(0, 255, (4, 1, 3, *tiny.shape)).astype(np.float32)


@pytest.fixture(scope='module', params=[8, 7])
def bits(request):
    return request.param


@pytest.fixture(scope='module')
def quantized(tiny, images, bits):
    return quantize(tiny.content, images, reduce_range=bits == 7)


@pytest.mark.parametrize('engine', ENGINES)
def test_engines_run_it_with_a_small_difference(tiny, images, quantized, engine):
    pytest.importorskip(engine)
    exact, found = (
        open_engine(content, ['depth', 'surfaces'], engine)(images[0]) for content in (tiny.content, quantized)
    )
    assert 0 < abs(found['depth'] - exact['depth']).mean() < 0.05 * exact['depth'].std() + 0.02
    assert (found['surfaces'] == exact['surfaces']).mean() > 0.9


def test_all_convolutions_but_the_last_are_quantized(quantized, bits):
    onnx = pytest.importorskip('onnx')
    model = onnx.load_model_from_string(quantized)
    assert {entry.key for entry in model.metadata_props} >= {'tasks', 'align_corners'}
    sources = {name: node.op_type for node in model.graph.node for name in node.output}
    kinds = [sources.get(node.input[1], 'float') for node in model.graph.node if node.op_type == 'Conv']
    assert sorted(kinds) == ['DequantizeLinear'] * 5 + ['float'] * 2
    arrays = [onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer]
    weights = [array for array in arrays if array.dtype == np.int8 and array.ndim == 4]
    assert len(weights) == 5
    assert 2 ** (bits - 1) - 1 <= max(abs(array.astype(int)).max() for array in weights) <= 2 ** (bits - 1)


def test_excludes_the_last_layers_and_additions_to_what_is_not_quantized():
    helper = pytest.importorskip('onnx').helper
    nodes = [
        helper.make_node('Conv', ['x', 'w'], ['a'], name='conv'),
        helper.make_node('Relu', ['a'], ['b'], name='relu'),
        helper.make_node('Add', ['a', 'b'], ['c'], name='residual'),
        helper.make_node('MatMul', ['c', 'w'], ['d'], name='linear'),
        helper.make_node('Add', ['d', 'w'], ['e'], name='bias'),
        helper.make_node('Conv', ['e', 'w'], ['f'], name='next'),
        helper.make_node('Add', ['f', 'e'], ['g'], name='to linear'),
        helper.make_node('Conv', ['g', 'w'], ['h'], name='last'),
        helper.make_node('Relu', ['h'], ['i'], name='activation'),
    ]
    weights = [helper.make_tensor('w', 1, [2], [0.0, 0.0])]
    values = [helper.make_tensor_value_info(name, 1, None) for name in 'xi']
    graph = helper.make_graph(nodes, 'g', values[:1], values[1:], weights)
    assert find_excluded(graph) == ['bias', 'to linear', 'last', 'activation']


def test_excludes_convolutions_with_one_output_channel():
    helper = pytest.importorskip('onnx').helper
    nodes = [
        helper.make_node('Conv', ['x', 'wide'], ['a'], name='full'),
        helper.make_node('Conv', ['a', 'one'], ['c'], name='one channel'),
        helper.make_node('Conv', ['c', 'wide'], ['d'], name='last'),
    ]
    shapes = dict(wide=(4, 4, 1, 1), one=(1, 4, 3, 3))
    weights = [helper.make_tensor(name, 1, shape, np.zeros(np.prod(shape))) for name, shape in shapes.items()]
    values = [helper.make_tensor_value_info(name, 1, None) for name in 'xd']
    assert find_excluded(helper.make_graph(nodes, 'g', values[:1], values[1:], weights)) == ['one channel', 'last']


def test_calibrates_on_images_from_the_whole_list(tmp_path):
    paths = []
    for value in range(2 * CALIBRATION_IMAGES + 1):
        paths.append(tmp_path / f'{value}.png')
        Image.new('RGB', (8, 6), (value, 0, 255)).save(paths[-1])
    images = list(read_calibration(paths, (3, 4)))
    assert len(images) == 43 and images[0].shape == (1, 3, 3, 4) and images[0].dtype == np.float32
    assert [image[0, 0, 0, 0] for image in images[:3]] == [0, 3, 6]
    assert (images[0][:, 2] == 255).all()
    assert len(list(read_calibration(paths[:5], (3, 4)))) == 5


def test_lists_the_images_of_the_training_set(monkeypatch):
    class Listed(list):
        def get_data_info(self, index):
            return dict(img_path=self[index])

    cfg = Config(dict(train_dataloader=dict(dataset=dict(type='Listed'))))
    monkeypatch.setattr(quantization.DATASETS, 'build', lambda cfg: Listed(['a.jpg', 'b.jpg']))
    assert list_training_images(cfg) == ['a.jpg', 'b.jpg']
    with pytest.raises(ConfigError, match='no training set; choose images with --calibration'):
        list_training_images(Config(dict(test_pipeline=[])))
