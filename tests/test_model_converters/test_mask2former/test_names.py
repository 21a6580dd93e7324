from pathlib import Path

import pytest
from mmseg.registry import MODELS

from mtcp_mm.engine.checkpoint.matching import UNCOUNTED
from mtcp_mm.engine.config import read_config
from mtcp_mm.model_converters.mask2former import measure
from mtcp_mm.model_converters.mask2former.names import backbone_names

CONFIG = Path(__file__).parents[3] / 'configs/mtcp_nyud.py'


@pytest.fixture(scope='module')
def tensors() -> dict:
    """The backbone of the paper's network, with fewer layers."""
    backbone = read_config(CONFIG).model.backbone
    backbone.encoder.depths, backbone.pixel_decoder.encoder.num_layers = [2, 1, 3, 1], 2
    return MODELS.build(backbone).state_dict()


def test_names_are_those_of_the_backbone(tensors):
    assert set(backbone_names(measure(tensors))) == {name for name in tensors if not name.endswith(UNCOUNTED)}


def test_sizes_are_inferred_from_the_tensors(tensors):
    backbone = read_config(CONFIG).model.backbone
    settings = measure(tensors).settings()
    assert settings.pop('encoder') == dict(embed_dims=96, depths=[2, 1, 3, 1], num_heads=[3, 6, 12, 24], window_size=7)
    assert settings.pop('pixel_decoder') == dict(encoder=dict(num_layers=2))
    assert settings.pop('transformer_decoder') == dict(num_layers=9)
    assert settings == {name: backbone[name] for name in settings} and len(settings) == 4
