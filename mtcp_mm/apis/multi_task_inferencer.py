from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.device import get_device
from rich.progress import track

from mtcp_mm.utils import UserError
from mtcp_mm.visualization import to_array

from .exported import DEFAULT_ENGINE
from .inference_pipeline import build_pipeline
from .inputs import InputImage, Item, count_images, list_inputs, read_images
from .network import check_device, open_network
from .output_folder import Maps, OutputFolder


class MultiTaskInferencer:
    """Predicts all tasks of images with a trained network.

    Args:
        config: Config of the network, its file, or the name of a network in :mod:`mtcp_mm.apis.model_zoo`; by default
            ``'mtcp_nyud_small'``.
        checkpoint: Checkpoint file. No code in it is run. It replaces that of a named network. Or a file of
            ``tools/export_onnx.py``, which needs no config and runs on the CPU; a config that is given sets the test
            pipeline.
        device: Device such as ``'cpu'`` or ``'cuda:0'``; the best available by default.
        engine: What runs an exported file: ``'onnxruntime'`` or ``'openvino'``.

    Raises:
        UserError: The name is not known, a config is given without a checkpoint, the checkpoint is not of this network
            and its tasks, or the device does not work.
        ConfigError: The config has no test pipeline, or one that moves pixels in a way that predictions do not undo.

    Example:
        >>> maps = MultiTaskInferencer()('room.jpg')[0]
        >>> maps['depth'].shape
        (480, 640)
    """

    def __init__(
        self,
        config: str | Path | Config | None = None,
        checkpoint: str | Path | None = None,
        device: str | None = None,
        engine: str = DEFAULT_ENGINE,
    ) -> None:
        model, cfg = open_network(config, checkpoint, engine)
        self.model = model.to(check_device(device or get_device())).eval()
        self.tasks = self.model.tasks
        self.pipeline = build_pipeline(cfg)

    def __call__(
        self,
        inputs: Item | Sequence[Item],
        batch_size: int = 1,
        out_dir: str | Path | None = None,
        show_progress: bool = False,
    ) -> list[Maps]:
        """Predicts images of any size, folders of them, and videos.

        Args:
            inputs: One or several files, folders, or arrays as :func:`mtcp_mm.utils.to_rgb` takes them (RGB
                order). A video counts as its frames, whose maps are all kept in memory; :meth:`stream` does not.
            batch_size: Number of images per batch. They may differ in size.
            out_dir: Folder for a panel of each image and a video of panels of each video.
            show_progress: Whether to show a progress bar.

        Returns:
            For each image the map of each task at the image's own size: (H, W) class indices, (H, W) metres,
            (H, W, 3) unit normals, ...

        Raises:
            MissingFileError: An input does not exist, or a folder holds neither image nor video.
            UserError: An input cannot be read; the message names it.
        """
        items = list_inputs(inputs)
        predicted = self.stream(read_images(items), batch_size)
        if show_progress:
            predicted = track(predicted, 'Images', total=count_images(items))
        if out_dir is None:
            return [maps for _, maps in predicted]
        with OutputFolder(out_dir, self.tasks, items) as folder:
            return [folder.add(image, maps) for image, maps in predicted]

    def stream(self, images: Iterable[InputImage], batch_size: int = 1) -> Iterator[tuple[InputImage, Maps]]:
        """Yields images with their maps, in order, and keeps at most one batch of them in memory.

        Raises:
            UserError: The batch size is not positive.
        """
        if batch_size < 1:
            raise UserError(f'a batch of {batch_size} images; give at least 1')
        images = iter(images)
        while batch := list(islice(images, batch_size)):
            yield from zip(batch, self.predict_batch([image.image for image in batch]), strict=True)

    def predict(self, image: np.ndarray) -> Maps:
        """Predicts one image (H, W, 3), RGB in uint8; see :meth:`__call__`."""
        return self.predict_batch([image])[0]

    @torch.no_grad()
    def predict_batch(self, images: Sequence[np.ndarray]) -> list[Maps]:
        """Predicts images (H, W, 3), RGB in uint8, of any sizes.

        Images to which the pipeline gives the same size form a batch. Padding one to the size of another would change
        its predictions.
        """
        inputs = [self._prepare(image) for image in images]
        groups = defaultdict(list)
        for index, data in enumerate(inputs):
            groups[data['inputs'].shape].append(index)
        results = [{}] * len(images)
        for indices in groups.values():
            samples = self.model.test_step(pseudo_collate([inputs[index] for index in indices]))
            for index, sample in zip(indices, samples, strict=True):
                results[index] = {task.name: to_array(sample.prediction(task.field)) for task in self.tasks.values()}
        return results

    def _prepare(self, image: np.ndarray) -> dict:
        """Runs the pipeline on an image (H, W, 3), RGB in uint8."""
        size = image.shape[:2]
        results = dict(img=image[..., ::-1], img_path=None, img_shape=size, ori_shape=size)  # pipelines work in BGR
        return self.pipeline(results)
