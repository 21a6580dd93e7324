import pytest
import torch
from mmseg.models import SegDataPreProcessor

from mtcp_mm.models.data_preprocessor import MultiTaskDataPreProcessor
from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.utils import ConfigError

TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes='nyud40'),
    dict(type='DepthMap', name='depth', field='depth_map'),
    dict(type='SurfaceNormals', name='normals'),
]
RGB = dict(mean=[10.0, 20.0, 30.0], std=[2.0, 4.0, 8.0], bgr_to_rgb=True)
DEVICES = ['cpu', pytest.param('cuda', marks=pytest.mark.skipif(not torch.cuda.is_available(), reason='needs CUDA'))]


def make_batch(*sizes: tuple[int, int]) -> dict:
    generator = torch.Generator().manual_seed(0)
    images, samples = [], []
    for size in sizes:
        images.append(torch.randint(0, 256, (3, *size), generator=generator, dtype=torch.uint8))
        sample = MultiTaskDataSample(metainfo=dict(img_shape=size, ori_shape=size))
        sample.set_target('sem_seg', torch.randint(0, 40, (1, *size), generator=generator))
        sample.set_target('depth_map', torch.rand(1, *size, generator=generator) + 1)
        sample.set_target('normals', torch.rand(3, *size, generator=generator) + 1)
        samples.append(sample)
    return dict(inputs=images, data_samples=samples)


@pytest.mark.parametrize('device', DEVICES)
@pytest.mark.parametrize('training', [True, False])
def test_images_equal_the_stock_preprocessors(device, training):
    stock = SegDataPreProcessor(**RGB, size_divisor=1).to(device)(make_batch((4, 6), (4, 6)), training)
    ours = MultiTaskDataPreProcessor(TASKS, **RGB).to(device)(make_batch((4, 6), (4, 6)), training)
    assert ours['inputs'].device.type == device and torch.equal(ours['inputs'], stock['inputs'])


def test_normalises_after_the_channels_are_reordered():
    inputs = torch.tensor([30, 20, 14], dtype=torch.uint8)[:, None, None]
    out = MultiTaskDataPreProcessor(TASKS, **RGB)(dict(inputs=[inputs]))
    assert out['inputs'].flatten().tolist() == [2, 0, 0] and out['data_samples'] is None


@pytest.mark.parametrize('device', DEVICES)
def test_training_pads_each_target_with_its_void(device):
    batch = make_batch((5, 7), (6, 4))
    before = [{f: s.target(f) for f in ('sem_seg', 'depth_map', 'normals')} for s in batch['data_samples']]
    out = MultiTaskDataPreProcessor(TASKS, size_divisor=4, pad_val=-1).to(device)(batch, training=True)
    assert out['inputs'].shape == (2, 3, 8, 8)
    void = dict(sem_seg=255, depth_map=0, normals=0)
    for i, (height, width) in enumerate([(5, 7), (6, 4)]):
        padding = torch.ones(8, 8, dtype=bool)
        padding[:height, :width] = False
        assert (out['inputs'][i, :, padding] == -1).all()
        sample = out['data_samples'][i]
        for field, value in void.items():
            target = sample.target(field).cpu()
            assert target.dtype == before[i][field].dtype
            assert (target[:, padding] == value).all()
            assert torch.equal(target[:, :height, :width], before[i][field])
        assert sample.img_shape == (height, width) and sample.pad_shape == (8, 8)
        assert sample.padding_size == (0, 8 - width, 0, 8 - height)


def test_an_image_is_not_padded_with_a_map_of_another_size():
    batch = make_batch((6, 8))
    batch['data_samples'][0].set_target('depth_map', torch.ones(1, 3, 4))
    with pytest.raises(ConfigError, match=r'"depth": an image of \(6, 8\).*a map of \(3, 4\)'):
        MultiTaskDataPreProcessor(TASKS, size=(8, 8))(batch, training=True)


def test_testing_pads_the_image_alone():
    pre = MultiTaskDataPreProcessor(TASKS, size_divisor=32, test_cfg=dict(size=(10, 12)))
    out = pre(make_batch((5, 7)), training=False)
    sample = out['data_samples'][0]
    assert out['inputs'].shape == (1, 3, 10, 12)
    assert sample.padding_size == (0, 5, 0, 5) and sample.target('depth_map').shape == (1, 5, 7)


def test_testing_adds_no_needless_padding():
    pre = MultiTaskDataPreProcessor(TASKS, size_divisor=32)
    assert pre(make_batch((5, 7)), training=False)['inputs'].shape == (1, 3, 5, 7)
    out = pre(make_batch((5, 7), (6, 4)), training=False)
    assert out['inputs'].shape == (2, 3, 6, 7)
    assert [s.padding_size for s in out['data_samples']] == [(0, 0, 0, 1), (0, 3, 0, 0)]


def test_a_missing_target_stays_missing():
    batch = make_batch((5, 7))
    del batch['data_samples'][0].gt_normals
    out = MultiTaskDataPreProcessor(TASKS, size_divisor=8)(batch, training=True)
    assert out['data_samples'][0].target('normals') is None


@pytest.mark.parametrize('device', DEVICES)
def test_canvas_grows_with_a_larger_image(device):
    batch = make_batch((4, 9), (7, 5))
    out = MultiTaskDataPreProcessor(TASKS, test_cfg=dict(size=(6, 6))).to(device)(batch)
    assert out['inputs'].shape == (2, 3, 7, 9)
    assert [sample.padding_size for sample in out['data_samples']] == [(0, 0, 0, 3), (0, 4, 0, 0)]


def test_settings_of_the_stock_preprocessor():
    MultiTaskDataPreProcessor(TASKS, seg_pad_val=255, batch_augments=None)
    for settings in (dict(seg_pad_val=0), dict(batch_augments=[dict(type='BatchFixedSizePad', size=(8, 8))])):
        with pytest.raises(ConfigError, match='augment in the pipeline'):
            MultiTaskDataPreProcessor(TASKS, **settings)
