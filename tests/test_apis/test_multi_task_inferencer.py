import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmseg.registry import MODELS
from PIL import Image
from torch import nn

from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.apis.inputs import InputImage
from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.models.data_preprocessor import MultiTaskDataPreProcessor  # noqa: F401
from mtcp_mm.tasks import build_tasks, split_tasks
from mtcp_mm.utils import ConfigError, VideoWriter

TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes=('dark', 'bright')),
    dict(type='SurfaceNormals', name='normals'),
]


CONFIG = f"""
custom_imports = dict(imports=['mtcp_mm'])
model = dict(type='BrightnessNet', tasks={TASKS}, init_cfg=dict(type='Pretrained', checkpoint='http://nowhere/x.pth'),
    data_preprocessor=dict(type='MultiTaskDataPreProcessor', bgr_to_rgb=True))
test_pipeline = [dict(type='LoadImage'), dict(type='MultiTaskResize', scale=(16, 12)), dict(type='LoadTaskMaps'),
    dict(type='PackMultiTaskInputs')]
"""


@MODELS.register_module()
class BrightnessNet(BaseModel):
    """Predicts which pixels are red, and the colour of all, from the input of a real network."""

    def __init__(self, tasks, data_preprocessor, init_cfg=None):
        super().__init__(dict(data_preprocessor, tasks=tasks))
        assert init_cfg is None
        self.tasks, _ = split_tasks(build_tasks(tasks))
        self.weight = nn.Conv2d(3, 3, 1)
        self.dropout = nn.Dropout(0.5)  # which would show that the network trains
        self.seen = []

    def forward(self, inputs, data_samples=None, mode='tensor'):
        self.seen.append(tuple(inputs.shape))
        for image, sample in zip(inputs, data_samples, strict=True):
            image = nn.functional.interpolate(image[None], sample.ori_shape, mode='nearest')[0]
            sample.set_prediction('sem_seg', (image[:1] > 127).long())
            sample.set_prediction('normals', self.dropout(self.weight(image)))
        return data_samples


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text(CONFIG)
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


def test_a_batch_gives_what_one_by_one_gives(inferencer):
    generator = np.random.default_rng(0)
    images = [
        generator.integers(0, 256, (*size, 3), np.uint8) for size in [(12, 16), (30, 20), (7, 9), (12, 16), (1, 50)]
    ]
    single = inferencer(images)
    inferencer.model.seen.clear()
    batched = inferencer(images, batch_size=3)
    assert inferencer.model.seen == [(3, 3, 12, 16), (2, 3, 12, 16)]
    for image, one, other in zip(images, single, batched, strict=True):
        assert one['normals'].shape == image.shape and one['semseg'].shape == image.shape[:2]
        np.testing.assert_allclose(one['normals'], other['normals'], atol=1e-5)
        assert np.array_equal(one['semseg'], other['semseg'])


def test_images_of_different_sizes_are_not_padded(inferencer):
    inferencer.pipeline.transforms = [
        step for step in inferencer.pipeline.transforms if type(step).__name__ != 'MultiTaskResize'
    ]
    images = [np.full((*size, 3), i + 1, np.uint8) for i, size in enumerate([(4, 5), (6, 5), (4, 5)])]
    results = inferencer(images, batch_size=3)
    assert inferencer.model.seen == [(2, 3, 4, 5), (1, 3, 6, 5)]
    assert [np.unique(maps['normals']).tolist() for maps in results] == [[1], [2], [3]]


def test_panels_of_a_folder_and_of_a_video(inferencer, tmp_path):
    folder = tmp_path / 'in'
    folder.mkdir()
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(folder / 'a.png')
    writer = VideoWriter(folder / 'b.mp4', 10, 32, 48)
    for value in (10, 200):
        writer.write(np.full((32, 48, 3), value, np.uint8))
    writer.close()
    results = inferencer(str(folder), batch_size=2, out_dir=tmp_path / 'out', show_progress=True)
    assert [maps['semseg'].shape for maps in results] == [(24, 32), (32, 48), (32, 48)]
    assert [int(maps['semseg'].mean()) for maps in results] == [0, 0, 1]
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == ['a.png', 'b.mp4']


def test_images_are_read_when_they_are_needed(inferencer):
    read = []

    def images():
        for value in range(5):
            read.append(value)
            yield InputImage(f'p{value}', '', np.full((4, 4, 3), value, np.uint8))

    stream = inferencer.stream(images(), batch_size=2)
    assert next(stream)[0].name == 'p0' and read == [0, 1]
    assert [image.name for image, _ in stream] == ['p1', 'p2', 'p3', 'p4']
    with pytest.raises(ValueError, match='batch of 0'):
        list(inferencer.stream([], 0))


def test_takes_a_config_object(config, checkpoint):
    assert list(MultiTaskInferencer(Config.fromfile(config), checkpoint, 'cpu').tasks) == ['semseg', 'normals']


@pytest.mark.parametrize('given', [str, Config.fromfile])
def test_a_config_object_means_what_its_file_means(config, checkpoint, given):
    child = config.with_name('child.py')
    child.write_text("_base_ = './base.py'\ntasks = _base_.tasks[:1]")
    config.rename(config.with_name('base.py')).write_text(f'{CONFIG}tasks = model["tasks"]')
    assert list(MultiTaskInferencer(given(child), checkpoint, 'cpu').tasks) == ['semseg']


def test_refuses_a_checkpoint_that_does_not_fit(config, tmp_path):
    torch.save({'state_dict': {'other.weight': torch.zeros(1)}}, tmp_path / 'bad.pth')
    with pytest.raises(ValueError, match=r'bad\.pth[\s\S]*0 of 2[\s\S]*weight\.weight'):
        MultiTaskInferencer(config, tmp_path / 'bad.pth', 'cpu')


def test_refuses_a_checkpoint_of_other_classes_and_names_both(config, checkpoint):
    content = torch.load(checkpoint, weights_only=True)
    tasks = [dict(name='semseg', classes=['z', 'y', 'x']), dict(name='normals')]
    content['meta'] = dict(dataset_meta=dict(tasks=tasks))
    torch.save(content, checkpoint)
    with pytest.raises(CheckpointError, match=r'net\.pth was trained for the classes z, y, x of task "semseg"'):
        MultiTaskInferencer(config, checkpoint, 'cpu')


def test_refuses_a_checkpoint_of_other_tasks_and_names_both(config, checkpoint):
    content = torch.load(checkpoint, weights_only=True)
    content['meta'] = dict(dataset_meta=dict(tasks=[dict(name='semseg'), dict(name='depth')]))
    torch.save(content, checkpoint)
    with pytest.raises(CheckpointError, match=r'net\.pth was trained for the tasks semseg, depth.* semseg, normals'):
        MultiTaskInferencer(config, checkpoint, 'cpu')


def test_a_network_trained_with_an_auxiliary_task_predicts_the_others(config, checkpoint):
    content = torch.load(checkpoint, weights_only=True)
    tasks = [dict(TASKS[0], auxiliary=True), TASKS[1]]
    content['meta'] = dict(dataset_meta=dict(tasks=tasks))
    torch.save(content, checkpoint)
    cfg = Config.fromfile(config)
    cfg.model.tasks = tasks
    (maps,) = MultiTaskInferencer(cfg, checkpoint, 'cpu')(np.zeros((6, 8, 3), np.uint8))
    assert list(maps) == ['normals']


def test_refuses_a_checkpoint_that_lacks_one_tensor(config, checkpoint):
    content = torch.load(checkpoint, weights_only=True)
    del content['state_dict']['weight.bias']
    torch.save(content, checkpoint)
    with pytest.raises(CheckpointError, match=r'weight\.bias'):
        MultiTaskInferencer(config, checkpoint, 'cpu')


@pytest.mark.parametrize(
    'changes',
    [
        dict(meta='text'),
        dict(meta=dict(dataset_meta=dict(tasks=['semseg']))),
        dict(state_dict=5),
        dict(state_dict={'weight.weight': 5}),
        dict(state_dict={'weight.weight': torch.tensor(float('nan'))}),
    ],
)
def test_refuses_a_checkpoint_of_an_unlikely_structure(config, checkpoint, changes):
    torch.save(torch.load(checkpoint, weights_only=True) | changes, checkpoint)
    with pytest.raises(CheckpointError, match=r'net\.pth'):
        MultiTaskInferencer(config, checkpoint, 'cpu')


def test_refuses_weights_of_another_kind(config, checkpoint):
    content = torch.load(checkpoint, weights_only=True)
    content['state_dict'] = {name: tensor > 0 for name, tensor in content['state_dict'].items()}
    torch.save(content, checkpoint)
    with pytest.raises(CheckpointError, match=r'net\.pth has whole numbers as weight\.weight'):
        MultiTaskInferencer(config, checkpoint, 'cpu')


def test_refuses_a_missing_device(config, checkpoint):
    with pytest.raises(ValueError, match='device "nowhere"'):
        MultiTaskInferencer(config, checkpoint, 'nowhere')


LOAD, RESIZE, MAPS, PACK = (
    dict(type='LoadImage'),
    dict(type='MultiTaskResize', scale=(16, 12)),
    dict(type='LoadTaskMaps'),
    dict(type='PackMultiTaskInputs'),
)


@pytest.mark.parametrize(
    ('steps', 'message'),
    [
        ([LOAD, dict(type='CenterCrop', crop_size=8), MAPS, PACK], 'CenterCrop'),
        ([LOAD, dict(type='RandomCrop', crop_size=(8, 8)), PACK], 'RandomCrop'),
        ([LOAD, dict(type='Pad', size=(20, 20)), PACK], 'Pad .* the size of the data preprocessor'),
        ([LOAD, dict(type='RandomRotate', prob=1, degree=9), PACK], 'RandomRotate'),
        ([LOAD, dict(type='MultiTaskRandomCrop', size=(8, 8)), PACK], 'MultiTaskRandomCrop'),
        ([LOAD, MAPS, dict(type='MultiTaskRandomZoom'), PACK], 'MultiTaskRandomZoom'),
        ([LOAD, RESIZE, MAPS], 'end it with PackMultiTaskInputs'),
    ],
)
def test_steps_that_predictions_do_not_undo_are_refused(config, checkpoint, steps, message):
    cfg = Config.fromfile(config)
    cfg.test_pipeline = steps
    with pytest.raises(ConfigError, match=message):
        MultiTaskInferencer(cfg, checkpoint, 'cpu')
