import pytest
import torch
from mmseg.registry import MODELS

from mtcp_mm.structures import TaskFeatures
from mtcp_mm.utils import ConfigError


def test_features_and_coarser_levels():
    pyramid = tuple(torch.randn(1, 4, size, size) for size in (8, 4, 2))
    features = TaskFeatures(features=dict(depth=torch.randn(1, 4, 8, 8)), pyramids=dict(depth=pyramid))
    out = MODELS.build(dict(type='SelectTask', task='depth'))(features)
    assert len(out) == 3 and all(x is y for x, y in zip(out, (features.features['depth'], *pyramid[1:]), strict=True))


def test_without_a_pyramid():
    features = TaskFeatures(features=dict(depth=torch.randn(1, 4, 8, 8)))
    assert len(MODELS.build(dict(type='SelectTask', task='depth'))(features)) == 1


def test_unknown_task():
    with pytest.raises(ConfigError, match=r'SelectTask\("parts"\): there is no such task; .*depth'):
        MODELS.build(dict(type='SelectTask', task='parts'))(TaskFeatures(features=dict(depth=torch.zeros(1))))
