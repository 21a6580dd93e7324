"""Checks of the transforms in a multi-task pipeline, and of their order."""

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
"""OpenMMLab transforms that do not move pixels."""
RESIZES = {'MultiTaskResize', 'RandomChoiceResize', 'RandomResize', 'Resize', 'ResizeShortestEdge', 'ResizeToMultiple'}
"""Transforms that resize the whole image. Predictions undo this."""
FLIPS = {'MultiTaskRandomFlip', 'RandomFlip'}
"""Transforms that flip the image and record it. In testing, predictions undo this."""
REPLACEMENTS = {
    'Flip': 'MultiTaskRandomFlip', 'Crop': 'MultiTaskRandomCrop', 'Resize': 'MultiTaskResize or MultiTaskRandomScale',
    'Rot': 'MultiTaskRandomRotateScale', 'Affine': 'MultiTaskRandomRotateScale',
    'Pad': 'the size of the data preprocessor', 'Pack': 'PackMultiTaskInputs', 'Load': 'LoadTaskMaps',
}  # fmt: skip
"""Multi-task replacements, by a part of the name of the stock transform."""
MULTI_TASK_TRANSFORMS = (
    'MultiTaskRandomFlip, MultiTaskRandomCrop, MultiTaskResize, MultiTaskRandomScale, MultiTaskRandomZoom or '
    'MultiTaskRandomRotateScale'
)


def check_pipeline(pipeline: Step, test_mode: bool) -> None:
    """Checks that no transform moves the image without its maps.

    After the maps are loaded, a transform that moves pixels must be a :class:`TaskTransform`. Before that, the image
    may be resized, and in testing also flipped, because predictions undo both. A transform with the attribute
    ``moves_pixels = False`` is allowed anywhere.

    Args:
        pipeline: The built pipeline.
        test_mode: Whether it is a test pipeline.

    Raises:
        ConfigError: A transform is not allowed at its place, or the maps are loaded twice or never.
    """
    steps = list(flatten(pipeline))
    loaded = check_steps([pipeline], False, test_mode, steps[:1])
    if not loaded and any(isinstance(step, PackMultiTaskInputs) for step in steps):
        raise ConfigError('the pipeline loads no maps; put LoadTaskMaps after the transform that loads the image')


def check_inference(pipeline: Step, loading: Sequence[Step]) -> None:
    """Checks that predictions can undo what a test pipeline does to an image.

    Args:
        pipeline: The built pipeline.
        loading: Its loading steps, which are skipped in inference.

    Raises:
        ConfigError: A step moves pixels in a way that predictions do not undo, or no step packs the image.
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
        raise ConfigError(f'{moving[0]} in the test pipeline moves the image, which predictions do not undo; remove it')


def check_image_loaders(pipeline: Step) -> None:
    """Checks that the step that loads the image supports ``upright=False``.

    Raises:
        ConfigError: It does not.
    """
    for step in flatten(pipeline):
        reads = any(loads_image(cls.__name__) for cls in type(step).__mro__)
        if reads and not isinstance(step, (LoadImage, LoadTaskMaps)):
            raise ConfigError(
                f'the data set has upright=False, and {type(step).__name__} in its pipeline ignores it and may rotate '
                'images without their maps; use LoadImage instead'
            )


def check_steps(steps: Sequence[Step], loaded: bool, test_mode: bool, first: Sequence[Step]) -> bool:
    """Checks steps in order.

    Args:
        steps: The steps.
        loaded: Whether the maps are loaded before them.
        test_mode: Whether it is a test pipeline.
        first: Steps that are not checked, such as the first one, which loads the image.

    Returns:
        Whether the maps are loaded after the steps.

    Raises:
        ConfigError: See :func:`check_pipeline`.
    """
    for step in steps:
        if branches := sub_pipelines(step):
            loaded = any([check_steps(branch, loaded, test_mode, first) for branch in branches])
        elif isinstance(step, LoadTaskMaps):
            if loaded:
                raise ConfigError(
                    'the pipeline has two LoadTaskMaps, and the second undoes the changes to the maps; remove it'
                )
            loaded = True
        elif step not in first and moves_pixels(step):
            check_step(step, loaded, test_mode)
    return loaded


def sub_pipelines(step: Step) -> list[Sequence[Step]]:
    """Returns the pipelines inside a step such as RandomChoice; empty for other steps."""
    if isinstance(step, TestTimeAug):
        return [branch.transforms for branch in step.subroutines]
    if isinstance(step, RandomChoice):
        return [branch.transforms for branch in step.transforms]
    if isinstance(step, RandomApply):
        return [step.transforms.transforms]
    return [step.transforms] if isinstance(step, (Compose, MMCVCompose)) else []


def moves_pixels(step: Step) -> bool:
    """Returns whether a transform may move pixels: all may, unless they are known or declared not to."""
    declared = getattr(step, 'moves_pixels', None)
    if declared is not None:
        return declared
    if isinstance(step, KeyMapper):  # passes on a part of the sample, without the tasks
        return any(map(moves_pixels, flatten(step.transforms)))
    return not has_type_named(step, PHOTOMETRIC)


def flatten(step: Step) -> Iterator[Step]:
    """Yields a step, or all steps inside it."""
    if not (branches := sub_pipelines(step)):
        yield step
    for branch in branches:
        for inner in branch:
            yield from flatten(inner)


def check_step(step: Step, loaded: bool, test_mode: bool) -> None:
    """Checks that a step that moves pixels is allowed at its place.

    Args:
        step: The step.
        loaded: Whether the maps are loaded before it.
        test_mode: Whether it is a test pipeline.

    Raises:
        ConfigError: It is not allowed.
    """
    name = getattr(step, '__name__', type(step).__name__)
    is_task_transform = isinstance(step, TaskTransform)
    if loaded:
        if is_task_transform and not (test_mode and isinstance(step, MultiTaskRandomFlip)):
            return
        if is_task_transform:
            raise ConfigError(
                f'{name} is after LoadTaskMaps in a test pipeline, but predictions of flipped images are flipped '
                'back; put it before LoadTaskMaps, or remove it'
            )
    elif loads_image(name) or isinstance(step, PackMultiTaskInputs):
        return
    elif has_type_named(step, RESIZES | FLIPS if test_mode else RESIZES):
        return
    elif is_task_transform:
        raise ConfigError(
            f'{name} is before LoadTaskMaps, where it moves the image without the maps of the tasks; put it after'
        )
    replacement = next((use for part, use in REPLACEMENTS.items() if part in name), MULTI_TASK_TRANSFORMS)
    raise ConfigError(
        f'{name} in the pipeline changes the image without the maps of the tasks; use {replacement} instead. '
        'Custom transforms must derive from TaskTransform if they move pixels, or else set "moves_pixels = False" in '
        'their class'
    )


def loads_image(name: str) -> bool:
    """Returns whether a transform loads the image, judged by its name."""
    return name.startswith(('Load', 'InferencerLoader')) and 'Annotation' not in name


def has_type_named(step: Step, names: set[str]) -> bool:
    """Returns whether a transform is an instance of a class with one of these names."""
    return any(cls.__name__ in names for cls in type(step).__mro__)
