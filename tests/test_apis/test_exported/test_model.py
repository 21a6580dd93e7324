import pytest
import torch
from mmseg.registry import MODELS

from mtcp_mm.apis.exported import exported_config, exported_model, is_exported
from mtcp_mm.structures import MultiTaskDataSample


@pytest.mark.parametrize('engine', ['onnxruntime', 'openvino'])
def test_predicts_what_the_network_predicts_at_the_size_of_the_original(tiny, tiny_file, engine):
    pytest.importorskip(engine)
    exported = MODELS.build(exported_model(tiny_file, engine)).eval()
    images = torch.randint(256, (2, 3, *tiny.shape), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)

    def predict(network):
        samples = [
            MultiTaskDataSample(metainfo=dict(img_shape=tiny.shape, ori_shape=size)) for size in ((9, 5), (40, 50))
        ]
        return network.test_step(dict(inputs=list(images), data_samples=samples))

    for found, expected in zip(predict(exported), predict(tiny.network), strict=True):
        torch.testing.assert_close(found.prediction('depth'), expected.prediction('depth'), atol=1e-4, rtol=0)
        assert (found.prediction('sem_seg') == expected.prediction('sem_seg')).float().mean() > 0.99


def test_the_test_settings_of_a_config_apply(tiny_file):
    test_cfg = dict(mode='slide', crop_size=(14, 24), stride=(7, 12))
    network = MODELS.build(exported_model(tiny_file, 'onnxruntime', dict(test_cfg=test_cfg))).eval()
    (sample,) = network.test_step(
        dict(
            inputs=[torch.zeros(3, 20, 30, dtype=torch.uint8)],
            data_samples=[MultiTaskDataSample(metainfo=dict(img_shape=(20, 30), ori_shape=(20, 30)))],
        )
    )
    assert sample.prediction('depth').shape == (1, 20, 30)


def test_without_a_config_images_are_resized_to_the_size_of_the_file(tiny_file):
    steps = exported_config(tiny_file, 'onnxruntime').test_pipeline
    assert steps[1] == dict(type='MultiTaskResize', scale=(24, 14))


@pytest.mark.parametrize(('name', 'found'), [('a.onnx', True), ('a.ONNX', True), ('a.pth', False), (None, False)])
def test_the_suffix_decides(name, found):
    assert is_exported(name) == found
