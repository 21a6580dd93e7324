"""Configs of networks in ONNX files."""

from collections.abc import Mapping
from pathlib import Path

from mmengine.config import Config

from .onnx_file import OnnxFile, read_onnx

SUFFIX = '.onnx'


def is_exported(checkpoint: str | Path | None) -> bool:
    """Whether a file that is given as a checkpoint is an exported network, judging by its suffix."""
    return checkpoint is not None and Path(checkpoint).suffix.lower() == SUFFIX


def exported_model(path: str | Path, engine: str, cfg: Mapping | None = None) -> dict:
    """Returns the config of a model that runs an exported network.

    Args:
        path: The ONNX file.
        engine: What runs it; a key of :data:`ENGINES`.
        cfg: Config of the network that was exported, whose ``test_cfg`` applies.

    Raises:
        MissingFileError: There is no such file.
        CheckpointError: It is not an export of this package.
    """
    return make_model(read_onnx(path), path, engine, cfg or {})


def exported_config(path: str | Path, engine: str) -> Config:
    """Returns a config for prediction with an exported network; see :func:`exported_model`.

    The test pipeline resizes images to the size that the file takes.
    """
    exported = read_onnx(path)
    height, width = exported.shape
    steps = ['LoadImage', dict(type='MultiTaskResize', scale=(width, height)), 'PackMultiTaskInputs']
    pipeline = [dict(type=step) if isinstance(step, str) else step for step in steps]
    return Config(dict(model=make_model(exported, path, engine, {}), test_pipeline=pipeline))


def make_model(exported: OnnxFile, path: str | Path, engine: str, cfg: Mapping) -> dict:
    """Builds the config of :func:`exported_model`. Normalization and padding are in the file."""
    return dict(
        type='MultiTaskSegmentor',
        tasks=exported.tasks,
        data_preprocessor=dict(type='MultiTaskDataPreProcessor', bgr_to_rgb=True),
        backbone=dict(type='ExportedBackbone', file=str(path), engine=engine),
        decode_head=dict(type='ExportedHead', align_corners=exported.align_corners),
        test_cfg=cfg.get('test_cfg'),
    )
