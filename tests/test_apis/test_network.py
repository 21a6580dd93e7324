import pytest
from mmengine.config import Config
from mmengine.model import PretrainedInit

from mtcp_mm.apis.network import open_network, set_weights, without_pretrained
from mtcp_mm.utils import UserError


@pytest.mark.parametrize('kind', ['Pretrained', 'mmengine.Pretrained', 'mmengine.model.PretrainedInit', PretrainedInit])
def test_drops_pretrained_weights_only(kind):
    cfg = dict(
        pretrained='x',
        backbone=dict(depth=3, init_cfg=dict(type=kind, checkpoint='y')),
        head=dict(init_cfg=[dict(type='Normal'), dict(type=kind, checkpoint='z')]),
        necks=[dict(init_cfg=dict(type='Xavier')), 5],
        widths=(4, 8),  # some parts insist on a tuple
    )
    necks = [dict(init_cfg=dict(type='Xavier')), 5]
    head = dict(init_cfg=[dict(type='Normal')])
    expected = dict(pretrained=None, backbone=dict(depth=3), head=head, necks=necks, widths=(4, 8))
    assert without_pretrained(cfg) == expected
    assert cfg['backbone']['init_cfg']['checkpoint'] == 'y'


def test_an_exported_network_replaces_the_model(tiny_file):
    cfg = Config(dict(model=dict(type='X', test_cfg=dict(mode='whole')), load_from='old.pth'))
    set_weights(cfg, tiny_file, 'onnxruntime')
    assert cfg.load_from is None and cfg.model.test_cfg == dict(mode='whole')
    assert cfg.model.backbone == dict(type='ExportedBackbone', file=str(tiny_file), engine='onnxruntime')


def test_a_checkpoint_is_loaded_into_the_model():
    cfg = Config(dict(model=dict(type='X'), launcher='pytorch'))
    set_weights(cfg, 'net.pth', 'onnxruntime')
    assert (cfg.load_from, cfg.model) == ('net.pth', dict(type='X'))


def test_several_processes_do_not_run_an_exported_network(tiny_file):
    with pytest.raises(UserError, match='which one process runs; leave out --launcher'):
        set_weights(Config(dict(model={}, launcher='pytorch')), tiny_file, 'onnxruntime')


@pytest.mark.parametrize('config', [None, 'mtcp_nyud_small'])
def test_an_exported_network_needs_no_config(tiny_file, config):
    network, cfg = open_network(config, tiny_file, 'onnxruntime')
    assert list(network.tasks) == ['surfaces', 'depth'] and cfg.test_pipeline[1].scale == (24, 14)


def test_a_config_sets_the_test_pipeline_of_an_exported_network(tiny_file):
    steps = [dict(type='LoadImage'), dict(type='PackMultiTaskInputs')]
    network, cfg = open_network(Config(dict(model=dict(type='X'), test_pipeline=steps)), tiny_file, 'onnxruntime')
    assert list(network.tasks) == ['surfaces', 'depth'] and cfg.test_pipeline == steps
