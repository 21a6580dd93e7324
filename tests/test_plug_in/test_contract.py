"""The joints between the parts (docs/design.md), each with a part of its own as a user would write it."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.model import BaseModule, ModuleDict
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmseg.models import EncoderDecoder
from mmseg.registry import MODELS, TASK_UTILS
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, normalize
from torch.utils.data import Dataset

from mtcp_mm.engine.hooks import prioritize
from mtcp_mm.models import MultiTaskSegmentor
from mtcp_mm.models.builder import with_tasks
from mtcp_mm.structures import MultiTaskDataSample, TaskFeatures
from mtcp_mm.tasks import DepthMap, build_tasks
from mtcp_mm.utils import ConfigError

C, SIZE = 8, (32, 48)
WORDS = ('semseg', 'height', 'normals')


@TASK_UTILS.register_module(force=True)
class HeightMap(DepthMap):
    """Height above the ground in metres, never negative."""

    metric_depth = False

    def zoom(self, target: np.ndarray, factor: float) -> np.ndarray:
        return target

    def activate(self, logits: Tensor) -> Tensor:
        return logits.clamp(min=0)


class Patches(BaseModule):
    """A backbone with one stride, as a ViT: the patches after each of its blocks."""

    def __init__(self, stride: int = 8, blocks: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, C, stride, stride)
        self.blocks = blocks

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        return (self.conv(images),) * self.blocks


class Stitched(BaseModule):
    """A backbone in which each task has a branch, beside a loss and a prediction of its own."""

    def __init__(self, tasks: Sequence[dict]) -> None:
        super().__init__()
        self.shared = nn.Conv2d(3, C, 4, 4)
        self.branches = ModuleDict({name: nn.Conv2d(C, C, 1) for name in build_tasks(tasks)})
        self.predictors = ModuleDict({name: nn.Conv2d(C, t.channels, 1) for name, t in build_tasks(tasks).items()})

    def forward(self, images: Tensor) -> TaskFeatures:
        shared = self.shared(images)
        features = {name: branch(shared) for name, branch in self.branches.items()}
        out = TaskFeatures(features=features, encoder=(shared,))
        if not self.training:
            return out
        predictions = {name: (predict(features[name]),) for name, predict in self.predictors.items()}
        return out.updated(predictions=predictions, losses=dict(loss_stitch=shared.square().mean()))


class Split(BaseModule):
    """A neck that starts from maps."""

    def __init__(self, tasks: Sequence[dict], in_index: int = 0) -> None:
        super().__init__()
        self.in_index = in_index
        self.branches = ModuleDict({name: nn.Conv2d(C, C, 1) for name in build_tasks(tasks)})

    def forward(self, inputs: Sequence[Tensor] | TaskFeatures) -> TaskFeatures:
        start = TaskFeatures.start(inputs)
        x = start.encoder[self.in_index]
        return start.updated(features={name: branch(x) for name, branch in self.branches.items()})


class Peek(BaseModule):
    """A neck that predicts all tasks on the way, and has a loss of its own."""

    def __init__(self, tasks: Sequence[dict], name: str = 'peek', loss_weight: float = 1.0) -> None:
        super().__init__()
        self.name, self.loss_weight = name, loss_weight
        self.predictors = ModuleDict({name: nn.Conv2d(C, t.channels, 1) for name, t in build_tasks(tasks).items()})
        self.mix = nn.Conv2d(C, C, 1)

    def forward(self, features: TaskFeatures) -> TaskFeatures:
        new = {name: self.mix(features.features[name]) for name in self.predictors}
        if not self.training:
            return features.updated(features=new)
        predictions = {name: (predict(new[name]),) for name, predict in self.predictors.items()}
        loss = self.loss_weight * torch.stack([x.square().mean() for x in new.values()]).mean()
        return features.updated(features=new, predictions=predictions, losses={f'loss_{self.name}': loss})


@MODELS.register_module(force=True)
class WidePeek(Peek):
    """Passes on what it does not name."""

    def __init__(self, scale: float = 2.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.scale = scale


class Pass(BaseModule):
    """Takes settings of any name, and no tasks."""

    def __init__(self, **settings) -> None:
        super().__init__()
        assert 'tasks' not in settings

    def forward(self, features: TaskFeatures) -> TaskFeatures:
        return features


class Late(BaseModule):
    """A neck that reads the backbone's maps again."""

    def forward(self, features: TaskFeatures) -> TaskFeatures:
        (x,) = features.encoder
        return features.updated(features={name: value + x for name, value in features.features.items()})


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def tasks() -> list[dict]:
    return [
        dict(type='ClassMap', name='semseg', field='sem_seg', classes=('wall', 'floor', 'bed')),
        dict(type='HeightMap', name='height', mean=1.0),
        dict(type='SurfaceNormals', name='normals'),
    ]


@pytest.fixture
def build(tasks: list[dict]) -> Callable[..., MultiTaskSegmentor]:
    def build(**parts) -> MultiTaskSegmentor:
        head = dict(type='MultiTaskHead', in_channels=C, channels=C)
        preprocessor = dict(type='MultiTaskDataPreProcessor')
        network = dict(backbone=dict(type=Patches), decode_head=head, data_preprocessor=preprocessor, tasks=tasks)
        return MODELS.build(dict(type='MultiTaskSegmentor') | network | parts)

    return build


def make_batch(count: int = 2) -> dict[str, list]:
    samples = []
    for _ in range(count):
        sample = MultiTaskDataSample(metainfo=dict(ori_shape=SIZE))
        sample.set_target('sem_seg', torch.randint(0, 3, (1, *SIZE)))
        sample.set_target('height', torch.rand(1, *SIZE) + 0.5)
        sample.set_target('normals', normalize(torch.randn(3, *SIZE), dim=0))
        samples.append(sample)
    return dict(inputs=[torch.randn(3, *SIZE) for _ in samples], data_samples=samples)


def losses_of(model: nn.Module) -> dict[str, Tensor]:
    return model(**model.data_preprocessor(make_batch(), training=True), mode='loss')


def step(model: nn.Module) -> dict[str, Tensor]:
    """Makes a training step in which every parameter has a gradient; returns what is logged."""
    unused = {name for name, _ in model.named_parameters()}
    for name, parameter in model.named_parameters():
        parameter.register_hook(lambda gradient, name=name: unused.discard(name))
    logged = model.train_step(make_batch(), OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1)))
    assert not unused
    return logged


def predict(model: nn.Module) -> MultiTaskDataSample:
    with torch.no_grad():
        return model.eval().test_step(make_batch())[1]


def names(*stages: str, necks: Sequence[str] = ()) -> set[str]:
    return {f'loss_{task}{stage}' for task in WORDS for stage in ('', *stages)} | {f'loss_{name}' for name in necks}


def test_a_backbone_with_one_stride_and_a_task_of_its_own(build):
    model = build()
    assert set(step(model)) == names() | {'loss'}
    result = predict(model)
    assert result.prediction('height').shape == (1, *SIZE) and result.prediction('height').min() >= 0
    assert result.prediction('normals').shape == (3, *SIZE)


def test_a_backbone_with_one_stride_under_a_stock_pyramid(build):
    pyramid = dict(type='Feature2Pyramid', embed_dim=C, rescales=[4, 2, 1, 0.5], norm_cfg=dict(type='BN'))
    model = build(backbone=dict(type=Patches, stride=16, blocks=4), neck=pyramid)
    assert set(losses_of(model)) == names()
    assert {name: x.shape[-2:] for name, x in model(torch.randn(1, 3, *SIZE)).items()} == dict.fromkeys(WORDS, (8, 12))


@pytest.mark.parametrize('neck', [None, [dict(type=Peek)], [dict(type=Late)], [dict(type=Split), dict(type=Late)]])
def test_a_backbone_that_returns_task_features(build, neck):
    model = build(backbone=dict(type=Stitched), neck=neck)
    assert list(model.backbone.branches) == list(WORDS)
    peeks = neck == [dict(type=Peek)]
    expected = names('_s0', '_s1', necks=('stitch', 'peek')) if peeks else names('_s0', necks=('stitch',))
    assert set(step(model)) == expected | {'loss'}
    assert predict(model).prediction('sem_seg').shape == (1, *SIZE)


def test_stacked_necks_lose_nothing(build):
    """Both predict and both have a loss; neither knows of the other."""
    model = build(neck=[dict(type=Split), dict(type=Peek, name='one'), dict(type=Pass, width=3), dict(type=Peek)])
    first, second = model.neck[1], model.neck[3]
    made = []
    for neck in (first, second):
        neck.register_forward_hook(lambda _, __, out: made.append(out))
    losses = losses_of(model)
    assert set(losses) == names('_s0', '_s1', necks=('one', 'peek'))
    for task in WORDS:
        assert made[1].predictions[task][0] is made[0].predictions[task][0]
    total, _ = model.parse_losses(losses)
    final, stages = (sum(torch.log1p(1e-6 + losses[key]) for key in keys) for keys in (
        names(), names('_s0', '_s1') - names()
    ))  # fmt: skip
    torch.testing.assert_close(total, final + stages / 2 + losses['loss_one'] + losses['loss_peek'])
    assert set(step(model)) == set(losses) | {'loss'}


def test_a_necks_loss_has_the_weight_that_the_neck_gives_it(build):
    totals, losses = [], []
    for weight in (1.0, 0.25):
        torch.manual_seed(0)
        model = build(neck=[dict(type=Split), dict(type=Peek, loss_weight=weight)])
        losses.append(losses_of(model))
        totals.append(model.parse_losses(losses[-1])[0])
    torch.testing.assert_close(losses[1]['loss_peek'], losses[0]['loss_peek'] / 4)
    torch.testing.assert_close(totals[0] - totals[1], 0.75 * losses[0]['loss_peek'])


def test_two_necks_of_one_loss_are_told_apart(build):
    with pytest.raises(ConfigError, match='loss_peek; rename one'):
        losses_of(build(neck=[dict(type=Split), dict(type=Peek), dict(type=Peek)]))


def test_a_necks_loss_may_not_be_called_as_a_tasks(build):
    with pytest.raises(ConfigError, match='loss_height.*loss of a task; rename'):
        losses_of(build(neck=[dict(type=Split), dict(type=Peek, name='height')]))


@pytest.mark.parametrize('kind', [WidePeek, 'WidePeek'])
def test_a_neck_that_passes_its_arguments_on_is_handed_the_tasks(build, kind):
    model = build(neck=[dict(type=Split), dict(type=kind, scale=3.0, name='wide')])
    assert list(model.neck[1].predictors) == list(WORDS) and model.neck[1].scale == 3.0
    assert set(step(model)) == names('_s0', necks=('wide',)) | {'loss'}


@pytest.mark.parametrize(('backbone', 'stages'), [(Patches, ('_s0',)), (Stitched, ('_s0', '_s1'))])
def test_an_auxiliary_task(build, tasks, backbone, stages):
    """Normals only help: necks predict them, the head does not, and nothing of them is in the result."""
    tasks = [*tasks[:2], dict(tasks[2], auxiliary=True)]
    neck = [dict(type=Peek)] if backbone is Stitched else [dict(type=Split), dict(type=Peek)]
    model = build(tasks=tasks, backbone=dict(type=backbone), neck=neck)
    logged = step(model)
    assert {key for key in logged if 'normals' in key} == {f'loss_normals{stage}' for stage in stages}
    assert set(logged) >= {'loss_semseg', 'loss_height', *(f'loss_height{stage}' for stage in stages)}
    assert model.decode_head.out_channels == 3 + 1
    result = predict(model)
    assert result.prediction('height').shape == (1, *SIZE) and result.prediction('normals') is None


class Samples(Dataset):
    metainfo: dict = {}

    def __init__(self) -> None:
        batch = make_batch(4)
        self.items = [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> dict:
        return dict(self.items[index])


@pytest.mark.usefixtures('torchvision')  # whose version MMEngine's runner wants to log
def test_lps_weighs_the_main_tasks(build, tasks, tmp_path: Path):
    tasks = [*tasks[:2], dict(tasks[2], auxiliary=True)]
    weighting = dict(projection=None, weights=dict(normals=0.25))
    model = build(tasks=tasks, neck=[dict(type=Split), dict(type=Peek)], loss_weighting=weighting)
    runner = Runner(
        model,
        str(tmp_path),
        train_dataloader=dict(
            dataset=Samples(), sampler=dict(type='DefaultSampler', shuffle=False), batch_size=2, num_workers=0,
            collate_fn=pseudo_collate,
        ),
        train_cfg=dict(by_epoch=True, max_epochs=3),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        default_hooks=dict(checkpoint=None, logger=None),
        custom_hooks=[dict(type='LossPrioritizationHook')],
        experiment_name=uuid4().hex,
        log_level='ERROR',
        default_scope='mmseg',
    )  # fmt: skip
    runner.train()
    scalars = {key: runner.message_hub.get_scalar(f'train/loss_{key}').data[0] for key in ('semseg', 'height')}
    epochs = [{key: values[i : i + 2].mean() for key, values in scalars.items()} for i in (0, 2, 4)]
    expected = [prioritize(pair) for pair in pairwise(epochs)]
    for key in scalars:
        logged = runner.message_hub.get_scalar(f'train/lps/weight_{key}').data[0]
        np.testing.assert_allclose(logged[2:], [weights[key] for weights in expected], rtol=1e-4)
    assert model.loss_weighting.task_weights['normals'] == 0.25
    assert not any('normals' in key for key in runner.message_hub.log_scalars if '/lps/' in key)


def test_mmsegs_own_segmentor_builds_every_part(tasks):
    parts = dict(
        backbone=dict(type=Stitched),
        neck=dict(type='NeckSequence', necks=[dict(type=WidePeek), dict(type=Late)]),
        decode_head=dict(type='MultiTaskHead', in_channels=C, channels=C),
        data_preprocessor=dict(type='MultiTaskDataPreProcessor'),
    )
    model = EncoderDecoder(**{name: with_tasks(cfg, tasks) for name, cfg in parts.items()})
    expected = names('_s0', '_s1', necks=('stitch', 'peek'))
    assert set(step(model)) == {f'decode.{key}' for key in expected} | {'loss'}


class Average(BaseModule):
    """A loss weighting that takes no tasks: all that contains "loss", with equal weights."""

    def forward(self, losses: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        total = torch.stack(list(losses.values())).mean()
        return total, dict(loss=total, **losses)


def test_a_loss_weighting_of_its_own(build):
    logged = step(build(loss_weighting=dict(type=Average)))
    torch.testing.assert_close(logged['loss'], sum(logged[key] for key in names()) / 3)


def test_a_head_of_its_own_on_task_features(build):
    class Coarse(BaseModule):
        """Predicts by averages, without a hidden layer."""

        align_corners, threshold = False, 0.5

        def __init__(self, tasks: Sequence[dict]) -> None:
            super().__init__()
            self.tasks = build_tasks(tasks)
            self.out_channels = self.num_classes = sum(task.channels for task in self.tasks.values())
            self.predictors = ModuleDict({name: nn.Conv2d(C, t.channels, 1) for name, t in self.tasks.items()})

        def forward(self, features: TaskFeatures) -> dict[str, Tensor]:
            return {name: conv(avg_pool2d(features.features[name], 2)) for name, conv in self.predictors.items()}

        def loss(self, features: TaskFeatures, samples: Sequence, train_cfg: dict | None) -> dict[str, Tensor]:
            return {f'loss_{name}': x.square().mean() for name, x in self(features).items()}

    model = build(neck=[dict(type=Split)], decode_head=dict(type=Coarse))
    assert set(step(model)) == names() | {'loss'}
