import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from mtcp_mm.models import MultiTaskHead
from mtcp_mm.structures import MultiTaskDataSample, TaskFeatures
from mtcp_mm.utils import ConfigError

META = dict(img_shape=(32, 40), ori_shape=(64, 80), pad_shape=(32, 48))


def test_each_task_reads_its_own_map(head, make_maps):
    head.eval()
    maps = make_maps()
    logits = head(TaskFeatures(features=maps))
    assert {name: x.shape for name, x in logits.items()} == {
        'semseg': (2, 4, 8, 12), 'depth': (2, 1, 8, 12), 'normals': (2, 3, 8, 12)
    }  # fmt: skip
    logits['depth'].sum().backward()
    assert [name for name, x in maps.items() if x.grad is not None] == ['depth']


def test_a_plain_tuple_serves_all_tasks(tasks):
    head = MultiTaskHead(tasks, 6, 8, in_index=1).eval()
    x = torch.randn(2, 6, 8, 12)
    plain = head((torch.randn(2, 6, 16, 24), x))
    torch.testing.assert_close(plain, head(TaskFeatures(features=dict.fromkeys(plain, x))))


def test_depth_starts_at_its_mean(head):
    head.init_weights()
    assert head.predictors['depth'].bias.item() == 2.5
    assert not head.predictors['semseg'].bias.any() and not head.predictors['normals'].bias.any()


def test_losses_are_computed_at_the_size_of_targets(head, make_maps, make_samples):
    samples = make_samples(2, 32, 48)
    features = TaskFeatures(features=make_maps(), losses=dict(loss_coherence=torch.tensor(0.7)))
    losses = head.loss(features, samples)
    assert list(losses) == ['loss_semseg', 'loss_depth', 'loss_normals', 'loss_coherence']
    assert losses['loss_coherence'] == 0.7
    logits = {name: F.interpolate(x, (32, 48), mode='bilinear') for name, x in head(features).items()}
    labels = torch.stack([sample.target('sem_seg')[0] for sample in samples])
    depth = torch.stack([sample.target('depth_map') for sample in samples])
    torch.testing.assert_close(losses['loss_semseg'], F.cross_entropy(logits['semseg'], labels))
    torch.testing.assert_close(losses['loss_depth'], F.l1_loss(logits['depth'], depth))


def test_intermediate_predictions_are_scored_at_their_own_size(head, make_maps, make_samples):
    samples = make_samples(2, 32, 48)
    stages = (torch.randn(2, 1, 4, 6), torch.randn(2, 1, 8, 12))
    losses = head.loss(TaskFeatures(features=make_maps(), predictions=dict(depth=stages)), samples)
    assert list(losses) == ['loss_semseg', 'loss_depth', 'loss_depth_s0', 'loss_depth_s1', 'loss_normals']
    depth = torch.stack([sample.target('depth_map') for sample in samples])
    # The nearest pixel to the centre of a block of 8x8, halves rounded up, is its fifth.
    torch.testing.assert_close(losses['loss_depth_s0'], F.l1_loss(stages[0], depth[..., 4::8, 4::8]))
    torch.testing.assert_close(losses['loss_depth_s1'], F.l1_loss(stages[1], depth[..., 2::4, 2::4]))


@pytest.mark.parametrize('missing', ['sem_seg', 'depth_map', 'normals'])
def test_a_task_without_targets_has_zero_loss(head, make_maps, make_samples, gradients, missing):
    samples = make_samples(2, 32, 48, missing=[missing])
    features = TaskFeatures(features=make_maps())
    losses = head.loss(features, samples)
    zero = [name for name, loss in losses.items() if loss == 0]
    assert zero == [f'loss_{name}' for name, task in head.tasks.items() if task.field == missing]
    sum(losses.values()).backward()
    assert all(gradient.isfinite().all() for gradient in gradients(head).values())


def test_a_sample_that_lacks_a_target_does_not_count(head, make_maps, make_samples):
    samples = make_samples(1, 32, 48) + make_samples(1, 32, 48, missing=['depth_map'])
    features = TaskFeatures(features=make_maps())
    depth = F.interpolate(head(features)['depth'][:1], (32, 48), mode='bilinear')
    expected = F.l1_loss(depth, samples[0].target('depth_map')[None])
    torch.testing.assert_close(head.loss(features, samples)['loss_depth'], expected)


@pytest.mark.parametrize(
    ('meta', 'size'),
    [
        (META, (32, 48)),
        (META | dict(img_shape=torch.Size((24, 24))), (24, 24)),  # A window of sliding inference.
        (dict(img_shape=(32, 40)), (32, 40)),
    ],
    ids=['padded', 'window', 'unpadded'],
)
def test_predictions_have_the_inputs_size(head, meta, size, make_maps):
    head.eval()
    features = TaskFeatures(features=make_maps())
    out = head.predict(features, [meta, meta])
    logits = [F.interpolate(x, size, mode='bilinear') for x in head(features).values()]
    torch.testing.assert_close(out, torch.cat(logits, 1))
    assert head.out_channels == 8 == out.shape[1]


def test_logits_are_float32_under_autocast(head, make_maps):
    with torch.autocast('cpu', torch.bfloat16):
        logits = head(TaskFeatures(features=make_maps()))
        assert head.convs['depth'](make_maps()['depth']).dtype == torch.bfloat16
    assert {x.dtype for x in logits.values()} == {torch.float32}


def test_intermediate_predictions_are_scored_in_float32(head, make_maps, make_samples):
    stages = tuple(torch.randn(2, 1, 4, 6) for _ in range(2))
    halves = tuple(stage.bfloat16() for stage in stages)
    seen = []
    head.loss_functions['depth'].register_forward_pre_hook(lambda _, args: seen.append(args[0].dtype))
    losses = head.loss(TaskFeatures(features=make_maps(), predictions=dict(depth=halves)), make_samples(2, 32, 48))
    assert {losses[f'loss_depth_s{k}'].dtype for k in range(2)} == {torch.float32}
    assert seen == [torch.float32] * 3


def keys(head: MultiTaskHead) -> list[str]:
    """Names of weights, without those of losses and the counters of normalization."""
    return [name for name, _ in head.named_parameters()]


def test_checkpoints_name_the_weights_of_a_single_convolution_without_a_number(tasks):
    conv = ['conv.weight', 'bn.weight', 'bn.bias']
    last = ['predictors.depth.weight', 'predictors.depth.bias']
    assert keys(MultiTaskHead(tasks[1:2], 6, 8)) == [*(f'convs.depth.{name}' for name in conv), *last]
    two = MultiTaskHead(tasks[1:2], 6, 8, num_convs=2)
    assert keys(two) == [*(f'convs.depth.{i}.{name}' for i in range(2) for name in conv), *last]


def test_without_convolutions_the_last_layer_reads_the_maps(tasks, make_maps):
    head = MultiTaskHead(tasks, 6, num_convs=0)
    maps = make_maps()
    assert all(name.startswith('predictors.') for name in keys(head))
    for name, logits in head(TaskFeatures(features=maps)).items():
        last = head.predictors[name]
        torch.testing.assert_close(logits, F.conv2d(maps[name], last.weight, last.bias))


def test_norm_and_convolution_are_those_of_the_config(tasks):
    form = dict(kernel_size=5, conv_cfg=dict(type='ConvWS'), norm_cfg=dict(type='GN', num_groups=2))
    head = MultiTaskHead(tasks, 6, 8, **form)
    assert head.convs['depth'].conv.weight.shape == (8, 6, 5, 5)
    parts = [*head.convs.values(), *head.predictors.values()]
    assert {type(module).__name__ for part in parts for module in part.modules()} == {
        'ConvModule', 'ConvWS2d', 'GroupNorm', 'ReLU', 'ReplicationPad2d'
    }  # fmt: skip


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(kernel_size=4), 'num_convs=1 and kernel_size=4'),
        (dict(num_convs=-1), 'num_convs=-1 and kernel_size=3'),
        (dict(input_transform='multiple_select'), r"'multiple_select' .* is unknown; choose one of \(None, 'resize_c"),
        (dict(in_index=[0, 1]), r'in_channels=6, in_index=\[0, 1\], input_transform=None; give two integers'),
        (dict(in_channels=[6, 8]), r'in_channels=\[6, 8\], in_index=0, input_transform=None; give two integers'),
        (
            dict(input_transform='resize_concat'),
            "in_channels=6, in_index=0, input_transform='resize_concat'; give a li",
        ),
        (dict(input_transform='resize_concat', in_channels=[6, 8]), r'in_channels=\[6, 8\], in_index=0'),
        (dict(input_transform='resize_concat', in_index=[0, 1]), r'in_channels=6, in_index=\[0, 1\]'),
        (dict(input_transform='resize_concat', in_channels=[6, 8], in_index=[0]), 'of the same length'),
        (dict(input_transform='resize_concat', in_channels=[], in_index=[]), 'of the same length'),
    ],
    ids=str,
)
def test_arguments_that_contradict_each_other(tasks, arguments, message):
    with pytest.raises(ConfigError, match=message):
        MultiTaskHead(tasks, **(dict(in_channels=6) | arguments))


CONCAT = dict(in_channels=[4, 3, 5], in_index=[1, -1, 0], input_transform='resize_concat', channels=8)


def pyramid() -> tuple[Tensor, ...]:
    return tuple(torch.randn(2, width, *size) for width, size in ((5, (8, 12)), (4, (5, 7)), (3, (2, 3))))


@pytest.mark.parametrize('align_corners', [False, True])
def test_several_maps_are_resized_to_the_first_and_concatenated(tasks, align_corners):
    head = MultiTaskHead(tasks, **CONCAT, align_corners=align_corners).eval()
    fine, middle, coarse = pyramid()
    first, last = (F.interpolate(x, (5, 7), mode='bilinear', align_corners=align_corners) for x in (coarse, fine))
    expected = MultiTaskHead(tasks, 12, 8).eval()
    expected.load_state_dict(head.state_dict())
    torch.testing.assert_close(head((fine, middle, coarse)), expected((torch.cat([middle, first, last], 1),)))


def test_several_maps_of_task_features_are_those_of_each_tasks_pyramid(tasks, make_maps):
    head = MultiTaskHead(tasks, **CONCAT).eval()
    pyramids = {name: pyramid() for name in head.tasks}
    logits = head(TaskFeatures(features=make_maps(), pyramids=pyramids))
    for name in head.tasks:
        torch.testing.assert_close(logits[name], head(pyramids[name])[name])


def test_a_task_without_a_pyramid_is_named(tasks, make_maps):
    features = TaskFeatures(features=make_maps(), pyramids={name: pyramid() for name in ('semseg', 'depth')})
    with pytest.raises(ConfigError, match=r'receives no pyramid of normals \(received: semseg, depth\)'):
        MultiTaskHead(tasks, **CONCAT)(features)


def test_a_task_without_features_is_named(head, make_maps):
    maps = make_maps()
    del maps['depth'], maps['normals']
    with pytest.raises(ConfigError, match=r'receives no features of depth, normals \(received: semseg\); add a neck'):
        head(TaskFeatures(features=maps))
    with pytest.raises(ConfigError, match='received: none'):
        head(TaskFeatures(features={}))


def test_a_missing_map(tasks):
    with pytest.raises(ConfigError, match='MultiTaskHead has in_index 2, but receives 1 maps'):
        MultiTaskHead(tasks, 6, in_index=2)((torch.randn(1, 6, 4, 4),))


def test_corners_are_aligned_in_losses_and_predictions_alike(tasks, make_maps, make_samples):
    head = MultiTaskHead(tasks, 6, 8, align_corners=True).eval()
    features, samples = TaskFeatures(features=make_maps()), make_samples(2, 32, 48)
    logits = {
        name: F.interpolate(x, (32, 48), mode='bilinear', align_corners=True) for name, x in head(features).items()
    }
    depth = torch.stack([sample.target('depth_map') for sample in samples])
    torch.testing.assert_close(head.loss(features, samples)['loss_depth'], F.l1_loss(logits['depth'], depth))
    torch.testing.assert_close(head.predict(features, [META]), torch.cat(list(logits.values()), 1))


@pytest.fixture
def with_auxiliary(tasks, make_samples) -> tuple[MultiTaskHead, list[MultiTaskDataSample]]:
    """A head with four tasks, the second auxiliary, and two samples with targets of all."""
    outline = dict(type='BinaryMap', name='outline', auxiliary=True, loss=dict(type='BalancedBCELoss'))
    head = MultiTaskHead([tasks[0], outline, *tasks[1:]], 6, 8)
    samples = make_samples(2, 32, 48)
    for sample in samples:
        sample.set_target('outline', (torch.rand(1, 32, 48) > 0.5).float())
    return head, samples


def test_an_auxiliary_task_has_no_head(with_auxiliary, make_maps):
    head, _ = with_auxiliary
    logits = head(TaskFeatures(features=make_maps()))
    assert list(logits) == ['semseg', 'depth', 'normals'] and not any('outline' in name for name in keys(head))
    assert head.out_channels == head.num_classes == 4 + 1 + 3
    assert head.predict(TaskFeatures(features=make_maps()), [META]).shape == (2, 8, 32, 48)


def test_an_auxiliary_task_is_scored_on_what_necks_predict(with_auxiliary, make_maps):
    head, samples = with_auxiliary
    stage = torch.randn(2, 1, 16, 24)
    losses = head.loss(TaskFeatures(features=make_maps(), predictions=dict(outline=(stage,))), samples)
    assert list(losses) == ['loss_semseg', 'loss_outline_s0', 'loss_depth', 'loss_normals']
    target = torch.stack([sample.target('outline') for sample in samples])[..., 1::2, 1::2]
    weight = torch.where(target == 1, 1 - target.mean(), target.mean())
    expected = F.binary_cross_entropy_with_logits(stage, target, weight, reduction='sum') / weight.sum()
    torch.testing.assert_close(losses['loss_outline_s0'], expected)


def test_an_auxiliary_task_that_no_neck_predicts(with_auxiliary, make_maps):
    head, samples = with_auxiliary
    for predictions in ({}, dict(depth=(torch.randn(2, 1, 4, 6),), outline=())):
        features = TaskFeatures(features=make_maps(), predictions=predictions)
        with pytest.raises(ConfigError, match='no neck predicts the auxiliary task outline; add a neck'):
            head.train().loss(features, samples)
        # In evaluation necks need not predict anything.
        assert 'loss_depth' in head.eval().loss(features, samples)


def test_a_neck_that_predicts_an_unknown_task(head, make_maps, make_samples):
    features = TaskFeatures(features=make_maps(), predictions=dict(parts=(torch.randn(2, 7, 4, 6),)))
    with pytest.raises(ConfigError, match='a neck predicts parts, but the tasks are semseg, depth, normals; add it'):
        head.loss(features, make_samples(2, 32, 48))


def test_a_neck_whose_loss_has_the_name_of_a_tasks(head, make_maps, make_samples):
    features = TaskFeatures(features=make_maps(), losses=dict(loss_depth=torch.tensor(1.0)))
    with pytest.raises(ConfigError, match='a neck gives loss_depth, which is the loss of a task'):
        head.loss(features, make_samples(2, 32, 48))
