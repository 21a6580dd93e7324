import base64
import io
import json
import re
from html import unescape

import numpy as np
from PIL import Image

from mtcp_mm.tasks import build_tasks
from mtcp_mm.web.map_grid import LARGEST, draw_grid


def read_figures(html):
    """Returns the data of each task's figure, with values and image as arrays."""
    found = {}
    for attributes, source in re.findall(r'<figure (data-[^>]+)>.*?base64,([^"]+)"', html):
        data = {key: unescape(value) for key, value in re.findall(r'data-(\w+)="([^"]*)"', attributes)}
        data['values'] = np.frombuffer(base64.b64decode(data['values']), '<f4')
        data['image'] = np.array(Image.open(io.BytesIO(base64.b64decode(source))))
        found[data['task']] = data
    return found


def test_each_map_is_drawn_as_its_task_draws_it_and_carries_its_values(inferencer):
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    maps = inferencer.predict(image)
    html = draw_grid(image, maps, inferencer.tasks)
    assert 'data-height="20" data-width="30" data-full-height="20" data-full-width="30"' in html
    figures = read_figures(html)
    assert list(figures) == list(maps)
    for name, task in inferencer.tasks.items():
        tensor = task.to_tensor(maps[name]).numpy()
        values = figures[name]['values'].reshape(tensor.shape)
        known = task.valid(task.to_tensor(maps[name])).numpy()
        assert np.isnan(values[:, ~known[0]]).all() and np.array_equal(values[:, known[0]], tensor[:, known[0]])
        assert np.array_equal(figures[name]['image'], task.draw(tensor).image)
    assert np.isnan(figures['distance']['values'][:30]).all()  # the void row
    assert figures['distance']['unit'] == ' m' and figures['edge']['unit'] == ''
    assert (
        json.loads(figures['kinds']['classes']) == ['dark', 'a<b'] and json.loads(figures['normals']['classes']) == []
    )


def test_legends_and_bars(inferencer):
    image = np.full((4, 5, 3), 255, np.uint8)
    maps = inferencer.predict(image)
    html = draw_grid(image, maps | dict(distance=np.full((4, 5), 2.5, np.float32)), inferencer.tasks)
    assert '<i style="background: rgb(200 100 0)"></i>a&lt;b' in html
    assert '</i>dark' not in html  # a class that does not occur
    assert '<span>2.5 m</span>' in html and 'linear-gradient(to right, rgb(' in html
    assert '</i>+x' in html


def test_large_maps_are_shown_at_fewer_pixels(inferencer):
    image = np.zeros((3 * LARGEST, 2 * LARGEST, 3), np.uint8)
    html = draw_grid(image, inferencer.predict(image), inferencer.tasks)
    width = round(LARGEST * 2 / 3)
    assert f'data-height="{LARGEST}" data-width="{width}" data-full-height="{3 * LARGEST}"' in html
    figures = read_figures(html)
    assert figures['edge']['image'].shape == (LARGEST, width, 3)
    # each pixel shows the middle one of three by three pixels
    assert figures['distance']['values'].reshape(LARGEST, width)[5, 0] == np.float32(1 + 16 / 37)


def test_names_are_text():
    tasks = build_tasks([dict(type='ClassMap', name='kinds', classes=('"><b>', 'b'))])
    tasks['kinds'].name = '<script>"x"'  # no config may name a task so, a kind of the user's own may
    html = draw_grid(
        np.zeros((2, 2, 3), np.uint8), {'<script>"x"': np.zeros((2, 2), np.int64)}, {'<script>"x"': tasks['kinds']}
    )
    assert '<script' not in html and '<b>' not in html
    assert read_figures(html)['<script>"x"']['classes'] == '["\\"><b>", "b"]'
