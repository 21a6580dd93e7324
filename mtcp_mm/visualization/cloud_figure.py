"""The point cloud of an image, as a figure that users can rotate."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from mtcp_mm.tasks import Task

from .point_cloud import IMAGE, CloudStyle, make_point_cloud
from .shrinking import shrink

POINTS = 30_000
"""Maximum number of points that are shown."""
RETREAT = 1.25
"""Initial distance to the middle of the scene, relative to that of the image's camera, whose view is wider."""
CLEAR = 'rgba(0, 0, 0, 0)'
TOOLS = ['toImage', 'zoom', 'pan', 'orbitRotation', 'tableRotation', 'resetCameraLastSave']


def draw_cloud(image: np.ndarray, maps: Mapping[str, np.ndarray], tasks: Mapping[str, Task]) -> go.Figure:
    """Draws the points of an image's depth, seen at first from the image's camera.

    Args:
        image: RGB image (H, W, 3), uint8.
        maps: Map of each task at the image's size.
        tasks: The tasks by name.

    Returns:
        A figure with a menu of point colours: those of the image, or of the drawing of a task.

    Raises:
        UserError: No task gives depth in metres.
    """
    full_height, full_width = image.shape[:2]
    scale = min(1, (POINTS / (full_height * full_width)) ** 0.5)
    height, width = (min(max(1, int(length * scale)), POINTS) for length in (full_height, full_width))
    image, maps = shrink(image, maps, tasks, height, width)
    clouds = {name: make_point_cloud(image, maps, tasks, CloudStyle(name)) for name in (IMAGE, *tasks)}
    colors = {name: [f'#{bytes(color).hex()}' for color in point_colors] for name, (_, point_colors) in clouds.items()}
    points = upright(clouds[IMAGE][0])
    x, y, z = points.T
    marker = dict(size=3, color=colors[IMAGE])
    trace = go.Scatter3d(x=x, y=y, z=z, mode='markers', marker=marker, hovertemplate='%{y:.2f} m<extra></extra>')
    layout = dict(
        scene=make_scene(points),
        updatemenus=[color_menu(colors)],
        autosize=True,
        margin=dict(l=0, r=0, t=0, b=0),
        paper_bgcolor=CLEAR,
        modebar=dict(bgcolor=CLEAR, remove=TOOLS),
    )
    return go.Figure(trace, layout)


def upright(points: np.ndarray) -> np.ndarray:
    """Converts points (N, 3) in camera coordinates to y forward and z up, the axis that figures rotate about."""
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)


def make_scene(points: np.ndarray) -> dict:
    """Sets up the scene of upright points (N, 3), with the same scale on all axes, seen from the image's camera.

    Plotly measures a view from the middle of the scene's box, in units of its size. The camera is at 0 and looks
    along y.
    """
    low, high = (points.min(0), points.max(0)) if len(points) else (np.zeros(3), np.ones(3))
    low, high = low.astype(float), np.maximum(high, low + 1e-3).astype(float)
    middle, metre = (low + high) / 2, np.prod(high - low) ** (-1 / 3)
    target = np.array([0, middle[1], 0])
    eye = target * (1 - RETREAT)
    ranges = zip('xyz', low.tolist(), high.tolist(), strict=True)
    return dict(
        {f'{axis}axis': dict(visible=False, range=[start, end]) for axis, start, end in ranges},
        aspectmode='manual',
        aspectratio=by_axis((high - low) * metre),
        camera=dict(eye=by_axis((eye - middle) * metre), center=by_axis((target - middle) * metre)),
    )


def by_axis(values: np.ndarray) -> dict[str, float]:
    """Returns the components of a vector by axis."""
    return dict(zip('xyz', values.tolist(), strict=True))


def color_menu(colors: Mapping[str, list[str]]) -> dict:
    """Makes the menu of point colours."""
    buttons = [
        dict(label=f'colours: {name}', method='restyle', args=[{'marker.color': [color]}])
        for name, color in colors.items()
    ]
    return dict(buttons=buttons, x=0, y=1, xanchor='left', yanchor='top', pad=dict(l=8, t=8), bgcolor='white')
