import pytest
import torch
import torch.nn.functional as F
from mmseg.registry import MODELS

from mtcp_mm.structures import TaskFeatures
from mtcp_mm.utils import ConfigError


def test_adds_the_shared_map_at_its_size():
    shared, depth, normals = torch.randn(2, 4, 9, 13), torch.randn(2, 4, 5, 7), torch.randn(2, 4, 9, 13)
    features = TaskFeatures(features=dict(depth=depth, normals=normals), encoder=(torch.randn(2, 3, 18, 26), shared))
    out = MODELS.build(dict(type='SharedMapResidual', in_index=1))(features)
    enlarged = F.interpolate(depth, (9, 13), mode='bilinear', align_corners=False)
    torch.testing.assert_close(dict(out.features), dict(depth=enlarged + shared, normals=normals + shared))
    assert out.encoder is features.encoder


def test_no_such_map():
    features = TaskFeatures(features=dict(depth=torch.randn(1, 4, 8, 8)), encoder=())
    with pytest.raises(ConfigError, match='SharedMapResidual has in_index 0, but receives 0 maps'):
        MODELS.build(dict(type='SharedMapResidual'))(features)
