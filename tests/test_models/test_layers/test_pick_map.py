import pytest
import torch

from mtcp_mm.models.layers import pick_map
from mtcp_mm.utils import ConfigError

MAPS = [torch.full((1, 1, 1, 1), float(i)) for i in range(3)]


@pytest.mark.parametrize(('index', 'value'), [(0, 0), (2, 2), (-1, 2), (-3, 0)])
def test_picks_the_map_of_an_index(index, value):
    assert pick_map(MAPS, index, 'Head').item() == value


@pytest.mark.parametrize('index', [3, -4])
def test_an_index_beyond_the_maps_is_refused_with_both_numbers(index):
    with pytest.raises(ConfigError, match=f'Head has in_index {index}, but receives 3 maps'):
        pick_map(MAPS, index, 'Head')
