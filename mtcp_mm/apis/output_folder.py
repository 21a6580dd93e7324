"""Writes the files of predicted images."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from mtcp_mm.tasks import Task
from mtcp_mm.utils import (
    UnwritableError,
    UserError,
    VideoWriter,
    atomic_file,
    atomic_write,
    encode_image,
    make_folder,
)
from mtcp_mm.visualization import FramePanels, MultiTaskVisualizer, write_point_cloud
from mtcp_mm.visualization.point_cloud import CloudStyle, check_cloud, make_point_cloud

from .inputs import InputImage, Items, is_video

Maps = dict[str, np.ndarray]


class OutputFolder:
    """Writes a panel for each image and a video of panels for each video, and arrays and point clouds on request.

    Each file is written whole or not at all. Use it as a context manager: its end finishes the last video. After an
    error that video is dropped, unless an input is cut off: then the frames before the cut are kept.

    The files are ``<name>.png`` and ``<name>.mp4``, ``maps/<name>.npz`` (one array per task) and ``<name>.ply``; for a
    frame, ``maps/<name>/000000.npz`` and ``<name>/000000.ply``.

    Args:
        root: The folder, created if necessary.
        tasks: The tasks by name.
        items: The inputs, none of which may be overwritten.
        arrays: Whether to write the maps as arrays.
        cloud: Style of point clouds; None for no point clouds.

    Raises:
        UserError: A file would overwrite an input, or the tasks do not allow point clouds of this style.
        UnwritableError: The folder, or a file in it, cannot be written.
    """

    def __init__(
        self,
        root: str | Path,
        tasks: Mapping[str, Task],
        items: Items,
        arrays: bool = False,
        cloud: CloudStyle | None = None,
    ) -> None:
        self.root, self.tasks, self.arrays, self.cloud = Path(root), tasks, arrays, cloud
        if cloud:
            check_cloud(cloud, tasks)
        check_vacant(self.root, items)
        make_folder(self.root)
        self.videos = ExitStack()
        self.video: PanelVideo | None = None

    def __enter__(self) -> 'OutputFolder':
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, UserError) and not isinstance(error, UnwritableError):
            self.videos.close()
        else:
            self.videos.__exit__(kind, error, trace)

    def add(self, image: InputImage, maps: Maps) -> Maps:
        """Writes the files of an image and returns its maps. The frames of a video must come one after another."""
        name = image.name if image.frame is None else f'{image.name}/{image.frame:06d}'
        if not image.frame:
            self.videos.close()
        if image.frame is None:
            panel = MultiTaskVisualizer().panel(image.image, maps, self.tasks, title=image.title)
            atomic_write(self.root / f'{name}.png', encode_image(panel))
        else:
            self._add_frame(image, maps)
        if self.arrays:
            with atomic_file(self.root / f'maps/{name}.npz') as file:
                np.savez_compressed(file, **maps)
        if self.cloud:
            points, colors = make_point_cloud(image.image, maps, self.tasks, self.cloud)
            write_point_cloud(self.root / f'{name}.ply', points, colors)
        return maps

    def _add_frame(self, image: InputImage, maps: Maps) -> None:
        """Adds a frame to its video, which the first frame starts."""
        if image.frame == 0:
            self.video = self.videos.enter_context(PanelVideo(self.root / f'{image.name}.mp4', image.fps, self.tasks))
        self.video.add(image, maps)


class PanelVideo:
    """A video of panels, as a context manager; see :class:`mtcp_mm.utils.VideoWriter`.

    Args:
        path: Its file.
        fps: Average frames per second.
        tasks: The tasks by name.
    """

    def __init__(self, path: Path, fps: float, tasks: Mapping[str, Task]) -> None:
        self.path, self.fps = path, fps
        self.panels = FramePanels(tasks)
        self.writer: VideoWriter | None = None

    def __enter__(self) -> 'PanelVideo':
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if self.writer:
            self.writer.__exit__(kind, error, trace)

    def add(self, image: InputImage, maps: Maps) -> None:
        """Adds the panel of a frame."""
        panel = self.panels.draw(image.image, maps, image.title)
        self.writer = self.writer or VideoWriter(self.path, self.fps, *panel.shape[:2])
        self.writer.write(panel, image.time)


def check_vacant(root: Path, items: Items) -> None:
    """Checks that no input would be overwritten.

    Raises:
        UserError: An input would be overwritten.
    """
    outputs = {(root / f'{name}{".mp4" if is_video(item) else ".png"}').resolve() for name, item in items.items()}
    lost = [str(item) for item in items.values() if isinstance(item, Path) and item.resolve() in outputs]
    if lost:
        raise UserError(f'{root}: panels would overwrite {", ".join(lost[:3])}; choose another folder')
