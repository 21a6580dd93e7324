import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmseg.registry import MODELS
from PIL import Image
from torch import nn

from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.apis.multi_task_inferencer import image_steps, without_pretrained
from mtcp_mm.datasets.transforms import PackMultiTaskInputs  # noqa: F401
from mtcp_mm.models.data_preprocessor import MultiTaskDataPreProcessor  # noqa: F401
from mtcp_mm.tasks import build_tasks

TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes=('dark', 'bright')),
    dict(type='SurfaceNormals', name='normals'),
]


@MODELS.register_module()
class BrightnessNet(BaseModel):
    """Says which pixels are red, and of which colour they are; sees what a real network would see."""

    def __init__(self, tasks, data_preprocessor, init_cfg=None):
        super().__init__(dict(data_preprocessor, tasks=tasks))
        assert init_cfg is None
        self.tasks = build_tasks(tasks)
        self.weight = nn.Conv2d(3, 3, 1)
        self.seen = []

    def forward(self, inputs, data_samples=None, mode='tensor'):
        self.seen.append(tuple(inputs.shape))
        for image, sample in zip(inputs, data_samples, strict=True):
            image = nn.functional.interpolate(image[None], sample.ori_shape, mode='nearest')[0]
            sample.set_prediction('sem_seg', (image[:1] > 127).long())
            sample.set_prediction('normals', self.weight(image))
        return data_samples


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text(
        f"""
custom_imports = dict(imports=['mtcp_mm'])
model = dict(type='BrightnessNet', tasks={TASKS}, init_cfg=dict(type='Pretrained', checkpoint='http://nowhere/x.pth'),
    data_preprocessor=dict(type='MultiTaskDataPreProcessor', bgr_to_rgb=True))
test_pipeline = [dict(type='LoadImage'), dict(type='MultiTaskResize', scale=(16, 12)), dict(type='LoadTaskMaps'),
    dict(type='PackMultiTaskInputs')]
"""
    )
    return path


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / 'net.pth'
    identity = nn.Conv2d(3, 3, 1)
    with torch.no_grad():
        identity.weight.copy_(torch.eye(3)[..., None, None])
        identity.bias.zero_()
    torch.save({'state_dict': {f'weight.{key}': value for key, value in identity.state_dict().items()}}, path)
    return path


@pytest.fixture
def inferencer(config, checkpoint):
    return MultiTaskInferencer(config, checkpoint, 'cpu')


def test_predicts_files_and_arrays_at_their_own_size(inferencer, tmp_path):
    red = np.zeros((24, 32, 3), np.uint8)
    red[:, 16:] = (200, 0, 50)
    Image.fromarray(red).save(tmp_path / 'red.png')
    results = inferencer([tmp_path / 'red.png', str(tmp_path / 'red.png'), red, red[:9, :5, 0]])
    assert [result['semseg'].shape for result in results] == [(24, 32)] * 3 + [(9, 5)]
    assert inferencer.model.seen == [(1, 3, 12, 16)] * 4
    assert (results[0]['semseg'] == (red[..., 0] > 127)).all()  # RGB reaches the network as RGB
    assert results[0]['normals'].dtype == np.float32
    assert np.array_equal(results[0]['normals'], red.astype(np.float32))  # the checkpoint's weights are at work
    for result in results[1:3]:
        assert np.array_equal(result['normals'], results[0]['normals'])
    assert np.array_equal(inferencer(tmp_path / 'red.png')[0]['semseg'], results[0]['semseg'])


def test_takes_a_config_object(config, checkpoint):
    assert list(MultiTaskInferencer(Config.fromfile(config), checkpoint, 'cpu').tasks) == ['semseg', 'normals']


def test_refuses_a_checkpoint_that_does_not_fit(config, tmp_path):
    torch.save({'state_dict': {'other.weight': torch.zeros(1)}}, tmp_path / 'bad.pth')
    with pytest.raises(ValueError, match=r'bad\.pth[\s\S]*0 of 2[\s\S]*weight\.weight'):
        MultiTaskInferencer(config, tmp_path / 'bad.pth', 'cpu')


def test_refuses_a_device_that_is_not_there(config, checkpoint):
    with pytest.raises(ValueError, match='device "nowhere"'):
        MultiTaskInferencer(config, checkpoint, 'nowhere')


def test_drops_pretrained_weights_only():
    cfg = dict(
        pretrained='x',
        backbone=dict(depth=3, init_cfg=dict(type='Pretrained', checkpoint='y')),
        necks=[dict(init_cfg=dict(type='Xavier')), 5],
        widths=(4, 8),  # some parts insist on a tuple
    )
    necks = [dict(init_cfg=dict(type='Xavier')), 5]
    wanted = dict(pretrained=None, backbone=dict(depth=3), necks=necks, widths=(4, 8))
    assert without_pretrained(cfg) == wanted
    assert cfg['backbone']['init_cfg']['checkpoint'] == 'y'


def test_image_steps_of_a_loader_without_a_named_pipeline():
    pipeline = [dict(type='LoadImage'), dict(type='MultiTaskResize'), dict(type='LoadTaskMaps'), dict(type='Pack')]
    cfg = Config(dict(test_dataloader=dict(dataset=dict(pipeline=pipeline))))
    assert [step['type'] for step in image_steps(cfg)] == ['MultiTaskResize', 'Pack']
