"""configs/stock: our parts in stock pipelines, built small and run for two steps by MMEngine's own runner."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import mmseg
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.apis import inference_model, init_model
from mmseg.registry import MODELS
from PIL import Image

from mtcp_mm.compat import without_broken_torchvision
from mtcp_mm.engine.checkpoint import safe_loading
from mtcp_mm.engine.config import read_config
from mtcp_mm.tasks import build_tasks

STOCK = Path(__file__).parents[2] / 'configs/stock'
MMSEGS = Path(mmseg.__file__).parent / '.mim/configs/_base_'
MIT = {'model.backbone': dict(type='MixVisionTransformer', embed_dims=8, num_layers=[1] * 4, num_heads=[1, 2, 5, 8])}
RESNET = {'model.backbone.stem_channels': 8, 'model.backbone.base_channels': 8}
FCN = RESNET | {
    'model.decode_head.in_channels': 256, 'model.decode_head.channels': 16,
    'model.auxiliary_head.in_channels': 128, 'model.auxiliary_head.channels': 16,
}  # fmt: skip
SWIN = {
    'model.backbone': dict(
        type='mmpretrain.SwinTransformer',
        arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 2, 4, 8]),
        out_indices=(0, 1, 2, 3),
        pad_small_map=True,
    ),
    'model.neck.0.in_channels': (8, 16, 32, 64),
}
PYRAMID, TASKS = (16, 24, 32), ('semseg', 'depth', 'normals')
NARROW = {
    'model.neck.0.mid_channels': 4,
    'model.neck.1': dict(type='TaskDecoders', in_channels=16, in_index=-1, channels=PYRAMID, out_channels=16),
    'model.neck.2.channels': 16,
    'model.neck.3': dict(type='SpatialRefinement', channels=16, pyramid_channels=PYRAMID),
    'model.decode_head.in_channels': 16, 'model.decode_head.channels': 16,
}  # fmt: skip


def losses_of(*tasks: str) -> set[str]:
    return {'loss_coherence', *(f'loss_{task}{stage}' for task in tasks for stage in ('', '_s0', '_s1'))}


class Case(NamedTuple):
    """A config, what makes it small, its losses, its headline score, and the parameters that go unused."""

    small: Mapping
    losses: set[str]
    score: str
    unused: str = 'none'


CASES = {
    'multi_task_head_r50_cityscapes': Case(
        RESNET | {
            'model.neck.in_channels': [32, 64, 128, 256], 'model.neck.out_channels': 16,
            'model.decode_head.in_channels': 16, 'model.decode_head.channels': 16,
        },
        {'decode.loss_semseg'}, 'mIoU', r'neck\.fpn_convs\.[123]\.',
    ),
    'spatial_refinement_mit_b0_cityscapes': Case(
        MIT | {
            'model.neck.necks.0.in_channels': (8, 16, 40, 64), 'model.neck.necks.0.mid_channels': 4,
            'model.neck.necks.1': NARROW['model.neck.1'], 'model.neck.necks.2': NARROW['model.neck.3'],
            'model.decode_head.in_channels': 16, 'model.decode_head.channels': 16,
            'model.test_cfg.crop_size': (64, 64), 'model.test_cfg.stride': (48, 48),
        },
        {'decode.loss_ce'}, 'mIoU',
    ),
    'loss_prioritization_fcn_r50_cityscapes': Case(FCN, {'decode.loss_ce', 'aux.loss_ce'}, 'mIoU'),
    **{
        f'mtcp_{encoder}_nyud{suffix}': Case(NARROW | small, losses_of(*tasks), 'semseg/mIoU')
        for encoder, small in dict(mit_b0=MIT | {'model.neck.0.in_channels': (8, 16, 40, 64)}, swin_t=SWIN).items()
        for suffix, tasks in {'': TASKS, '_2tasks': TASKS[:2]}.items()
    },
}  # fmt: skip


@pytest.fixture
def small_config(cityscapes, nyud, tmp_path, request) -> Callable[..., Config]:
    """Reads a stock config and makes it small: crops of 64x64 pixels, two images an iteration, two iterations."""

    def small_config(name: str, iterations: int = 2) -> Config:
        if '_swin_' in name:
            request.getfixturevalue('mmpretrain_models')
        root, size = (nyud, (64, 64)) if '_nyud' in name else (cityscapes, (128, 64))
        options = CASES[name].small | dict(data_root=str(root))
        if 'model.backbone' in options:  # replaced, not merged with: fewer keys stay
            options['model.backbone'] = dict(options['model.backbone'], _delete_=True)
        cfg = read_config(STOCK / f'{name}.py', options)
        cfg.work_dir, cfg.experiment_name = str(tmp_path / 'run'), uuid4().hex
        for loader in (cfg.train_dataloader, cfg.val_dataloader):
            loader.update(batch_size=2, num_workers=0, persistent_workers=False)
            for step in loader.dataset.pipeline:
                step.update({key: value for key, value in dict(scale=size, crop_size=(64, 64)).items() if key in step})
        if 'size' in cfg.model.data_preprocessor:
            cfg.model.data_preprocessor.size = (64, 64)
        epochs = dict(max_epochs=iterations // 2, val_interval=1)
        cfg.train_cfg.update(
            dict(max_iters=iterations, val_interval=iterations) if 'Iter' in cfg.train_cfg.type else epochs
        )
        cfg.default_hooks.logger.interval = 1
        return cfg

    return small_config


def train(cfg: Config) -> tuple[Runner, set[str]]:
    """Trains with MMEngine's runner; returns it and the names of the parameters that had a gradient."""
    with without_broken_torchvision():
        runner, used = Runner.from_cfg(cfg), set()
    for name, parameter in runner.model.named_parameters():
        parameter.register_hook(lambda gradient, name=name: used.add(name))
    runner.train()
    return runner, used


def logged(runner: Runner, key: str) -> np.ndarray:
    """Returns the values of a scalar, one an iteration."""
    return runner.message_hub.get_scalar(f'train/{key}').data[0]


def test_every_case_is_a_stock_config():
    """Those without a case are built by tests/test_configs.py, as all configs are."""
    assert {path.stem for path in STOCK.glob('*.py')} >= set(CASES)


@pytest.mark.parametrize(
    ('ours', 'theirs'),
    [
        ('cityscapes', 'datasets/cityscapes'),
        ('schedule_40k', 'schedules/schedule_40k'),
        ('default_runtime', 'default_runtime'),
    ],
)
def test_the_stock_base_files_say_what_mmsegs_say(ours, theirs):
    if not MMSEGS.is_dir():
        pytest.skip(f'{MMSEGS}: this mmseg was installed without its configs')
    mine, stock = (
        Config.fromfile(folder / f'{name}.py') for folder, name in ((STOCK / '_base_', ours), (MMSEGS, theirs))
    )
    shared = mine.keys() - {'classes', 'data_preprocessor'}
    assert shared == {key for key in stock.keys() if not key.startswith(('tta_', 'img_ratios'))}
    for key in shared:
        assert mine[key] == stock[key], key
    if ours == 'cityscapes':
        from mmseg.datasets import CityscapesDataset

        assert mine.classes == list(CityscapesDataset.METAINFO['classes'])


@pytest.mark.parametrize('name', CASES)
def test_its_parts_fit_at_their_own_size(name, request):
    if '_swin_' in name:
        request.getfixturevalue('mmpretrain_models')
    cfg = read_config(STOCK / f'{name}.py')
    maps = MODELS.build(cfg.model).eval()(torch.zeros(1, 3, 64, 64), mode='tensor')
    channels = (
        {name: task.channels for name, task in build_tasks(cfg.tasks).items()} if 'tasks' in cfg else dict(semseg=19)
    )
    raws = maps if isinstance(maps, dict) else dict(semseg=maps)
    assert {name: raw.shape[1] for name, raw in raws.items()} == channels
    assert all(raw.isfinite().all() for raw in raws.values())


@pytest.mark.slow
@pytest.mark.parametrize('name', CASES)
def test_it_is_trained_and_scored(small_config, name):
    case, cfg = CASES[name], small_config(name)
    runner, used = train(cfg)
    scalars = runner.message_hub.log_scalars
    assert {key.removeprefix('train/') for key in scalars if 'loss' in key} == case.losses | {'loss'}
    assert all(np.isfinite(scalars[f'train/{key}'].data[0]).all() for key in case.losses)
    assert len(logged(runner, 'loss')) == 2
    assert 0 <= scalars[f'val/{case.score}'].data[0][-1] <= 100
    parameters = {key for key, _ in runner.model.named_parameters()}
    assert parameters - used == {key for key in parameters if re.match(case.unused, key)}
    assert bool(parameters - used) == cfg.get('find_unused_parameters', False)


@pytest.mark.slow
def test_lps_weighs_the_two_losses_of_a_stock_model(small_config):
    """Three epochs of two iterations: the weights of the third follow from the first two."""
    cfg = small_config('loss_prioritization_fcn_r50_cityscapes', iterations=6)
    assert cfg.model.type == 'EncoderDecoder' and cfg.custom_hooks[0].interval == 2975 // 8 + 1
    cfg.custom_hooks[0].interval = 2
    runner, _ = train(cfg)
    keys = ('decode.loss_ce', 'aux.loss_ce')
    raw = np.stack([logged(runner, key) for key in keys], 1)
    projected = np.log(1 + 1e-6 + raw)
    means = projected.reshape(3, 2, 2).mean(1)
    shares = means / means.sum(1, keepdims=True)
    pace = shares[1:] / shares[:-1]
    weights = np.maximum(pace.mean(1, keepdims=True) + 2.5 * (pace - pace.mean(1, keepdims=True)), 0.05)
    for i, key in enumerate(keys):
        label = key.replace('loss_', '')
        np.testing.assert_allclose(logged(runner, f'lps/weight_{label}'), [1, *weights[:, i]], rtol=1e-4)
    assert abs(weights[0] - 1).max() > 1e-3
    totals = np.concatenate([projected[:4].sum(1), projected[4:] @ weights[0]])
    np.testing.assert_allclose(logged(runner, 'loss'), totals, rtol=1e-4)

    model = runner.model
    model.loss_weighting.set_weights({'aux.loss_ce': 0.0})
    model.zero_grad()
    batch = model.data_preprocessor(next(iter(runner.train_dataloader)), training=True)
    model.parse_losses(model(**batch, mode='loss'))[0].backward()
    norms = [
        torch.stack([p.grad.norm() for p in head.parameters()]).sum()
        for head in (model.auxiliary_head, model.decode_head)
    ]
    assert norms[0] == 0 < norms[1]


@pytest.mark.slow
def test_mmsegs_own_inference_takes_a_network_with_our_head(small_config, cityscapes):
    cfg = small_config('multi_task_head_r50_cityscapes')
    train(cfg)
    cfg.test_pipeline = cfg.val_dataloader.dataset.pipeline
    image = next((cityscapes / 'leftImg8bit/val').glob('*/*.png'))
    with safe_loading():  # MMEngine 0.10.7 alone loads nothing of its own from torch 2.6 on
        model = init_model(cfg, f'{cfg.work_dir}/iter_2.pth', device='cpu')
    found = inference_model(model, str(image)).pred_sem_seg.data[0]
    assert found.shape == Image.open(image).size[::-1]
    assert found.unique().max() < 19 and len(model.dataset_meta['classes']) == 19


def test_a_binary_map_alone_is_a_yes_or_no_in_a_stock_model(small_config):
    """mmseg thresholds the sigmoid of a head with one channel."""
    cfg = small_config('multi_task_head_r50_cityscapes')
    cfg.model.decode_head.tasks = [dict(type='BinaryMap', name='mask', field='sem_seg')]
    model = MODELS.build(cfg.model).eval()
    images = torch.randn(1, 3, 64, 64)
    (sample,) = model(images, mode='predict')
    assert torch.equal(sample.pred_sem_seg.data.bool(), sample.seg_logits.data > 0.5)
    assert sample.pred_sem_seg.data.unique().tolist() == [0, 1]
