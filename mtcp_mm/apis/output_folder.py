"""What is written of predicted images."""

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

from .inputs import Items, Picture, is_video

Maps = dict[str, np.ndarray]


class OutputFolder:
    """Writes a panel of each image and a video of panels of each video, and more where it is wanted.

    Each file is written whole or not at all. As a context it ends the last video; an error drops that one, unless it
    is about an input, since the frames before a cut are wanted.

    The files are ``<name>.png`` and ``<name>.mp4``, ``raw/<name>.npz`` (an array a task) and ``<name>.ply``; of a frame
    they are ``raw/<name>/000000.npz`` and ``<name>/000000.ply``.

    Args:
        root: The folder; it is made.
        tasks: The tasks by name.
        items: The inputs, none of which may be overwritten.
        raw: Whether to write the maps as arrays.
        cloud: How to make point clouds; None for none.

    Raises:
        ValueError: A file would take the place of an input, or the tasks allow no such point cloud.
        UnwritableError: The folder cannot be made, or a file in it.
    """

    def __init__(
        self,
        root: str | Path,
        tasks: Mapping[str, Task],
        items: Items,
        raw: bool = False,
        cloud: CloudStyle | None = None,
    ) -> None:
        self.root, self.tasks, self.raw, self.cloud = Path(root), tasks, raw, cloud
        if cloud:
            check_cloud(cloud, tasks)
        check_vacant(self.root, items)
        make_folder(self.root)
        self.films = ExitStack()
        self.film: Film | None = None

    def __enter__(self) -> 'OutputFolder':
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, UserError) and not isinstance(error, UnwritableError):
            self.films.close()
        else:
            self.films.__exit__(kind, error, trace)

    def add(self, picture: Picture, maps: Maps) -> Maps:
        """Writes what is wanted of an image, and gives its maps back. The frames of a video come one after another."""
        name = picture.name if picture.frame is None else f'{picture.name}/{picture.frame:06d}'
        if not picture.frame:
            self.films.close()
        if picture.frame is None:
            panel = MultiTaskVisualizer().panel(picture.image, maps, self.tasks, title=picture.title)
            atomic_write(self.root / f'{name}.png', encode_image(panel))
        else:
            self._add_frame(picture, maps)
        if self.raw:
            with atomic_file(self.root / f'raw/{name}.npz') as file:
                np.savez_compressed(file, **maps)
        if self.cloud:
            points, colors = make_point_cloud(picture.image, maps, self.tasks, self.cloud)
            write_point_cloud(self.root / f'{name}.ply', points, colors)
        return maps

    def _add_frame(self, picture: Picture, maps: Maps) -> None:
        if picture.frame == 0:
            self.film = self.films.enter_context(Film(self.root / f'{picture.name}.mp4', picture.fps, self.tasks))
        self.film.add(picture, maps)


class Film:
    """A video of panels, as a context; see :class:`mtcp_mm.utils.VideoWriter`.

    Args:
        path: Its file.
        fps: Frames a second.
        tasks: The tasks by name.
    """

    def __init__(self, path: Path, fps: float, tasks: Mapping[str, Task]) -> None:
        self.path, self.fps = path, fps
        self.panels = FramePanels(tasks)
        self.writer: VideoWriter | None = None

    def __enter__(self) -> 'Film':
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if self.writer:
            self.writer.__exit__(kind, error, trace)

    def add(self, picture: Picture, maps: Maps) -> None:
        """Adds the panel of a frame."""
        panel = self.panels.draw(picture.image, maps, picture.title)
        self.writer = self.writer or VideoWriter(self.path, self.fps, *panel.shape[:2])
        self.writer.write(panel)


def check_vacant(root: Path, items: Items) -> None:
    """Demands that no input is overwritten.

    Raises:
        ValueError: One would be.
    """
    outputs = {(root / f'{name}{".mp4" if is_video(item) else ".png"}').resolve() for name, item in items.items()}
    lost = [str(item) for item in items.values() if isinstance(item, Path) and item.resolve() in outputs]
    if lost:
        raise ValueError(f'{root}: panels would overwrite {", ".join(lost[:3])}; choose another folder')
