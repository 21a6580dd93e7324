import torch
from mmseg.registry import MODELS

from mtcp_mm.structures import TaskFeatures

PYRAMID = [(6, (8, 12)), (10, (4, 6)), (14, (2, 3))]


def parts(tasks: list[dict], **kwargs) -> tuple[torch.nn.Module, TaskFeatures]:
    neck = MODELS.build(dict(type='SpatialRefinement', tasks=tasks, channels=4, pyramid_channels=(6, 10, 14), **kwargs))
    names = ('semseg', 'depth', 'normals')
    return neck, TaskFeatures(
        features={name: torch.randn(2, 4, 8, 12) for name in names},
        pyramids={name: tuple(torch.randn(2, width, *size) for width, size in PYRAMID) for name in names},
        losses=dict(loss_coherence=torch.tensor(1.0)),
    )


def test_training_predicts_at_all_stages_but_the_last(tasks, gradients):
    neck, features = parts(tasks)
    out = neck(features)
    assert {name: [tuple(x.shape) for x in stages] for name, stages in out.predictions.items()} == {
        name: [(2, channels, 2, 3), (2, channels, 4, 6)]
        for name, channels in (('semseg', 4), ('depth', 1), ('normals', 3))
    }
    assert out.losses == features.losses and out.pyramids == features.pyramids
    maps = [*out.features.values(), *(x for stages in out.predictions.values() for x in stages)]
    sum((x * torch.randn_like(x)).sum() for x in maps).backward()
    gradients(neck)


def test_without_intermediate_predictions_nothing_is_left_unused(tasks, gradients):
    neck, features = parts(tasks, intermediate=False)
    out = neck(features)
    assert not any(out.predictions.values())
    sum((x * torch.randn_like(x)).sum() for x in out.features.values()).backward()
    gradients(neck)


def test_the_last_map_is_the_tasks_new_features(tasks):
    neck, features = parts(tasks)
    neck.eval()
    out = neck(features)
    assert not out.predictions
    for name, refinement in neck.refinements.items():
        torch.testing.assert_close(out.features[name], refinement(features.features[name], features.pyramids[name])[-1])


def test_intermediate_predictions_start_at_the_tasks_value(tasks):
    neck, features = parts(tasks)
    for predictor in neck.predictors['depth']:
        torch.nn.init.zeros_(predictor.weight)
    assert all((x == 2.5).all() for x in neck(features).predictions['depth'])


def test_drop_path_is_passed_on(tasks):
    neck, _ = parts(tasks, residual=True, drop_path_rate=0.4)
    assert [refinement.drop_path.drop_prob for refinement in neck.refinements.values()] == [0.4] * 3


def test_an_auxiliary_task_is_predicted_to_the_last_map(tasks, gradients):
    """It has no head; without this prediction, its last map would be unused."""
    neck, features = parts([*tasks[:2], dict(tasks[2], auxiliary=True)])
    out = neck(features)
    assert [len(out.predictions[name]) for name in ('semseg', 'depth', 'normals')] == [2, 2, 3]
    assert out.predictions['normals'][-1].shape == (2, 3, 8, 12)
    torch.testing.assert_close(out.predictions['normals'][-1], neck.predictors['normals'][-1](out.features['normals']))
    maps = [out.features['semseg'], out.features['depth'], *(x for stages in out.predictions.values() for x in stages)]
    sum((x * torch.randn_like(x)).sum() for x in maps).backward()
    gradients(neck)


def test_earlier_predictions_stay(tasks):
    neck, features = parts(tasks)
    earlier = torch.randn(2, 1, 3, 3)
    stages = neck(features.updated(predictions=dict(depth=(earlier,)))).predictions['depth']
    assert stages[0] is earlier and len(stages) == 3
