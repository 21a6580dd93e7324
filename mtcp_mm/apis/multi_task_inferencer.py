from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.device import get_device
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS, TRANSFORMS
from torch import nn

from mtcp_mm.engine.checkpoint import load_checkpoint_file, load_matching
from mtcp_mm.engine.config import read_config
from mtcp_mm.visualization import read_photo, to_array, to_rgb

Photo = str | Path | np.ndarray


class MultiTaskInferencer:
    """Predicts all tasks of photos with a trained network.

    Args:
        config: Config of the network, or its file.
        checkpoint: Checkpoint file, read without running any code that it may hold.
        device: Device such as ``'cpu'`` or ``'cuda:0'``; the best at hand by default.

    Raises:
        ValueError: The checkpoint fits the network badly: fewer than nine tenths of its tensors matched.

    Example:
        >>> inferencer = MultiTaskInferencer('work_dirs/demo/mtcp_rooms.py', 'work_dirs/demo/epoch_6.pth')
        >>> maps = inferencer('room.jpg')[0]
        >>> maps['depth'].shape
        (480, 640)
    """

    def __init__(self, config: str | Path | Config, checkpoint: str | Path, device: str | None = None) -> None:
        cfg = config if isinstance(config, Config) else read_config(config)
        init_default_scope(cfg.get('default_scope', 'mmseg'))
        self.model = build_model(cfg, checkpoint).to(check_device(device or get_device())).eval()
        self.tasks = self.model.tasks
        self.pipeline = Compose([TRANSFORMS.build(step) for step in image_steps(cfg)])

    def __call__(self, photos: Photo | Sequence[Photo]) -> list[dict[str, np.ndarray]]:
        """Predicts photos of any size, one after the other.

        Args:
            photos: One or several files, or arrays as :func:`mtcp_mm.visualization.to_rgb` takes them (RGB order).

        Returns:
            For each photo the map of each task at the photo's own size: (H, W) class indices, (H, W) metres,
            (H, W, 3) unit normals, ...

        Raises:
            ValueError: A photo cannot be read; the message names it.
        """
        photos = [photos] if isinstance(photos, Photo) else photos
        return [self.predict(to_rgb(photo) if isinstance(photo, np.ndarray) else read_photo(photo)) for photo in photos]

    @torch.no_grad()
    def predict(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """Predicts one image (H, W, 3), RGB in uint8; see :meth:`__call__`."""
        size = image.shape[:2]
        results = dict(img=image[..., ::-1], img_path=None, img_shape=size, ori_shape=size)  # pipelines work in BGR
        sample = self.model.test_step(pseudo_collate([self.pipeline(results)]))[0]
        return {task.name: to_array(sample.prediction(task.field)) for task in self.tasks.values()}


def build_model(cfg: Config, checkpoint: str | Path) -> nn.Module:
    """Builds a network and loads its checkpoint; nothing pretrained is fetched."""
    model = revert_sync_batchnorm(MODELS.build(without_pretrained(cfg.model)))
    load_matching(model, load_checkpoint_file(checkpoint), source=str(checkpoint))
    return model


def check_device(name: str) -> torch.device:
    """Returns a device that works.

    Raises:
        ValueError: It does not.
    """
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f'device "{name}" cannot be used ({error}); choose another, such as cpu') from error


def without_pretrained(cfg: dict) -> dict:
    """Returns a model config without its references to pretrained weights, which a checkpoint makes needless."""
    kept = {}
    for key, value in cfg.items():
        if key == 'pretrained':
            value = None
        elif isinstance(value, dict):
            if key == 'init_cfg' and value.get('type') == 'Pretrained':
                continue
            value = without_pretrained(value)
        elif isinstance(value, list | tuple):
            value = type(value)(without_pretrained(item) if isinstance(item, dict) else item for item in value)
        kept[key] = value
    return kept


def image_steps(cfg: Config) -> list[dict]:
    """Returns the steps of the test pipeline that act on a loaded image: all but those that load it or its targets."""
    steps = cfg.get('test_pipeline') or cfg.test_dataloader.dataset.pipeline
    return [step for step in steps if not step['type'].startswith('Load')]
