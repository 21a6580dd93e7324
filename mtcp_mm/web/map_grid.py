"""The maps of an image as HTML tiles with legends. Pointing at a pixel shows the values of all maps there."""

import base64
import json
from collections.abc import Mapping
from html import escape
from io import BytesIO

import matplotlib
import numpy as np
from PIL import Image

from mtcp_mm.tasks import ColorBar, Drawing, Task
from mtcp_mm.visualization.shrinking import shrink

LARGEST = 400
"""Longest side of a tile in pixels; larger maps are shrunk, both their images and their values."""
STOPS = 16

STYLE = """
.mtcp-maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); gap: 18px; }
.mtcp-maps figure { margin: 0; }
.mtcp-maps figcaption { font-weight: 600; margin-bottom: 4px; }
.mtcp-tile { position: relative; cursor: crosshair; line-height: 0; }
.mtcp-tile img { width: 100%; border-radius: 4px; image-rendering: pixelated; user-select: none; }
.mtcp-tile img.mtcp-image { image-rendering: auto; }
.mtcp-mark { position: absolute; width: 11px; height: 11px; margin: -6px; border: 2px solid white; border-radius: 50%;
  box-shadow: 0 0 0 1px black, inset 0 0 0 1px black; pointer-events: none; display: none; }
.mtcp-legend { display: flex; flex-wrap: wrap; gap: 2px 12px; margin-top: 6px; font-size: 13px; }
.mtcp-legend i { display: inline-block; width: 11px; height: 11px; margin-right: 5px; border-radius: 2px;
  box-shadow: inset 0 0 0 1px rgb(128 128 128 / 60%); }
.mtcp-bar { height: 11px; margin-top: 8px; border-radius: 2px; }
.mtcp-scale { display: flex; justify-content: space-between; font-size: 13px; }
.mtcp-readout { position: fixed; z-index: 99; display: none; pointer-events: none; padding: 6px 10px; font-size: 13px;
  line-height: 1.4; border-radius: 6px; background: rgb(20 20 24 / 92%); color: white; }
.mtcp-readout td { padding: 0; border: 0; color: white; }
.mtcp-readout td + td { padding-left: 12px; font-weight: 600; }
"""

# Attached to the element that holds the HTML, which stays when the image changes.
SCRIPT = """
const decoded = new WeakMap();
const valuesOf = figure => {
  if (!decoded.has(figure)) {
    const bytes = Uint8Array.from(atob(figure.dataset.values), character => character.charCodeAt(0));
    decoded.set(figure, new Float32Array(bytes.buffer));
  }
  return decoded.get(figure);
};
const describe = (figure, pixel, pixels) => {
  const all = valuesOf(figure);
  const values = [];
  for (let place = pixel; place < all.length; place += pixels) values.push(all[place]);
  if (values.some(Number.isNaN)) return 'void';
  const classes = JSON.parse(figure.dataset.classes);
  const texts = values.map(value => classes[value] ?? value.toFixed(2));
  return (texts.length > 1 ? `(${texts.join(', ')})` : texts[0]) + figure.dataset.unit;
};
const hide = () => element.querySelectorAll('.mtcp-mark, .mtcp-readout').forEach(part => part.style.display = 'none');
const show = event => {
  const tile = event.target.closest('.mtcp-tile');
  if (!tile) return hide();
  const maps = tile.closest('.mtcp-maps').dataset;
  const box = tile.getBoundingClientRect();
  const x = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.999999);
  const y = Math.min(Math.max((event.clientY - box.top) / box.height, 0), 0.999999);
  const pixel = Math.floor(y * maps.height) * maps.width + Math.floor(x * maps.width);
  const rows = [['pixel', `${Math.floor(x * maps.fullWidth)}, ${Math.floor(y * maps.fullHeight)}`]];
  for (const figure of element.querySelectorAll('figure[data-values]'))
    rows.push([figure.dataset.task, describe(figure, pixel, maps.height * maps.width)]);
  const readout = element.querySelector('.mtcp-readout');
  readout.replaceChildren(document.createElement('table'));
  for (const row of rows) {
    const line = readout.firstChild.insertRow();
    for (const text of row) line.insertCell().textContent = text;
  }
  readout.style.display = 'block';
  const fits = (start, size, room) => Math.max(Math.min(start + 18, room - size - 8), 8);
  readout.style.left = `${fits(event.clientX, readout.offsetWidth, innerWidth)}px`;
  readout.style.top = `${fits(event.clientY, readout.offsetHeight, innerHeight)}px`;
  for (const mark of element.querySelectorAll('.mtcp-mark'))
    Object.assign(mark.style, { display: 'block', left: `${100 * x}%`, top: `${100 * y}%` });
};
element.addEventListener('pointermove', show);
element.addEventListener('pointerdown', show);
element.addEventListener('pointerleave', event => { if (event.pointerType === 'mouse') hide(); });
"""


def draw_grid(image: np.ndarray, maps: Mapping[str, np.ndarray], tasks: Mapping[str, Task]) -> str:
    """Draws an image and its maps as HTML.

    Each task draws its own map. The values of the maps are included as numbers, with NaN for void; :data:`SCRIPT` shows
    those under the pointer. :data:`STYLE` arranges the tiles.

    Args:
        image: RGB image (H, W, 3), uint8.
        maps: Map of each task at the image's size, (H, W) or (H, W, 3).
        tasks: The tasks by name.

    Returns:
        HTML without references to other files.
    """
    full_height, full_width = image.shape[:2]
    scale = min(1, LARGEST / max(full_height, full_width))
    height, width = (max(1, round(length * scale)) for length in (full_height, full_width))
    image, maps = shrink(image, maps, tasks, height, width)
    figures = [image_figure(image), *(map_figure(task, maps[name]) for name, task in tasks.items())]
    return (
        f'<div class="mtcp-maps" data-height="{height}" data-width="{width}" data-full-height="{full_height}" '
        f'data-full-width="{full_width}">{"".join(figures)}<div class="mtcp-readout"></div></div>'
    )


def image_figure(image: np.ndarray) -> str:
    """Draws the tile of the image."""
    return f'<figure><figcaption>image</figcaption>{tile(image, "image", "mtcp-image")}</figure>'


def map_figure(task: Task, values: np.ndarray) -> str:
    """Draws the tile of a map (H, W) or (H, W, 3), with its legend and values."""
    tensor = task.to_tensor(values)
    drawing = task.draw(tensor.numpy())
    pixel_values = np.where(task.valid(tensor).numpy(), tensor.numpy(), np.nan).astype('<f4')
    unit = f' {drawing.bar.unit}' if drawing.bar and drawing.bar.unit else ''
    data = dict(
        task=task.name,
        unit=unit,
        classes=json.dumps(task.classes),
        values=base64.b64encode(pixel_values.tobytes()).decode(),
    )
    attributes = ' '.join(f'data-{key}="{escape(value)}"' for key, value in data.items())
    name = escape(task.name)
    body = f'<figcaption>{name}</figcaption>{tile(drawing.image, name)}{legend_html(drawing)}'
    return f'<figure {attributes}>{body}</figure>'


def tile(image: np.ndarray, name: str, kind: str = 'mtcp-map') -> str:
    """Embeds an image, with a mark at the position of the pointer."""
    content = BytesIO()
    Image.fromarray(image).save(content, 'PNG')
    source = base64.b64encode(content.getvalue()).decode()
    return (
        f'<div class="mtcp-tile"><img class="{kind}" alt="{name}" draggable="false" '
        f'src="data:image/png;base64,{source}"><span class="mtcp-mark"></span></div>'
    )


def legend_html(drawing: Drawing) -> str:
    """Returns the colour bar or the legend of a map as HTML."""
    if drawing.bar:
        return bar_html(drawing.bar)
    swatches = (
        f'<span><i style="background: {css_color(color)}"></i>{escape(name)}</span>' for name, color in drawing.entries
    )
    return f'<div class="mtcp-legend">{"".join(swatches)}</div>'


def bar_html(bar: ColorBar) -> str:
    """Returns a colour bar with the values at its ends as HTML."""
    ramp = (matplotlib.colormaps[bar.cmap](np.linspace(0, 1, STOPS))[:, :3] * 255).round().astype(int)
    gradient = ', '.join(css_color(color) for color in ramp.tolist())
    ends = ''.join(f'<span>{end:.3g} {escape(bar.unit)}</span>' for end in (bar.low, bar.high))
    return (
        f'<div class="mtcp-bar" style="background: linear-gradient(to right, {gradient})"></div>'
        f'<div class="mtcp-scale">{ends}</div>'
    )


def css_color(color: tuple[int, int, int]) -> str:
    """Returns an RGB colour in CSS."""
    return f'rgb({color[0]} {color[1]} {color[2]})'
