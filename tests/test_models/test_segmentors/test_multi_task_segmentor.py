from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.utils import ConfigError

CONFIGS = Path(__file__).parents[3] / 'configs'


def test_a_training_step_reaches_every_parameter(make_network, make_samples, gradients):
    model = make_network()
    model.init_weights()
    losses = model(torch.randn(2, 3, 64, 64), make_samples(2, 64, 64), mode='loss')
    assert set(losses) == {
        'loss_coherence',
        *(f'loss_{task}{stage}' for task in ('semseg', 'depth', 'normals') for stage in ('', '_s0', '_s1')),
    }
    total, logged = model.parse_losses(losses)
    total.backward()
    assert total.isfinite() and set(logged) == {'loss', *losses}
    assert all(gradient.isfinite().all() for gradient in gradients(model).values())


def test_a_training_step_in_bfloat16(make_network, make_samples, gradients):
    model = make_network()
    images, samples = torch.randn(2, 3, 64, 64), make_samples(2, 64, 64)
    with torch.autocast('cpu', torch.bfloat16):
        losses = model(images, samples, mode='loss')
    assert {loss.dtype for loss in losses.values()} == {torch.float32}
    model.parse_losses(losses)[0].backward()
    assert all(gradient.isfinite().all() for gradient in gradients(model).values())


def test_depth_starts_at_its_mean_everywhere(make_network):
    model = make_network()
    model.init_weights()
    stages = model.neck[2].predictors['depth']
    assert [conv.bias.item() for conv in (model.decode_head.predictors['depth'], *stages)] == [2.5] * 3


def test_a_task_without_targets(make_network, make_samples, gradients):
    model = make_network()
    losses = model(torch.randn(2, 3, 64, 64), make_samples(2, 64, 64, missing=['normals']), mode='loss')
    assert [name for name, loss in losses.items() if loss == 0] == [
        'loss_normals', 'loss_normals_s0', 'loss_normals_s1'
    ]  # fmt: skip
    model.parse_losses(losses)[0].backward()
    assert all(gradient.isfinite().all() for gradient in gradients(model).values())


@pytest.mark.parametrize('kept', [[0], [0, 1], [0, 2]], ids=['decoders', 'without SRM', 'without CFM'])
def test_ablations(make_network, make_samples, necks, gradients, kept):
    model = make_network(neck=[necks[i] for i in kept])
    losses = model(torch.randn(2, 3, 64, 64), make_samples(2, 64, 64), mode='loss')
    assert ('loss_coherence' in losses) == (1 in kept) and ('loss_depth_s1' in losses) == (2 in kept)
    model.parse_losses(losses)[0].backward()
    gradients(model)


def test_no_neck_and_a_stock_neck(make_network, make_samples):
    head = dict(type='MultiTaskHead', in_channels=24, channels=8)
    encoder = dict(type='EfficientNetLite')
    fpn = dict(type='FPN', in_channels=[24, 40, 112, 320], out_channels=24, num_outs=4)
    for neck in (None, fpn):
        model = make_network(backbone=encoder, neck=neck, decode_head=head)
        losses = model(torch.randn(2, 3, 64, 64), make_samples(2, 64, 64), mode='loss')
        assert set(losses) == {'loss_semseg', 'loss_depth', 'loss_normals'}


def test_channels_last_changes_nothing_but_the_layout(make_network):
    plain, last = make_network(), make_network(channels_last=True)
    last.load_state_dict(plain.state_dict())
    weight = last.backbone.encoder.layers[0].conv.weight
    assert weight.is_contiguous(memory_format=torch.channels_last) and not weight.is_contiguous()
    images = torch.randn(2, 3, 64, 64)
    results = [model(images, mode='tensor') for model in (plain, last)]
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-4)


class Images(nn.Module):
    """A backbone that returns the images."""

    def forward(self, images: Tensor) -> tuple[Tensor]:
        return (images,)


@pytest.fixture
def pointwise(make_network) -> nn.Module:
    """A network whose prediction at a pixel depends on that pixel only; test_cfg may be changed."""
    head = dict(type='MultiTaskHead', in_channels=3, channels=8)
    model = make_network(backbone=dict(type=Images), neck=None, decode_head=head).eval()
    for conv in model.decode_head.convs.values():
        centre = conv.conv.weight.data[..., 1:2, 1:2].clone()
        conv.conv.weight.data.zero_()[..., 1:2, 1:2] = centre
    return model


def sample(**meta) -> MultiTaskDataSample:
    return MultiTaskDataSample(metainfo=meta)


def predictions(result: MultiTaskDataSample) -> list[Tensor]:
    return [result.prediction(field) for field in ('sem_seg', 'depth_map', 'normals')]


def test_sliding_windows_equal_the_whole_on_a_pointwise_network(pointwise):
    images = torch.randn(2, 3, 40, 56)
    metas = dict(img_shape=(40, 56), pad_shape=(40, 56), ori_shape=(80, 112))
    whole = pointwise(images, [sample(**metas) for _ in images], mode='predict')
    pointwise.test_cfg.update(mode='slide', crop_size=(24, 24), stride=(16, 16))
    slid = pointwise(images, [sample(**metas) for _ in images], mode='predict')
    for one, other in zip(whole, slid, strict=True):
        torch.testing.assert_close(predictions(one), predictions(other), rtol=1e-4, atol=1e-4)
        assert [tuple(x.shape) for x in predictions(one)] == [(1, 80, 112), (1, 80, 112), (3, 80, 112)]


def test_sliding_windows_on_the_whole_network(make_network):
    model = make_network(test_cfg=dict(mode='slide', crop_size=(64, 64), stride=(32, 32)))
    images = torch.randn(1, 3, 64, 96)
    model(images, mode='tensor')  # Fills BatchNorm's statistics a little.
    result = model.eval()(images, None, mode='predict')[0]
    assert [tuple(x.shape) for x in predictions(result)] == [(1, 64, 96), (1, 64, 96), (3, 64, 96)]
    assert all(x.isfinite().all() for x in predictions(result))


def test_windows_may_be_larger_than_the_image_but_leave_no_gaps(make_network):
    model = make_network(test_cfg=dict(mode='slide', crop_size=(96, 96), stride=(96, 48))).eval()
    assert predictions(model(torch.randn(1, 3, 64, 64), mode='predict')[0])[0].shape[1:] == (64, 64)
    for rule in (dict(stride=(65, 32)), dict(stride=(32, 0)), dict(stride=32), dict()):
        with pytest.raises(ConfigError, match=r'crop_size=\(64, 64\) and stride='):
            make_network(test_cfg=dict(mode='slide', crop_size=(64, 64), **rule))


def test_padding_for_the_network_changes_no_prediction(pointwise, tasks):
    """Images of two sizes in a batch, padded to a multiple of 16."""
    pointwise.data_preprocessor = MODELS.build(
        dict(type='MultiTaskDataPreProcessor', tasks=tasks, test_cfg=dict(size_divisor=16))
    )
    images = [torch.randn(3, 20, 40), torch.randn(3, 18, 24)]
    samples = [sample(img_shape=tuple(x.shape[1:]), ori_shape=tuple(x.shape[1:])) for x in images]
    results = pointwise.test_step(dict(inputs=images, data_samples=samples))
    for image, result in zip(images, results, strict=True):
        alone = pointwise(image[None], None, mode='predict')[0]
        torch.testing.assert_close(predictions(result), predictions(alone), rtol=1e-4, atol=1e-4)


def test_a_mirrored_image_predicts_the_same(pointwise):
    """The x of normals is mirrored with the image; here the logits of the mirrored image are made by hand."""
    images = torch.randn(1, 3, 12, 16)
    metas = dict(img_shape=(12, 16), ori_shape=(12, 16))
    expected = pointwise(images, [sample(**metas)], mode='predict')[0]
    final = pointwise.decode_head.predictors['normals']
    final.weight.data[0] *= -1
    mirrored = pointwise(images.flip(-1), [sample(**metas, flip=True, flip_direction='horizontal')], mode='predict')[0]
    torch.testing.assert_close(predictions(mirrored), predictions(expected))


def test_postprocessing_by_hand(pointwise):
    """A map of 3x4, padded by 1 at the left, 2 at the right and 1 at the top."""
    raw = torch.full((1, 8, 4, 7), -9.0)
    inner = raw[0, :, 1:4, 1:5]
    inner[:4] = F.one_hot(torch.tensor([[0, 1, 2, 3]] * 3), 4).permute(2, 0, 1)
    inner[4] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    inner[5:] = torch.tensor([3.0, 0.0, 4.0])[:, None, None]
    meta = dict(img_padding_size=(1, 2, 1, 0), ori_shape=(3, 4))
    labels, depth, normals = predictions(pointwise.postprocess_result(raw, [sample(**meta)])[0])
    assert labels.tolist() == [[[0, 1, 2, 3]] * 3] and depth.tolist() == [[[1.0, 2.0, 3.0, 4.0]] * 3]
    torch.testing.assert_close(normals, torch.tensor([0.6, 0.0, 0.8])[:, None, None].expand(3, 3, 4))
    labels, depth, normals = predictions(pointwise.postprocess_result(raw, [sample(**meta, flip=True)])[0])
    assert labels.tolist() == [[[3, 2, 1, 0]] * 3] and depth.tolist() == [[[4.0, 3.0, 2.0, 1.0]] * 3]
    torch.testing.assert_close(normals, torch.tensor([-0.6, 0.0, 0.8])[:, None, None].expand(3, 3, 4))


def test_predictions_are_resized_before_they_are_activated(pointwise):
    raw = torch.randn(1, 8, 6, 8)
    meta = dict(padding_size=(0, 2, 0, 0), ori_shape=(18, 20))
    labels, depth, normals = predictions(pointwise.postprocess_result(raw, [sample(**meta)])[0])
    large = F.interpolate(raw[..., :6], (18, 20), mode='bilinear', align_corners=False)[0]
    assert torch.equal(labels, large[:4].argmax(0, keepdim=True))
    torch.testing.assert_close(depth, large[4:5])
    torch.testing.assert_close(normals, large[5:] / large[5:].square().sum(0).sqrt())


def test_without_samples_predictions_have_the_inputs_size(pointwise):
    results = pointwise(torch.randn(2, 3, 10, 14), None, mode='predict')
    assert [tuple(x.shape) for x in predictions(results[1])] == [(1, 10, 14), (1, 10, 14), (3, 10, 14)]


@pytest.fixture
def build_on_meta(monkeypatch) -> Callable[[str], nn.Module]:
    """Builds the network of a config without memory for its weights."""

    def build(name: str) -> nn.Module:
        # Encoders read their rates of stochastic depth out of a tensor.
        monkeypatch.setattr(torch, 'linspace', partial(torch.linspace, device='cpu'))
        with torch.device('meta'):
            return MODELS.build(Config.fromfile(next(CONFIGS.rglob(f'{name}.py'))).model)

    return build


@pytest.mark.parametrize('name', ['mtcp_nyud', 'mtcp_nyud_small', 'mtcp_rooms', 'nyud_plain'])
def test_the_configs_networks_run_on_shapes(build_on_meta, name):
    model = build_on_meta(name).eval()
    with torch.device('meta'), torch.no_grad():
        raws = model(torch.empty(1, 3, 96, 128), mode='tensor')
    assert {task: tuple(raw.shape) for task, raw in raws.items()} == {
        task: (1, model.tasks[task].channels, 24, 32) for task in ('semseg', 'depth', 'normals')
    }


def test_the_small_network_is_small(build_on_meta):
    """At most 6 M parameters and 8 G multiply-adds at 192x256."""
    model = build_on_meta('mtcp_nyud_small').eval().requires_grad_(False)
    assert sum(parameter.numel() for parameter in model.parameters()) <= 6e6
    with FlopCounterMode(display=False) as counter, torch.device('meta'):
        model(torch.empty(1, 3, 192, 256), mode='tensor')
    assert 1e9 < counter.get_total_flops() / 2 <= 8e9


def test_settings_of_the_stock_segmentor(make_network):
    make_network(pretrained=None, auxiliary_head=None)
    with pytest.raises(ConfigError, match='does not support auxiliary_head'):
        make_network(auxiliary_head=dict(type='FCNHead'))


def test_pretrained_weights_are_the_backbones(make_network, backbone, monkeypatch):
    given = []
    build = MODELS.build
    monkeypatch.setattr(
        MODELS, 'build', lambda cfg, *args, **kwargs: (given.append(cfg), build(cfg, *args, **kwargs))[1]
    )
    with pytest.raises(TypeError, match='pretrained'):  # this backbone takes none
        make_network(pretrained='weights.pth')
    assert any(cfg.get('pretrained') == 'weights.pth' and cfg['type'] == backbone['type'] for cfg in given)


def test_a_head_of_other_tasks_is_refused(make_network, tasks):
    head = dict(type='MultiTaskHead', in_channels=16, channels=8, tasks=tasks[:2])
    with pytest.raises(ConfigError, match='predicts 5 channels, but the tasks semseg, depth, normals have 8'):
        make_network(decode_head=head)


def test_main_and_auxiliary_tasks(make_network, tasks):
    model = make_network(tasks=[tasks[0], dict(tasks[1], auxiliary=True), tasks[2]])
    assert (list(model.tasks), list(model.auxiliary_tasks)) == (['semseg', 'normals'], ['depth'])
    assert list(model.loss_weighting.tasks) == ['semseg', 'depth', 'normals']
    result = model.eval()(torch.randn(1, 3, 64, 64), mode='predict')[0]
    assert result.prediction('normals').shape == (3, 64, 64) and result.prediction('depth_map') is None


def test_a_step_with_an_auxiliary_task_reaches_every_parameter(make_network, make_samples, tasks, gradients):
    model = make_network(tasks=[*tasks[:2], dict(tasks[2], auxiliary=True)])
    losses = model(torch.randn(2, 3, 64, 64), make_samples(2, 64, 64), mode='loss')
    stages = [f'loss_normals_s{k}' for k in range(3)]
    assert [key for key in losses if 'normals' in key] == stages and all(losses[key] > 0 for key in stages)
    model.parse_losses(losses)[0].backward()
    gradients(model)
