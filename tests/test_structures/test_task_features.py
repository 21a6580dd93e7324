import pytest
import torch

from mtcp_mm.structures import TaskFeatures
from mtcp_mm.utils import ConfigError

A, B, C, D = torch.arange(4.0).reshape(4, 1, 1, 1, 1)
FEATURES = TaskFeatures(
    features=dict(depth=A, semseg=B),
    pyramids=dict(depth=(A, B)),
    predictions=dict(depth=(A,)),
    losses=dict(loss_one=A),
    encoder=(D,),
)


def test_features_and_pyramids_replace_the_old_ones():
    out = FEATURES.updated(features=dict(depth=C), pyramids=dict(semseg=(C, D)))
    assert out.features == dict(depth=C, semseg=B)
    assert out.pyramids == dict(depth=(A, B), semseg=(C, D))
    assert (out.predictions, out.losses, out.encoder) == (FEATURES.predictions, FEATURES.losses, (D,))


def test_predictions_and_losses_are_appended():
    out = FEATURES.updated(predictions=dict(depth=(B, C), semseg=(D,)), losses=dict(loss_two=B))
    assert out.predictions == dict(depth=(A, B, C), semseg=(D,))
    assert out.losses == dict(loss_one=A, loss_two=B)
    assert out.features == FEATURES.features and out.pyramids == FEATURES.pyramids


def test_the_original_is_unchanged():
    FEATURES.updated(dict(depth=D), dict(depth=(D,)), dict(depth=(D,)), dict(loss_two=D))
    assert FEATURES.features['depth'] is A and FEATURES.pyramids == dict(depth=(A, B))
    assert FEATURES.predictions == dict(depth=(A,)) and FEATURES.losses == dict(loss_one=A)


def test_two_losses_with_the_same_name():
    with pytest.raises(ConfigError, match='two necks give a loss named loss_one; rename one'):
        FEATURES.updated(losses=dict(loss_one=B, loss_two=B))


def test_a_neck_starts_from_maps_or_from_features():
    started = TaskFeatures.start([A, B])
    assert started.encoder == (A, B) and not started.features and not started.predictions
    assert TaskFeatures.start(FEATURES) is FEATURES
