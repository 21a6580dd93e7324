import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.device import get_device
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS, TRANSFORMS
from rich.progress import track
from torch import nn

from mtcp_mm.datasets.transforms.pipeline_check import check_inference
from mtcp_mm.engine.checkpoint import CheckpointError, load_checkpoint_file, load_matching
from mtcp_mm.engine.config import read_config
from mtcp_mm.engine.sharing import share_settings
from mtcp_mm.tasks import Task
from mtcp_mm.tasks.class_map import class_names
from mtcp_mm.utils import ConfigError, find_type, is_pretrained
from mtcp_mm.visualization import to_array

from .inputs import Item, Picture, count_images, list_inputs, read_images
from .model_zoo import find_model
from .output_folder import OutputFolder

Maps = dict[str, np.ndarray]
OWN_CONFIG = 'give the config that it was trained with, of which a copy lies in its work directory'


class MultiTaskInferencer:
    """Predicts all tasks of images with a trained network.

    Args:
        config: Config of the network, its file, or the name of a network in :mod:`mtcp_mm.apis.model_zoo`; by default
            ``'mtcp_nyud_small'``.
        checkpoint: Checkpoint file, read without running any code that it may hold. A named network has its own, which
            this one replaces: other weights of the same network.
        device: Device such as ``'cpu'`` or ``'cuda:0'``; the best at hand by default.

    Raises:
        ValueError: The name is not known, a config is given without a checkpoint, or the checkpoint is not of this
            network and its tasks.
        ConfigError: The config has no test pipeline, or one that moves pixels, which predictions do not undo.

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
    ) -> None:
        config, checkpoint = find_network(config, checkpoint)
        cfg = copy.deepcopy(config) if isinstance(config, Config) else read_config(config)
        share_settings(cfg)
        init_default_scope(cfg.get('default_scope', 'mmseg'))
        self.model = build_model(cfg, checkpoint).to(check_device(device or get_device())).eval()
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
                order). A video counts as its frames; :meth:`stream` does not keep the maps of all of them.
            batch_size: Images that the network sees at once; they may differ in size.
            out_dir: Folder for panels, and for a video of panels of each video.
            show_progress: Whether to show a bar.

        Returns:
            For each image the map of each task at the image's own size: (H, W) class indices, (H, W) metres,
            (H, W, 3) unit normals, ...

        Raises:
            FileNotFoundError: An input does not exist, or a folder holds neither image nor video.
            ValueError: An input cannot be read; the message names it.
        """
        items = list_inputs(inputs)
        predicted = self.stream(read_images(items), batch_size)
        if show_progress:
            predicted = track(predicted, 'Images', total=count_images(items))
        if out_dir is None:
            return [maps for _, maps in predicted]
        with OutputFolder(out_dir, self.tasks, items) as folder:
            return [folder.add(picture, maps) for picture, maps in predicted]

    def stream(self, pictures: Iterable[Picture], batch_size: int = 1) -> Iterator[tuple[Picture, Maps]]:
        """Yields images with their maps, in their order, and keeps no more than a batch of them.

        Raises:
            ValueError: The batch size is not positive.
        """
        if batch_size < 1:
            raise ValueError(f'a batch of {batch_size} images; give at least 1')
        pictures = iter(pictures)
        while batch := list(islice(pictures, batch_size)):
            yield from zip(batch, self.predict_batch([picture.image for picture in batch]), strict=True)

    def predict(self, image: np.ndarray) -> Maps:
        """Predicts one image (H, W, 3), RGB in uint8; see :meth:`__call__`."""
        return self.predict_batch([image])[0]

    @torch.no_grad()
    def predict_batch(self, images: Sequence[np.ndarray]) -> list[Maps]:
        """Predicts images (H, W, 3), RGB in uint8, of any sizes.

        Those that the pipeline makes of one size are seen at once. Others are not, since padding one to the size of
        another would change what the network says of it.
        """
        inputs = [self._prepare(image) for image in images]
        groups = defaultdict(list)
        for place, data in enumerate(inputs):
            groups[data['inputs'].shape].append(place)
        results = [{}] * len(images)
        for places in groups.values():
            samples = self.model.test_step(pseudo_collate([inputs[place] for place in places]))
            for place, sample in zip(places, samples, strict=True):
                results[place] = {t.name: to_array(sample.prediction(t.field)) for t in self.tasks.values()}
        return results

    def _prepare(self, image: np.ndarray) -> dict:
        size = image.shape[:2]
        results = dict(img=image[..., ::-1], img_path=None, img_shape=size, ori_shape=size)  # pipelines work in BGR
        return self.pipeline(results)


def find_network(
    config: str | Path | Config | None, checkpoint: str | Path | None
) -> tuple[str | Path | Config, str | Path]:
    """Returns config and checkpoint of what a user asks for; see :class:`MultiTaskInferencer`.

    Raises:
        ValueError: A name is not known, or a config is given without a checkpoint.
    """
    if config is None or (isinstance(config, str) and not Path(config).suffix):
        model = find_model(config)
        return model.config, checkpoint or model.checkpoint
    if checkpoint is None:
        raise ValueError(f'give a checkpoint of {getattr(config, "filename", config)}')
    return config, checkpoint


def build_model(cfg: Config, checkpoint: str | Path) -> nn.Module:
    """Builds a network and loads its checkpoint whole; nothing pretrained is fetched.

    Raises:
        CheckpointError: The checkpoint lacks anything of the network, or is of other tasks.
    """
    model = revert_sync_batchnorm(MODELS.build(without_pretrained(cfg.model)))
    content = load_checkpoint_file(checkpoint)
    check_tasks(content, list(model.tasks), str(checkpoint))
    check_classes(content, model.tasks.values(), str(checkpoint))
    load_matching(model, content, minimum=1.0, source=str(checkpoint))
    return model


def check_tasks(content: Mapping, tasks: Sequence[str], source: str) -> None:
    """Demands that a checkpoint, if it was saved by a training, is of the tasks of the network.

    Args:
        content: What :func:`load_checkpoint_file` found.
        tasks: Names of the network's tasks.
        source: Name of the checkpoint, for the message.

    Raises:
        CheckpointError: It is of others; the message names both.
    """
    trained = trained_tasks(content)
    if trained and trained.keys() != set(tasks):
        raise CheckpointError(
            f'{source} was trained for the tasks {", ".join(trained)}, and the config has {", ".join(tasks)}; '
            f'{OWN_CONFIG}'
        )


def check_classes(content: Mapping, tasks: Iterable[Task], source: str) -> None:
    """Demands that a checkpoint, if it was saved by a training, is of the classes of the network's tasks.

    Raises:
        CheckpointError: It is of others, or in another order; the message names both.
    """
    trained = trained_tasks(content)
    for task in tasks:
        classes = trained.get(task.name, {}).get('classes')
        if classes is not None and (known := tuple(map(str, class_names(classes)))) != task.classes:
            raise CheckpointError(
                f'{source} was trained for the classes {", ".join(known)} of task "{task.name}", and the config has '
                f'{", ".join(task.classes)}; {OWN_CONFIG}'
            )


def trained_tasks(content: Mapping) -> dict[str, Mapping]:
    """Returns the entries of the task list that a training saved, by name."""
    return {task['name']: task for task in ((content.get('meta') or {}).get('dataset_meta') or {}).get('tasks', ())}


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
            if key == 'init_cfg' and is_pretrained(value):
                continue
            value = without_pretrained(value)
        elif isinstance(value, list | tuple):
            items = [item for item in value if key != 'init_cfg' or not is_pretrained(item)]
            value = type(value)(without_pretrained(item) if isinstance(item, dict) else item for item in items)
        kept[key] = value
    return kept


def build_pipeline(cfg: Config) -> Compose:
    """Builds the steps of the test pipeline that act on a loaded image.

    Raises:
        ConfigError: There is none, or its predictions would not be those of the image; see :func:`check_inference`.
    """
    steps = [(TRANSFORMS.build(step), loads(step)) for step in steps_of_testing(cfg)]
    check_inference(Compose([step for step, _ in steps]), [step for step, loading in steps if loading])
    return Compose([step for step, loading in steps if not loading])


def image_steps(cfg: Config) -> list[dict]:
    """Returns the steps of the test pipeline that act on a loaded image: all but those that load it or its targets.

    Raises:
        ConfigError: There is none.
    """
    return [step for step in steps_of_testing(cfg) if not loads(step)]


def steps_of_testing(cfg: Config) -> list[dict]:
    """Returns the pipeline by which a network is tested: that of its test data, or else ``test_pipeline``.

    Raises:
        ConfigError: There is none.
    """
    data = (cfg.get('test_dataloader') or {}).get('dataset') or {}
    while inner := data.get('dataset') or next(iter(data.get('datasets', ())), None):
        data = inner
    if steps := data.get('pipeline') or cfg.get('test_pipeline'):
        return steps
    raise ConfigError(
        'the config does not say how images are brought to the network; give it a test_dataloader with a pipeline of '
        'its data set, or test_pipeline=[...]'
    )


def loads(step: dict) -> bool:
    """Returns whether a step is called Load-something, or is a kind of such a step."""
    kinds = getattr(find_type(step, TRANSFORMS), '__mro__', ())
    return any(kind.__name__.startswith('Load') for kind in kinds)
