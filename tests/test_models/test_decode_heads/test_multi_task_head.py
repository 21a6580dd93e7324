import pytest
import torch
import torch.nn.functional as F
from mmengine.config import ConfigDict
from mmseg.models import EncoderDecoder
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from mtcp_mm.models import MultiTaskHead
from mtcp_mm.structures import TaskFeatures

META = dict(img_shape=(32, 40), ori_shape=(64, 80), pad_shape=(32, 48))


@pytest.fixture
def head(tasks) -> MultiTaskHead:
    return MODELS.build(dict(type='MultiTaskHead', tasks=tasks, in_channels=6, channels=8))


def fused(channels: int = 6) -> dict[str, Tensor]:
    return {name: torch.randn(2, channels, 8, 12, requires_grad=True) for name in ('semseg', 'depth', 'normals')}


def test_each_task_reads_its_own_map(head):
    head.eval()
    maps = fused()
    raws = head(TaskFeatures(features=maps))
    assert {name: raw.shape for name, raw in raws.items()} == {
        'semseg': (2, 4, 8, 12), 'depth': (2, 1, 8, 12), 'normals': (2, 3, 8, 12)
    }  # fmt: skip
    raws['depth'].sum().backward()
    assert [name for name, x in maps.items() if x.grad is not None] == ['depth']


def test_a_plain_tuple_serves_all_tasks(tasks):
    head = MultiTaskHead(tasks, 6, 8, in_index=1).eval()
    x = torch.randn(2, 6, 8, 12)
    plain = head((torch.randn(2, 6, 16, 24), x))
    torch.testing.assert_close(plain, head(TaskFeatures(features=dict.fromkeys(plain, x))))


def test_the_border_says_what_the_middle_does(head):
    even = torch.randn(1, 6, 1, 1).expand(1, 6, 8, 12)
    for raw in head.eval()(TaskFeatures(features=dict.fromkeys(head.tasks, even))).values():
        torch.testing.assert_close(raw, raw[..., 4:5, 6:7].expand_as(raw))


def test_depth_starts_at_its_mean(head):
    head.init_weights()
    assert head.predictors['depth'].bias.item() == 2.5
    assert not head.predictors['semseg'].bias.any() and not head.predictors['normals'].bias.any()


def test_losses_are_taken_at_the_targets_size(head, make_samples):
    samples = make_samples(2, 32, 48)
    features = TaskFeatures(features=fused(), losses=dict(loss_coherence=torch.tensor(0.7)))
    losses = head.loss(features, samples)
    assert list(losses) == ['loss_semseg', 'loss_depth', 'loss_normals', 'loss_coherence']
    assert losses['loss_coherence'] == 0.7
    raws = {name: F.interpolate(raw, (32, 48), mode='bilinear') for name, raw in head(features).items()}
    labels = torch.stack([sample.target('sem_seg')[0] for sample in samples])
    depth = torch.stack([sample.target('depth_map') for sample in samples])
    torch.testing.assert_close(losses['loss_semseg'], F.cross_entropy(raws['semseg'], labels))
    torch.testing.assert_close(losses['loss_depth'], F.l1_loss(raws['depth'], depth))


def test_intermediate_predictions_are_scored_at_their_own_size(head, make_samples):
    samples = make_samples(2, 32, 48)
    stages = (torch.randn(2, 1, 4, 6), torch.randn(2, 1, 8, 12))
    losses = head.loss(TaskFeatures(features=fused(), predictions=dict(depth=stages)), samples)
    assert list(losses) == ['loss_semseg', 'loss_depth', 'loss_depth_s0', 'loss_depth_s1', 'loss_normals']
    depth = torch.stack([sample.target('depth_map') for sample in samples])
    # The nearest pixel to the centre of a block of 8x8, halves rounded up, is its fifth.
    torch.testing.assert_close(losses['loss_depth_s0'], F.l1_loss(stages[0], depth[..., 4::8, 4::8]))
    torch.testing.assert_close(losses['loss_depth_s1'], F.l1_loss(stages[1], depth[..., 2::4, 2::4]))


def test_void_is_not_mixed_into_coarse_targets(head, make_samples):
    samples = make_samples(1, 32, 48)
    labels = samples[0].target('sem_seg')
    labels[:, 16:] = 255
    stage = torch.randn(1, 4, 4, 6)
    inputs = TaskFeatures(features={name: x[:1] for name, x in fused().items()}, predictions=dict(semseg=(stage,)))
    expected = F.cross_entropy(stage[..., :2, :], labels[:, 4:16:8, 4::8])
    torch.testing.assert_close(head.loss(inputs, samples)['loss_semseg_s0'], expected)


@pytest.mark.parametrize('missing', ['sem_seg', 'depth_map', 'normals'])
def test_a_task_without_targets_loses_nothing(head, make_samples, gradients, missing):
    samples = make_samples(2, 32, 48, missing=[missing])
    features = TaskFeatures(features=fused())
    losses = head.loss(features, samples)
    zero = [name for name, loss in losses.items() if loss == 0]
    assert zero == [f'loss_{name}' for name, task in head.tasks.items() if task.field == missing]
    sum(losses.values()).backward()
    assert all(gradient.isfinite().all() for gradient in gradients(head).values())


def test_a_sample_that_lacks_a_target_does_not_count(head, make_samples):
    samples = make_samples(1, 32, 48) + make_samples(1, 32, 48, missing=['depth_map'])
    features = TaskFeatures(features=fused())
    raw = F.interpolate(head(features)['depth'][:1], (32, 48), mode='bilinear')
    expected = F.l1_loss(raw, samples[0].target('depth_map')[None])
    torch.testing.assert_close(head.loss(features, samples)['loss_depth'], expected)


def test_no_target_at_all(head, make_samples):
    samples = make_samples(2, 32, 48, missing=['sem_seg', 'depth_map', 'normals'])
    with pytest.raises(ValueError, match="no sample of the batch has a target of any of the tasks .*'depth'"):
        head.loss(TaskFeatures(features=fused()), samples)


@pytest.mark.parametrize(
    ('meta', 'size'),
    [
        (META, (32, 48)),
        (META | dict(img_shape=torch.Size((24, 24))), (24, 24)),  # A window of sliding inference.
        (dict(img_shape=(32, 40)), (32, 40)),
    ],
    ids=['padded', 'window', 'unpadded'],
)
def test_predictions_have_the_inputs_size(head, meta, size):
    head.eval()
    features = TaskFeatures(features=fused())
    out = head.predict(features, [meta, meta])
    raws = [F.interpolate(raw, size, mode='bilinear') for raw in head(features).values()]
    torch.testing.assert_close(out, torch.cat(raws, 1))
    assert head.out_channels == 8 == out.shape[1]


def test_raw_maps_are_float32_under_autocast(head):
    with torch.autocast('cpu', torch.bfloat16):
        raws = head(TaskFeatures(features=fused()))
        assert head.convs['depth'](fused()['depth']).dtype == torch.bfloat16
    assert {raw.dtype for raw in raws.values()} == {torch.float32}


class Halving(nn.Module):
    """Stands for a backbone: one map at half the size."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 2, stride=2)

    def forward(self, images: Tensor) -> tuple[Tensor]:
        return (self.conv(images),)


def test_one_task_stands_in_mmsegs_encoder_decoder(tasks, make_samples):
    head = dict(type='MultiTaskHead', tasks=tasks[:1], in_channels=6, channels=8)
    model = EncoderDecoder(backbone=dict(type=Halving), decode_head=head, test_cfg=ConfigDict(mode='whole'))
    images, samples = torch.randn(2, 3, 32, 48), make_samples(2, 32, 48)
    losses = model(images, samples, mode='loss')
    model.parse_losses(losses)[0].backward()
    assert list(losses) == ['decode.loss_semseg'] and model.backbone.conv.weight.grad.any()
    results = model.eval()(images, [SegDataSample(metainfo=META | dict(img_shape=(32, 48)))] * 2, mode='predict')
    assert results[0].pred_sem_seg.data.shape == (1, 64, 80)
