import re

import pytest
from mmseg.registry import TRANSFORMS

from mtcp_mm.utils import ConfigError


@pytest.mark.parametrize(
    ('name', 'setting', 'value'),
    [
        *[('MultiTaskRandomCrop', 'size', value) for value in [(0, 32), 32, (32,), (8, 8, 8), (8.5, 8), '88', None]],
        *[('MultiTaskRandomCrop', 'cat_max_ratio', value) for value in [0, -1, 1.5, 75, '0.75', None]],
        *[('MultiTaskRandomFlip', 'prob', value) for value in [50, -0.1, 'often', True, float('nan')]],
        *[
            ('MultiTaskRandomScale', 'scales', value)
            for value in [(2.0,), (0.5, 1, 2), 2, (2, 0.5), (0, 1), ('a', 'b')]
        ],
        *[('MultiTaskResize', 'scale', value) for value in [64, (0, 32), (64.5, 8), (64,), (1, 2, 3)]],
        ('MultiTaskResize', 'keep_ratio', 'no'),
        *[('MultiTaskRandomRotateScale', 'angles', value) for value in [20, (20,), (20, -20), (-20, 0, 20)]],
        *[('MultiTaskRandomRotateScale', 'scales', value) for value in [1.5, (0, 1), (2, 1)]],
        *[('MultiTaskRandomRotateScale', 'pad_val', value) for value in [0, (0, 0), (0, 0, 256)]],
        *[('MultiTaskRandomZoom', 'factors', value) for value in [1.5, (), (0.5, 1), ('a',)]],
    ],
)
def test_invalid_arguments_are_refused(name, setting, value):
    sizes = dict(MultiTaskRandomCrop=dict(size=(8, 8)), MultiTaskResize=dict(scale=(8, 8))).get(name, {})
    with pytest.raises(ConfigError, match=re.escape(f'{setting} of {name} is {value!r}')):
        TRANSFORMS.build({'type': name, **sizes, setting: value})


@pytest.mark.parametrize(
    'config',
    [
        dict(type='MultiTaskRandomCrop', size=[8, 8], cat_max_ratio=1),
        dict(type='MultiTaskRandomFlip', prob=0),
        dict(type='MultiTaskRandomScale', scales=[1, 1]),
        dict(type='MultiTaskRandomRotateScale', angles=(0, 0), scales=(1, 1), pad_val=[123.675, 116.28, 103.53]),
        dict(type='MultiTaskRandomZoom', factors=[1]),
    ],
)
def test_bounds_are_inclusive_where_allowed(config):
    TRANSFORMS.build(config)
