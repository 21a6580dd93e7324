"""The programs that run ONNX files, on the CPU."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import torch

from mtcp_mm.utils import require_packages

Run = Callable[[np.ndarray], dict[str, np.ndarray]]
"""Computes the outputs by name for images (B, 3, H, W)."""


def open_engine(content: bytes, outputs: Sequence[str], engine: str) -> Run:
    """Opens an ONNX file, with as many threads as PyTorch uses.

    Args:
        content: Content of the file.
        outputs: Names of the outputs to compute. What only others need is not computed.
        engine: A key of :data:`ENGINES`.

    Raises:
        MissingPackageError: The engine is not installed.
        Exception: The engine's own errors, of any type, if it cannot run the file.
    """
    require_packages(f'the engine {engine}', (engine,))
    return ENGINES[engine](content, list(outputs), torch.get_num_threads())


def open_onnxruntime(content: bytes, outputs: list[str], threads: int) -> Run:
    """Opens an ONNX file in ONNX Runtime; see :func:`open_engine`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors
    options.add_session_config_entry('session.load_model_format', 'ONNX')  # what was checked, no other format
    session = onnxruntime.InferenceSession(content, options, providers=['CPUExecutionProvider'])
    needed = onnxruntime.RunOptions()
    needed.only_execute_path_to_fetches = True
    (image,) = session.get_inputs()
    return lambda images: dict(zip(outputs, session.run(outputs, {image.name: images}, needed), strict=True))


def open_openvino(content: bytes, outputs: list[str], threads: int) -> Run:
    """Opens an ONNX file in OpenVINO; see :func:`open_engine`."""
    import openvino

    core = openvino.Core()
    model = core.read_model(content, b'')
    model = openvino.Model([model.output(name) for name in outputs], model.get_parameters())
    settings = dict(
        INFERENCE_NUM_THREADS=threads,
        PERFORMANCE_HINT='LATENCY',
        INFERENCE_PRECISION_HINT='f32',  # otherwise bfloat16 on CPUs that have it
    )

    @lru_cache(maxsize=4)
    def compile_for(shape: tuple[int, ...]) -> openvino.CompiledModel:
        """Compiles for one batch size, which is faster than for all."""
        fixed = model.clone()
        fixed.reshape(list(shape))
        return core.compile_model(fixed, 'CPU', settings)

    def run(images: np.ndarray) -> dict[str, np.ndarray]:
        results = compile_for(images.shape)(images)
        return {name: results[name] for name in outputs}

    return run


ENGINES = dict(onnxruntime=open_onnxruntime, openvino=open_openvino)
"""The engines by the name of their package."""
DEFAULT_ENGINE = 'onnxruntime'
