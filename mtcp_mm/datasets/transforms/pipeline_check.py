"""Checks which transforms a multi-task pipeline contains, and where."""

from collections.abc import Callable, Iterator, Sequence

from mmcv.transforms import Compose as MMCVCompose
from mmcv.transforms import KeyMapper, RandomApply, RandomChoice, TestTimeAug
from mmengine.dataset import Compose

from mtcp_mm.utils import ConfigError

from .base import TaskTransform
from .load_image import LoadImage
from .load_task_maps import LoadTaskMaps
from .multi_task_random_flip import MultiTaskRandomFlip
from .pack_multi_task_inputs import PackMultiTaskInputs

Step = Callable[[dict], dict | None]
PHOTOMETRIC = {
    'AdjustGamma', 'AutoContrast', 'BioMedicalGaussianBlur', 'BioMedicalGaussianNoise', 'BioMedicalRandomGamma',
    'Brightness', 'CLAHE', 'Color', 'ColorJitter', 'ColorTransform', 'Contrast', 'CutOut', 'Cutout', 'Equalize',
    'GaussianBlur', 'Invert', 'Lighting', 'Normalize', 'PhotoMetricDistortion', 'Posterize',
    'RandomCutOut', 'RandomErasing', 'RandomGrayscale', 'Rerange', 'RGB2Gray', 'Sharpness', 'Solarize', 'SolarizeAdd',
    'YOLOXHSVRandomAug',
}  # fmt: skip
"""Transforms of OpenMMLab that move no pixels."""
RESIZES = {'MultiTaskResize', 'RandomChoiceResize', 'RandomResize', 'Resize', 'ResizeShortestEdge', 'ResizeToMultiple'}
"""Transforms that resize the whole image, which predictions undo."""
FLIPS = {'MultiTaskRandomFlip', 'RandomFlip'}
"""Transforms that flip the image and record it, which predictions undo in testing."""
REPLACEMENTS = {
    'Flip': 'MultiTaskRandomFlip', 'Crop': 'MultiTaskRandomCrop', 'Resize': 'MultiTaskResize or MultiTaskRandomScale',
    'Rot': 'MultiTaskRandomRotateScale', 'Affine': 'MultiTaskRandomRotateScale',
    'Pad': 'the size of the data preprocessor', 'Pack': 'PackMultiTaskInputs', 'Load': 'LoadTaskMaps',
}  # fmt: skip
"""Multi-task transforms to use instead, by a part of the name of the stock transform."""
MULTI_TASK_TRANSFORMS = (
    'MultiTaskRandomFlip, MultiTaskRandomCrop, MultiTaskResize, MultiTaskRandomScale, MultiTaskRandomZoom or '
    'MultiTaskRandomRotateScale'
)


def check_pipeline(pipeline: Step, test_mode: bool) -> None:
    """Checks that no step moves the image without its maps.

    Once the maps are loaded, a step that moves pixels has to be a :class:`TaskTransform`. Before, the image may be
    resized, and in testing mirrored, which is undone in the predictions. A transform says by an attribute
    ``moves_pixels = False`` that it leaves every pixel where it is.

    Args:
        pipeline: The pipeline, built.
        test_mode: Whether it is one of testing.

    Raises:
        ConfigError: A step is out of place, or maps are packed that were loaded twice or not at all.
    """
    steps = list(flatten(pipeline))
    loaded = check_steps([pipeline], False, test_mode, steps[:1])
    if not loaded and any(isinstance(step, PackMultiTaskInputs) for step in steps):
        raise ConfigError('the pipeline loads no maps; put LoadTaskMaps behind the loading of the image')


def check_inference(pipeline: Step, loading: Sequence[Step]) -> None:
    """Checks that a test pipeline does not move the image, which predictions would not undo.

    Args:
        pipeline: The pipeline, built.
        loading: Those of its steps that are left out, since the image is there and has no maps.

    Raises:
        ConfigError: A step moves pixels, which is not undone in the predictions; or nothing packs the image.
    """
    steps = list(flatten(pipeline))
    packing = [step for step in steps if any(cls.__name__.startswith('Pack') for cls in type(step).__mro__)]
    if not packing:
        raise ConfigError(
            'the test pipeline does not pack the image for the network; end it with PackMultiTaskInputs, or with '
            'PackSegInputs'
        )
    check_steps([pipeline], False, True, [*loading, *packing])
    if moving := [type(step).__name__ for step in steps if isinstance(step, TaskTransform) and step.needs_equal_sizes]:
        raise ConfigError(
            f'{moving[0]} in the test pipeline moves the image, which predictions of an image do not undo; leave it out'
        )


def check_image_loaders(pipeline: Step) -> None:
    """Checks that the step that loads the image respects ``upright=False``.

    Raises:
        ConfigError: It is not.
    """
    for step in flatten(pipeline):
        reads = any(loads_image(cls.__name__) for cls in type(step).__mro__)
        if reads and not isinstance(step, (LoadImage, LoadTaskMaps)):
            raise ConfigError(
                f'the data set has upright=False, and {type(step).__name__} in its pipeline does not know of it, and '
                'may turn images that their maps are not turned with; use LoadImage in its place'
            )


def check_steps(steps: Sequence[Step], loaded: bool, test_mode: bool, first: Sequence[Step]) -> bool:
    """Checks steps in their order; returns whether the maps are loaded after them.

    Args:
        steps: The steps.
        loaded: Whether they are before them.
        test_mode: Whether the pipeline is one of testing.
        first: Steps that may be whatever they are: the first of all, which loads the image.
    """
    for step in steps:
        if branches := sub_pipelines(step):
            loaded = any([check_steps(branch, loaded, test_mode, first) for branch in branches])
        elif isinstance(step, LoadTaskMaps):
            if loaded:
                raise ConfigError('the pipeline has two LoadTaskMaps, and the second undoes what was done to the maps')
            loaded = True
        elif step not in first and moves_pixels(step):
            check_step(step, loaded, test_mode)
    return loaded


def sub_pipelines(step: Step) -> list[Sequence[Step]]:
    """Returns the pipelines inside a step that hands its sample on to one or all of them, empty for others."""
    if isinstance(step, TestTimeAug):
        return [branch.transforms for branch in step.subroutines]
    if isinstance(step, RandomChoice):
        return [branch.transforms for branch in step.transforms]
    if isinstance(step, RandomApply):
        return [step.transforms.transforms]
    return [step.transforms] if isinstance(step, (Compose, MMCVCompose)) else []


def moves_pixels(step: Step) -> bool:
    """Whether a transform may move pixels. All may, unless they are known or declared not to."""
    declared = getattr(step, 'moves_pixels', None)
    if declared is not None:
        return declared
    if isinstance(step, KeyMapper):  # hands on a part of the sample, in which tasks are not found
        return any(map(moves_pixels, flatten(step.transforms)))
    return not has_type_named(step, PHOTOMETRIC)


def flatten(step: Step) -> Iterator[Step]:
    """Yields a step, or those inside it."""
    if not (branches := sub_pipelines(step)):
        yield step
    for branch in branches:
        for inner in branch:
            yield from flatten(inner)


def check_step(step: Step, loaded: bool, test_mode: bool) -> None:
    """Checks that a step that moves pixels is in an allowed place.

    Raises:
        ConfigError: It may not.
    """
    name = getattr(step, '__name__', type(step).__name__)
    is_task_transform = isinstance(step, TaskTransform)
    if loaded:
        if is_task_transform and not (test_mode and isinstance(step, MultiTaskRandomFlip)):
            return
        if is_task_transform:
            raise ConfigError(
                f'{name} stands behind LoadTaskMaps in a pipeline of testing, and predictions of mirrored images are '
                'mirrored back; put it before LoadTaskMaps, or leave it out'
            )
    elif loads_image(name) or isinstance(step, PackMultiTaskInputs):
        return
    elif has_type_named(step, RESIZES | FLIPS if test_mode else RESIZES):
        return
    elif is_task_transform:
        raise ConfigError(
            f'{name} stands before LoadTaskMaps, where it moves the image without the maps of the tasks; put it behind'
        )
    place = next((place for part, place in REPLACEMENTS.items() if part in name), MULTI_TASK_TRANSFORMS)
    raise ConfigError(
        f'{name} in the pipeline changes the image without the maps of the tasks, which it knows nothing of; use '
        f'{place} in its place. A transform that moves the maps too derives from TaskTransform; of one that leaves '
        'every pixel where it is, derive a class that says so by "moves_pixels = False"'
    )


def loads_image(name: str) -> bool:
    """Whether a transform is one that loads the image, by its name."""
    return name.startswith(('Load', 'InferencerLoader')) and 'Annotation' not in name


def has_type_named(step: Step, names: set[str]) -> bool:
    """Whether a transform is of one of these classes or derived from it."""
    return any(cls.__name__ in names for cls in type(step).__mro__)
