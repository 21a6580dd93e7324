"""Draws the panels of a video's frames."""

from collections.abc import Mapping

import numpy as np

from mtcp_mm.tasks import Drawing, Task

from .blocks import pad
from .panel import Tile, draw_panel, full_key_height, shrink_to_tile


class FramePanels:
    """Draws the panels of a video one after the other, so that they do not flicker.

    All have the same size, the scale of a continuous map never shrinks, and a class keeps its place in the legend; see
    :meth:`mtcp_mm.tasks.Task.draw_after`.

    Args:
        tasks: The tasks by name.
    """

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self.tasks = tasks
        self.drawn: dict[str, Drawing] = {}

    def draw(self, image: np.ndarray, maps: Mapping[str, np.ndarray], title: str) -> np.ndarray:
        """Draws the next frame.

        Args:
            image: RGB (H, W, 3), uint8; one size for all frames.
            maps: Map of each task, (H, W) or (H, W, 3).
            title: Title of the frame.

        Returns:
            RGB image (H, W, 3), uint8, of even height and width, as video formats need.
        """
        tiles = []
        for name, task in self.tasks.items():
            tensor = task.to_tensor(shrink_to_tile(task, maps[name]))
            earlier = self.drawn.get(name)
            drawing = task.draw(tensor.numpy()) if earlier is None else task.draw_after(tensor.numpy(), earlier)
            self.drawn[name] = drawing
            tiles.append(Tile(name, drawing.image, 1 - task.valid(tensor).float().mean().item()))
        panel = draw_panel(Tile(title, image), [tiles], self.drawn, full_key_height(*image.shape[:2]))
        return pad(panel, panel.shape[0] + panel.shape[0] % 2, panel.shape[1] + panel.shape[1] % 2)
