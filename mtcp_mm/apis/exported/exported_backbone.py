from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor

from mtcp_mm.apis.export import logits_name
from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.structures import TaskFeatures
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils import UserError, reading

from .engines import DEFAULT_ENGINE, open_engine
from .onnx_file import REMEDY, read_onnx


@MODELS.register_module()
class ExportedBackbone(BaseModule):
    """All of a network but its postprocessing, in an ONNX file. It runs on the CPU.

    Args:
        tasks: The task list of the file.
        file: The ONNX file.
        engine: What runs it; a key of :data:`ENGINES`.
        init_cfg: Has no effect.

    Raises:
        MissingFileError: There is no such file.
        MissingPackageError: The engine is not installed.
        CheckpointError: The file cannot be read, or is not an export of this package.
    """

    def __init__(
        self, tasks: Sequence[dict], file: str | Path, engine: str = DEFAULT_ENGINE, init_cfg: dict | None = None
    ) -> None:
        super().__init__(init_cfg)
        self.file = file
        self.channels = {name: task.channels for name, task in build_tasks(tasks).items()}
        exported = read_onnx(file)
        self.shape = exported.shape
        with self._reading():
            self.run = open_engine(exported.content, [logits_name(name) for name in self.channels], engine)

    def forward(self, inputs: Tensor) -> TaskFeatures:
        """Returns each task's logits (B, channels, H, W) as its features.

        Args:
            inputs: RGB images (B, 3, H, W), 0 to 255.

        Raises:
            UserError: The images have another size than the file takes.
            CheckpointError: The engine cannot run the file, or it gives something else than logits.
        """
        size = tuple(inputs.shape[-2:])
        if size != self.shape:
            raise UserError(
                f'{self.file} takes images of {self.shape[0]}x{self.shape[1]} (height x width), but the test pipeline '
                f'of the config gives {size[0]}x{size[1]}; export it with --shape {size[0]} {size[1]}'
            )
        with self._reading():
            maps = self.run(inputs.numpy(force=True))
            for name, channels in self.channels.items():
                found, expected = maps[logits_name(name)].shape, (len(inputs), channels, *size)
                if found != expected:
                    raise ValueError(f'its output {logits_name(name)} has the shape {found}, not {expected}')
        return TaskFeatures(
            features={name: torch.from_numpy(maps[logits_name(name)]).to(inputs) for name in self.channels}
        )

    def _reading(self):
        """Converts errors of the engine; see :func:`reading`."""
        return reading(self.file, REMEDY, 'cannot be run', CheckpointError)
