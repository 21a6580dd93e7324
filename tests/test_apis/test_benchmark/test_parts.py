from mmengine.config import Config
from mmseg.registry import MODELS

from mtcp_mm.apis.benchmark.parts import ORDER, find_parts


def test_finds_the_parts_of_mtcp(cfg):
    network = MODELS.build(cfg.model)
    parts = find_parts(network)
    backbone, necks = network.backbone, network.neck
    assert parts.pop(backbone.encoder_neck) == 'encoder'
    assert parts == {
        network.data_preprocessor: 'preprocessing',
        backbone.encoder: 'encoder',
        backbone.pixel_decoder: 'pixel decoder',
        backbone: 'transformer decoder',
        necks[0]: 'task decoders',
        necks[1]: 'CFM',
        necks[2]: 'SRM',
        network.decode_head: 'head',
    }
    assert set(parts.values()) <= set(ORDER)


def test_finds_the_parts_of_a_stock_network(shipped_config):
    cfg: Config = shipped_config('nyud_plain')
    cfg.model.backbone.init_cfg = None
    network = MODELS.build(cfg.model)
    assert find_parts(network) == {
        network.data_preprocessor: 'preprocessing',
        network.backbone: 'encoder',
        network.neck: 'other necks',
        network.decode_head: 'head',
    }
