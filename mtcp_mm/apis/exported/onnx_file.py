"""Reads ONNX files that :mod:`mtcp_mm.apis.export` wrote. They may come from anyone."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmseg.registry import TASK_UTILS

from mtcp_mm.apis.export import ALIGN_CORNERS, INPUT, TASKS, TRAINING_SETTINGS, logits_name
from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.tasks import Task, build_tasks
from mtcp_mm.utils import open_regular, reading, require_packages
from mtcp_mm.utils.untrusted import read_content

if TYPE_CHECKING:
    import onnx

REMEDY = 'give a file that tools/export_onnx.py of this version wrote'
LARGEST_SIDE = 8192
"""Maximum height and width of the images, in pixels."""


@dataclass(frozen=True)
class OnnxFile:
    """An exported network.

    Args:
        content: Content of the file.
        tasks: The task list, without training settings.
        shape: Size (H, W) of the images.
        align_corners: How the network's logits are resized.
    """

    content: bytes
    tasks: list[dict]
    shape: tuple[int, int]
    align_corners: bool


def read_onnx(path: str | Path) -> OnnxFile:
    """Reads an exported network without running it.

    The file must be complete: it refers to no other file, has standard operators only, and no loops. What its operators
    compute, and how much memory they need, is not checked.

    Raises:
        MissingFileError: There is no such file.
        MissingPackageError: The package onnx is not installed.
        CheckpointError: It cannot be read, or is not an export of this package.
    """
    require_packages('an exported network', ('onnx',))
    import onnx

    with open_regular(path) as file, reading(path, REMEDY, 'is no exported network', CheckpointError):
        content = read_content(file)
        model = onnx.load_model_from_string(content)
        check_operators(model)
        check_complete(model.graph)
        properties = {entry.key: entry.value for entry in model.metadata_props}
        tasks = read_tasks(properties)
        check_outputs(model.graph, tasks)
        return OnnxFile(content, tasks, read_shape(model.graph), properties.get(ALIGN_CORNERS) == 'True')


def check_operators(model: 'onnx.ModelProto') -> None:
    """Checks that a model has standard operators only, and no loops or branches.

    Raises:
        ValueError: It has others.
    """
    if unknown := {node.domain for node in model.graph.node} - {'', 'ai.onnx'}:
        raise ValueError(f'it has operators of {", ".join(sorted(unknown))}')
    if model.functions or any(attribute.HasField('g') or attribute.graphs for attribute in attributes(model.graph)):
        raise ValueError('it has functions, loops or branches')


def check_complete(graph: 'onnx.GraphProto') -> None:
    """Checks that all tensors are in the file itself.

    Raises:
        ValueError: A tensor is in another file.
    """
    for tensor in tensors(graph):
        if tensor.data_location or tensor.external_data:
            raise ValueError(f'the tensor {tensor.name!r} is in another file')


def tensors(graph: 'onnx.GraphProto') -> Iterator['onnx.TensorProto']:
    """Yields all tensors that a graph holds."""
    yield from graph.initializer
    sparse = list(graph.sparse_initializer)
    for attribute in attributes(graph):
        yield from (attribute.t, *attribute.tensors)
        sparse += [attribute.sparse_tensor, *attribute.sparse_tensors]
    yield from chain.from_iterable((tensor.values, tensor.indices) for tensor in sparse)


def attributes(graph: 'onnx.GraphProto') -> Iterator['onnx.AttributeProto']:
    """Yields the attributes of all nodes."""
    return (attribute for node in graph.node for attribute in node.attribute)


def read_tasks(properties: Mapping[str, str]) -> list[dict]:
    """Returns the task list that a file describes.

    A kind of task is looked up among the registered ones. MMEngine would import it from any module.

    Raises:
        ValueError: There is none, or a kind is not known.
        ConfigError: A setting of a task is not valid.
    """
    if TASKS not in properties:
        raise ValueError(f'it has no property {TASKS!r}')
    tasks = [read_task(entry) for entry in json.loads(properties[TASKS])]
    build_tasks(tasks)
    return tasks


def read_task(entry: Mapping[str, Any]) -> dict:
    """Returns an entry of a task list, with a kind that is registered; see :func:`read_tasks`."""
    kind = TASK_UTILS.module_dict.get(entry['type'])
    if not (isinstance(kind, type) and issubclass(kind, Task)):
        raise ValueError(
            f'{entry["type"]!r} is no known kind of task; if it is one of your own, give a config that imports it'
        )
    return {key: value for key, value in entry.items() if key not in TRAINING_SETTINGS and not key.startswith('_')}


def read_shape(graph: 'onnx.GraphProto') -> tuple[int, int]:
    """Returns the size (H, W) of the images.

    Raises:
        ValueError: The file takes something else than images of one size.
    """
    inputs = {value.name: [axis.dim_value for axis in value.type.tensor_type.shape.dim] for value in graph.input}
    shape = inputs.get(INPUT, ())
    if len(inputs) != 1 or len(shape) != 4 or shape[1] != 3 or not all(0 < side <= LARGEST_SIDE for side in shape[2:]):
        raise ValueError(f'its inputs are {inputs}, not {INPUT} with 3 channels and sides up to {LARGEST_SIDE}')
    return shape[2], shape[3]


def check_outputs(graph: 'onnx.GraphProto', tasks: Sequence[Mapping]) -> None:
    """Checks that a file gives the logits of its tasks.

    Raises:
        ValueError: They are missing.
    """
    found = {value.name for value in graph.output}
    if missing := [name for task in tasks if (name := logits_name(task['name'])) not in found]:
        raise ValueError(f'it has no output {", ".join(missing)}')
