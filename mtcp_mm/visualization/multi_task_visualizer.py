from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from mmengine.dist import master_only
from mmengine.visualization import Visualizer
from mmseg.registry import VISUALIZERS
from PIL import Image
from torch import Tensor

from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.tasks import Drawing, Task, build_tasks, split_tasks
from mtcp_mm.utils import atomic_write, encode_image

from .panel import Tile, draw_panel, shrink_to_tile

Maps = Mapping[str, np.ndarray]


def to_array(values: Tensor) -> np.ndarray:
    """Turns a prediction or target (target_channels, H, W) into an array (H, W) or (H, W, 3), as files have it."""
    values = values.detach().cpu()
    values = values.float() if values.is_floating_point() else values  # NumPy has no bfloat16
    return (values[0] if len(values) == 1 else values.permute(1, 2, 0)).numpy()


@VISUALIZERS.register_module()
class MultiTaskVisualizer(Visualizer):
    """Draws an image and all its maps as one panel: classes with a legend, depth with a colour bar, normals as RGB.

    Each task draws its own map. In a config the visualizer replaces :class:`mmseg.visualization.SegLocalVisualizer`;
    the arguments are those of :class:`mmengine.visualization.Visualizer`.
    """

    def panel(
        self,
        image: np.ndarray,
        predictions: Maps,
        tasks: Sequence[dict | Task] | Mapping[str, Task],
        targets: Maps | None = None,
        title: str = 'image',
    ) -> np.ndarray:
        """Draws one panel.

        Args:
            image: RGB image (H, W, 3), uint8.
            predictions: Map of each task, (H, W) or (H, W, 3). A task with neither prediction nor target is left out.
            tasks: The tasks, or their entries in a config.
            targets: Maps to draw in a second row, in the colours and on the scales of the predictions. If a task
                lacks one of its two maps, a void one is drawn.
            title: Title of the image, such as its file name.

        Returns:
            RGB image (H, W, 3), uint8.

        Raises:
            ValueError: The image is not RGB in uint8, there is no map, or a target has another size than its
                prediction.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f'an image of shape {image.shape}, {image.dtype}; (H, W, 3) RGB in uint8 is expected')
        tasks = tasks if isinstance(tasks, Mapping) else build_tasks(tasks)
        rows = {label: maps for label, maps in (('predicted', predictions), ('target', targets)) if maps}
        columns = {}
        for task in tasks.values():
            if any(task.name in maps for maps in rows.values()):
                columns[task.name] = _draw_column(task, {label: maps.get(task.name) for label, maps in rows.items()})
        if not columns:
            raise ValueError(f'no map to draw; give a prediction or target of {", ".join(tasks)}')
        tiles = list(zip(*(tiles for _, tiles in columns.values()), strict=True))
        return draw_panel(Tile(title, image), tiles, {name: drawing for name, (drawing, _) in columns.items()})

    @master_only
    def add_datasample(
        self,
        name: str,
        image: np.ndarray,
        data_sample: MultiTaskDataSample,
        draw_gt: bool = True,
        draw_pred: bool = True,
        show: bool = False,
        wait_time: float = 0,
        out_file: str | None = None,
        step: int = 0,
    ) -> None:
        """Draws a data sample as a panel and passes it to all backends.

        The tasks are the main ones of ``dataset_meta['tasks']``, which MMEngine's runner sets.

        Args:
            name: Name of the panel, and title of its image.
            image: RGB image (H, W, 3), uint8.
            data_sample: Predictions, targets or both.
            draw_gt: Whether to draw targets.
            draw_pred: Whether to draw predictions.
            show: Whether to show the panel in a window.
            wait_time: Seconds for which the window stays; 0 waits for a key.
            out_file: File to write instead of passing the panel to the backends, in the format of its suffix, or else
                PNG.
            step: Step under which the backends record the panel.
        """
        tasks, _ = split_tasks(build_tasks(self.dataset_meta['tasks']))
        predictions = _collect(tasks, data_sample.prediction) if draw_pred else {}
        targets = _collect(tasks, data_sample.target) if draw_gt else {}
        drawn = self.panel(image, predictions, tasks, targets, title=name)
        self.set_image(drawn)
        if show:
            self.show(drawn, win_name=name, wait_time=wait_time)
        if out_file is None:
            self.add_image(name, drawn, step)
        else:
            form = Image.registered_extensions().get(Path(out_file).suffix.lower(), 'PNG')
            atomic_write(out_file, encode_image(drawn, form))


def _collect(tasks: Mapping[str, Task], read: Callable[[str], Tensor | None]) -> dict[str, np.ndarray]:
    """Reads the maps of a data sample by task, as far as it has them."""
    maps = {task.name: read(task.field) for task in tasks.values()}
    return {name: to_array(values) for name, values in maps.items() if values is not None}


def _draw_column(task: Task, maps: Mapping[str, np.ndarray | None]) -> tuple[Drawing, list[Tile]]:
    """Draws a task's maps as one, so that they share colours, scale and legend, and splits the drawing."""
    sizes = {values.shape[:2] for values in maps.values() if values is not None}
    if len(sizes) > 1:
        raise ValueError(f'the maps of task "{task.name}" differ in size: {sorted(sizes)}; draw maps of one size')
    height, width = sizes.pop()
    arrays = [shrink_to_tile(task, task.empty(height, width) if values is None else values) for values in maps.values()]
    tensors = [task.to_tensor(values) for values in arrays]
    drawing = task.draw(np.concatenate([tensor.numpy() for tensor in tensors], axis=1))
    titles = [f'{task.name}, {label}' if len(maps) > 1 else task.name for label in maps]
    voids = [1 - task.valid(tensor).float().mean().item() for tensor in tensors]
    images = np.split(drawing.image, len(maps))
    return drawing, [Tile(*parts) for parts in zip(titles, images, voids, strict=True)]
