"""Exports trained networks by :mod:`torch.export` and as ONNX files, which run without this package."""

import json
from collections.abc import Callable, Mapping, Sequence
from types import MethodType

import torch
import torch.nn.functional as F
from mmdet.models.backbones import swin as mmdet_swin
from mmengine.config import Config
from mmseg.models.backbones import swin as mmseg_swin
from mmseg.registry import TASK_UTILS
from torch import Tensor, nn

from mtcp_mm.models import MultiTaskSegmentor
from mtcp_mm.models.data_preprocessor import MultiTaskDataPreProcessor
from mtcp_mm.models.layers import resize_by_products, resize_to
from mtcp_mm.models.layers.traceable_swin import TraceableShiftWindowMSA
from mtcp_mm.tasks import build_tasks, split_tasks
from mtcp_mm.utils import UserError, require_packages, resolve_type

from .inference_pipeline import image_steps

INPUT = 'image'
"""Name of the input of an ONNX file."""
TASKS, ALIGN_CORNERS = 'tasks', 'align_corners'
"""Names of the properties of an ONNX file that describe its outputs."""
PACKAGES = ('onnx', 'onnxscript', 'onnxruntime')
TRAINING_SETTINGS = ('loss', 'metrics')


class ExportableNetwork(nn.Module):
    """A trained network from images to predictions, as one function of tensors.

    It includes all steps before and after the network: normalization, padding, upsampling and each task's activation.
    Images are predicted whole.

    Args:
        network: The network. It is set to evaluation mode without gradients; its results do not change.

    Raises:
        UserError: The network or its data preprocessor has another type.
    """

    def __init__(self, network: MultiTaskSegmentor) -> None:
        super().__init__()
        preprocessor = getattr(network, 'data_preprocessor', None)
        if not (isinstance(network, MultiTaskSegmentor) and isinstance(preprocessor, MultiTaskDataPreProcessor)):
            raise UserError(
                f'a {type(network).__name__} with a {type(preprocessor).__name__} cannot be exported; build a '
                'MultiTaskSegmentor with a MultiTaskDataPreProcessor'
            )
        self.network = free_batch_size(network).eval().requires_grad_(False)
        self.tasks = network.tasks

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Predicts.

        Args:
            image: RGB images (B, 3, H, W), 0 to 255.

        Returns:
            Each task's prediction (B, target_channels, H, W): class indices in int64, metres, unit normals,
            probabilities.
        """
        return self.activate(self.logits(image))

    def activate(self, logits: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Converts the logits of each task to predictions."""
        return {name: self.tasks[name].activate(maps) for name, maps in logits.items()}

    def logits(self, image: Tensor, resize: Callable[..., Tensor] = resize_to) -> dict[str, Tensor]:
        """Returns each task's logits (B, channels, H, W).

        Args:
            image: See :meth:`forward`.
            resize: Called like :func:`resize_to` to enlarge the logits to the image's size.
        """
        preprocessor = self.network.data_preprocessor
        height, width = image.shape[-2:]
        normalized = preprocessor.normalize(image.flip(-3))  # pipelines work in BGR
        bottom, right = missing_pixels((height, width), preprocessor.test_cfg or {})
        padded = F.pad(normalized, (0, right, 0, bottom), value=preprocessor.pad_val)
        logits = self.network(padded, mode='tensor')
        size, align_corners = padded.shape[-2:], self.network.align_corners
        return {name: resize(maps, size, align_corners)[..., :height, :width] for name, maps in logits.items()}


class WithLogits(nn.Module):
    """An :class:`ExportableNetwork` for ONNX, which also returns the logits: they can be resized before the activation.

    It enlarges them by products of matrices, which the engines compute faster than they resize.
    """

    def __init__(self, network: ExportableNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Returns predictions by task, and logits under their own names; see :func:`logits_name`."""
        logits = self.network.logits(image, resize_by_products)
        return self.network.activate(logits) | {logits_name(name): maps for name, maps in logits.items()}


def logits_name(task: str) -> str:
    """Returns the name of the output with the logits of a task."""
    return f'{task}_logits'


def missing_pixels(shape: tuple[int, int], rule: Mapping) -> tuple[int, int]:
    """Returns the pixels that the data preprocessor pads in testing, at the bottom and right of an image (H, W)."""
    if rule.get('size'):
        return tuple(max(wanted - length, 0) for wanted, length in zip(rule['size'], shape, strict=True))
    return tuple(-length % (rule.get('size_divisor') or 1) for length in shape)


def free_batch_size(network: nn.Module) -> nn.Module:
    """Makes stock Swin blocks independent of the batch size, which they would otherwise fix in the graph."""
    for module in network.modules():
        if isinstance(module, mmseg_swin.ShiftWindowMSA | mmdet_swin.ShiftWindowMSA):
            module.window_reverse = MethodType(TraceableShiftWindowMSA.window_reverse, module)
    return network


def find_shape(cfg: Config) -> tuple[int, int]:
    """Returns the size (H, W) of a config's test images.

    Raises:
        UserError: Its test pipeline does not resize all images to one size.
    """
    for step in image_steps(cfg):
        if step.get('scale') and not step.get('keep_ratio'):
            width, height = step['scale']
            return height, width
    raise UserError('the test pipeline does not resize all images to one size; set the size with --shape HEIGHT WIDTH')


def export_program(network: nn.Module, shape: tuple[int, int]) -> torch.export.ExportedProgram:
    """Exports a network for images of one size (H, W) in batches of any size."""
    example = torch.zeros(2, 3, *shape)  # a batch of one would fix the batch size at one
    return torch.export.export(network, (example,), dynamic_shapes={INPUT: {0: torch.export.Dim('batch')}})


def export_onnx(
    network: ExportableNetwork, tasks: Sequence[Mapping], shape: tuple[int, int], opset: int | None = None
) -> bytes:
    """Exports a network as the content of an ONNX file.

    The input is ``image``: images of one size in batches of any size. The outputs are named after the tasks, as in
    :meth:`ExportableNetwork.forward`; behind them come the logits, ``<task>_logits``. The property ``tasks`` describes
    the outputs; see :func:`describe_tasks`.

    Args:
        network: The network.
        tasks: The task list of its config.
        shape: Size (H, W) of the images.
        opset: Version of the ONNX operators; the exporter's default if None.

    Raises:
        MissingPackageError: A required package is not installed.
    """
    require_packages('the export', PACKAGES)
    program = torch.onnx.export(
        export_program(WithLogits(network), shape),
        dynamo=True,
        input_names=[INPUT],
        output_names=[*network.tasks, *map(logits_name, network.tasks)],
        opset_version=opset,
        verbose=False,
    )
    program.model.metadata_props[TASKS] = describe_tasks(tasks)
    program.model.metadata_props[ALIGN_CORNERS] = str(network.network.align_corners)
    return program.model_proto.SerializeToString()


def describe_tasks(tasks: Sequence[Mapping]) -> str:
    """Describes the main tasks in JSON: a config's task list with the names of classes, without training settings."""
    main, _ = split_tasks(build_tasks(tasks))
    described = []
    for entry in tasks:
        if entry['name'] not in main:
            continue
        kept = {key: value for key, value in entry.items() if key not in TRAINING_SETTINGS}
        kept['type'] = registered_name(resolve_type(entry, TASK_UTILS))
        described.append(kept | (dict(classes=main[entry['name']].classes) if 'classes' in entry else {}))
    return json.dumps(described)


def registered_name(kind: type) -> str:
    """Returns the name under which a kind of task is registered."""
    return next((name for name, known in TASK_UTILS.module_dict.items() if known is kind), kind.__name__)
