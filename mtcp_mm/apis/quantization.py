"""Quantizes ONNX files to 8 bits."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import mmcv
import numpy as np
from mmengine.config import Config
from mmseg.registry import DATASETS

from mtcp_mm.utils import ConfigError, read_rgb, require_packages

from .export import INPUT

if TYPE_CHECKING:
    import onnx
    from onnxruntime.quantization import CalibrationDataReader

PACKAGES = ('onnx', 'onnxruntime')
CALIBRATION_IMAGES = 64
"""Maximum number of images in which the ranges of activations are found."""
BETWEEN = ('Add', 'Clip', 'Relu')
"""Operators that run in 8 bits between convolutions."""


def quantize(content: bytes, images: Iterable[np.ndarray], reduce_range: bool = False) -> bytes:
    """Quantizes an ONNX file: ONNX Runtime and OpenVINO then compute its convolutions in 8 bits.

    Inputs, outputs and properties stay as they are. Ranges of activations are the extremes over the images. Weights
    have a range for each output channel.

    Args:
        content: Content of the file.
        images: Images (1, 3, H, W) for calibration, 0 to 255.
        reduce_range: Whether weights have 7 bits. On x86 CPUs without instructions for 8-bit networks (AVX-VNNI or
            AVX512-VNNI), sums of products of 8 bits overflow.

    Raises:
        MissingPackageError: A required package is not installed.
    """
    require_packages('quantization', PACKAGES)
    import onnx
    from onnxruntime.quantization import QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    ignored = np.errstate(invalid='ignore')  # in ranges of minus infinities, which stay in floating point
    with TemporaryDirectory() as folder, ignored:
        given, prepared, quantized = (Path(folder, f'{name}.onnx') for name in ('given', 'prepared', 'quantized'))
        given.write_bytes(content)
        quant_pre_process(given, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            quantized,
            make_reader(images),
            op_types_to_quantize=['Conv', *BETWEEN],
            nodes_to_exclude=find_excluded(onnx.load(prepared).graph),
            per_channel=True,
            reduce_range=reduce_range,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return quantized.read_bytes()


def find_excluded(graph: 'onnx.GraphProto') -> list[str]:
    """Returns the names of nodes that could be quantized but stay in floating point.

    The last layers predict the logits, where each rounding error shows. Convolutions with a single output channel cost
    accuracy and take little time. Activations and additions gain none beside what stays in floating point.
    """
    constants = {tensor.name: tensor.dims for tensor in graph.initializer}
    last = find_last(graph, set(constants))
    quantized, excluded = set(constants), []
    for node in graph.node:  # in the order of computation
        if node.op_type == 'Conv' and (node.name in last or constants.get(node.input[1], (0,))[0] == 1):
            excluded.append(node.name)
        elif node.op_type == 'Conv' or (node.op_type in BETWEEN and quantized.issuperset(node.input)):
            quantized.update(node.output)
        elif node.op_type in BETWEEN:
            excluded.append(node.name)
    return excluded


def find_last(graph: 'onnx.GraphProto', constants: set[str]) -> set[str]:
    """Returns the names of the last convolutions before the outputs."""
    sources = {name: node for node in graph.node for name in node.output}
    last, seen, waiting = set(), set(constants), [value.name for value in graph.output]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in sources:
            continue
        seen.add(name)
        if sources[name].op_type == 'Conv':
            last.add(sources[name].name)
        else:
            waiting += sources[name].input
    return last


def make_reader(images: Iterable[np.ndarray]) -> 'CalibrationDataReader':
    """Returns images in the form that the quantizer takes."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        inputs = iter(images)

        def get_next(self) -> dict[str, np.ndarray] | None:
            image = next(self.inputs, None)
            return None if image is None else {INPUT: image}

    return Reader()


def list_training_images(cfg: Config) -> list[str]:
    """Lists the images of a config's training set.

    Raises:
        ConfigError: It has none.
        MissingFileError: The data set is not there.
    """
    if not (data := (cfg.get('train_dataloader') or {}).get('dataset')):
        raise ConfigError('the config has no training set; choose images with --calibration FOLDER')
    dataset = DATASETS.build(data)
    return [dataset.get_data_info(index)['img_path'] for index in range(len(dataset))]


def read_calibration(paths: Sequence[str | Path], shape: tuple[int, int]) -> Iterator[np.ndarray]:
    """Yields at most :data:`CALIBRATION_IMAGES` images, evenly spread over the list, as an exported network takes them.

    Args:
        paths: Image files.
        shape: Size (H, W) to which they are resized.

    Raises:
        UserError: An image cannot be read.
    """
    for path in paths[:: -(-len(paths) // CALIBRATION_IMAGES)]:
        image = mmcv.imresize(read_rgb(path), shape[::-1])
        yield np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32)
