"""The head in segmentors, including mmseg's own EncoderDecoder with a single task."""

import math

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import ConfigDict
from mmseg.models import EncoderDecoder
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from mtcp_mm.structures import MultiTaskDataSample

META = dict(img_shape=(32, 48), ori_shape=(64, 80), pad_shape=(32, 48))


class Halving(nn.Module):
    """A backbone with one map at half the size."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 2, stride=2)

    def forward(self, images: Tensor) -> tuple[Tensor]:
        return (self.conv(images),)


def test_one_task_works_in_mmsegs_encoder_decoder(tasks, make_samples):
    head = dict(type='MultiTaskHead', tasks=tasks[:1], in_channels=6, channels=8)
    model = EncoderDecoder(backbone=dict(type=Halving), decode_head=head, test_cfg=ConfigDict(mode='whole'))
    images, samples = torch.randn(2, 3, 32, 48), make_samples(2, 32, 48)
    losses = model(images, samples, mode='loss')
    model.parse_losses(losses)[0].backward()
    assert list(losses) == ['decode.loss_semseg'] and model.backbone.conv.weight.grad.any()
    results = model.eval()(images, [SegDataSample(metainfo=META)] * 2, mode='predict')
    assert results[0].pred_sem_seg.data.shape == (1, 64, 80)


@pytest.mark.parametrize(('probability', 'answer'), [(0.45, 0), (0.55, 1)])
def test_a_binary_map_is_true_from_one_half(probability, answer):
    head = dict(type='MultiTaskHead', tasks=[dict(type='BinaryMap', name='outline')], in_channels=6, num_convs=0)
    model = EncoderDecoder(backbone=dict(type=Halving), decode_head=head, test_cfg=ConfigDict(mode='whole')).eval()
    last = model.decode_head.predictors['outline']
    nn.init.zeros_(last.weight)
    nn.init.constant_(last.bias, math.log(probability / (1 - probability)))
    (result,) = model(torch.randn(1, 3, 32, 48), [SegDataSample(metainfo=META)], mode='predict')
    assert (result.pred_sem_seg.data == answer).all()


@pytest.mark.parametrize('align_corners', [False, True])
def test_a_multi_task_segmentor_resizes_as_its_head_does(make_network, align_corners):
    head = dict(type='MultiTaskHead', in_channels=6, num_convs=0, align_corners=align_corners)
    model = make_network(backbone=dict(type=Halving), neck=None, decode_head=head).eval()
    images = torch.randn(1, 3, 32, 48)
    expected = model(images, mode='tensor')['depth']
    for size in ((32, 48), (64, 80)):
        expected = F.interpolate(expected, size, mode='bilinear', align_corners=align_corners)
    (result,) = model(images, [MultiTaskDataSample(metainfo=META)], mode='predict')
    torch.testing.assert_close(result.prediction('depth_map'), expected[0])
