"""The shipped configs."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmseg.registry import METRICS, MODELS, TRANSFORMS

from mtcp_mm.engine.config import read_config
from mtcp_mm.tasks import build_tasks

CONFIGS = Path(__file__).parents[1] / 'configs'
FIRST_THREE = ['semseg', 'depth', 'normals']
TASKS = {
    'mtcp_nyud': FIRST_THREE,
    'mtcp_nyud_4tasks': [*FIRST_THREE, 'edge'],
    'mtcp_nyud_atrc': FIRST_THREE,
    'mtcp_nyud_convnext_s': FIRST_THREE,
    'mtcp_nyud_dinov2_b': FIRST_THREE,
    'mtcp_nyud_r50': FIRST_THREE,
    'mtcp_nyud_small': FIRST_THREE,
    'mtcp_nyud_small_stage1': FIRST_THREE,
    'mtcp_nyud_small_stage2': FIRST_THREE,
    'mtcp_nyud_small_stage3': FIRST_THREE,
    'mtcp_nyud_small_stage4': FIRST_THREE,
    'mtcp_nyud_swin_b': FIRST_THREE,
    'mtcp_nyud_swin_l': FIRST_THREE,
    'mtcp_nyud_swin_t': FIRST_THREE,
    'mtcp_pascal': ['semseg', 'human_parts', 'saliency'],
    'mtcp_pascal_5tasks': ['semseg', 'human_parts', 'saliency', 'normals', 'edge'],
    'mtcp_pascal_atrc': ['semseg', 'human_parts', 'saliency'],
    'mtcp_rooms': FIRST_THREE,
    'mtcp_rooms_pascal': ['semseg', 'human_parts', 'saliency', 'normals', 'edge'],
    'nyud_plain': FIRST_THREE,
    'nyud_plain_partial': FIRST_THREE,
    'nyud_plain_stage1': FIRST_THREE,
    'nyud_plain_stage2': FIRST_THREE,
    'nyud_plain_stage3': FIRST_THREE,
}


def test_every_config_is_tested():
    assert {path.stem for folder in ('', 'mtcp', 'plain') for path in (CONFIGS / folder).glob('*.py')} == set(TASKS)


@pytest.mark.parametrize('name, names', TASKS.items())
def test_tasks_agree_and_parts_can_be_built(shipped_config, name, names):
    cfg = shipped_config(name)
    loaders = [cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader]
    for place in (cfg.model, cfg.val_evaluator.baseline, *(loader.dataset for loader in loaders)):
        assert [task['name'] for task in place.tasks] == names
        assert place.get('data_root') in (None, cfg.data_root)
    for loader in loaders:
        assert all(TRANSFORMS.build(transform) for transform in loader.dataset.pipeline)
    METRICS.build(cfg.val_evaluator)
    for task in build_tasks(cfg.tasks).values():
        MODELS.build(task.loss)
        assert all(METRICS.build(dict(metric, task=task)) for metric in task.metrics)


@pytest.mark.parametrize('name', ['mtcp_nyud_atrc', 'mtcp_pascal_atrc'])
def test_atrc_is_trained_and_scored_on_one_canvas(name):
    cfg = read_config(CONFIGS / f'{name}.py')
    crop = next(t for t in cfg.train_dataloader.dataset.pipeline if t['type'] == 'MultiTaskRandomCrop')
    sizes = (cfg.canvas, crop['size'], cfg.model.data_preprocessor.size, cfg.model.data_preprocessor.test_cfg['size'])
    assert len(set(map(tuple, sizes))) == 1
    assert cfg.val_evaluator.protocol == cfg.test_evaluator.protocol == 'atrc'


@pytest.mark.parametrize(
    'name, slow, fresh', [('mtcp_nyud_small', 'backbone.encoder.', 3e-3), ('nyud_plain', 'backbone.', 1e-3)]
)
def test_the_pretrained_encoder_alone_learns_slowly(name, slow, fresh):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    model = MODELS.build(cfg.model)
    names = {id(parameter): key for key, parameter in model.named_parameters()}
    rates = {}
    for group in build_optim_wrapper(model, cfg.optim_wrapper).optimizer.param_groups:
        rates |= {names[id(parameter)]: group['lr'] for parameter in group['params']}
    assert rates.keys() == set(names.values())
    assert all(rate == pytest.approx(5e-4 if key.startswith(slow) else fresh) for key, rate in rates.items())


@pytest.mark.parametrize('name', ['mtcp_nyud_small', 'mtcp_rooms', 'mtcp_rooms_pascal'])
def test_the_shared_map_has_the_scale_of_what_residuals_add(name):
    backbone = read_config(CONFIGS / f'{name}.py').model.backbone
    backbone.encoder.init_cfg = None
    shared = MODELS.build(backbone)(100 * torch.randn(2, 3, 64, 64))[0]
    assert 0.5 < shared.std() < 2
