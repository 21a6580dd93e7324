import numpy as np
import pytest

from mtcp_mm.datasets.map_sizes import check_map_size
from mtcp_mm.tasks import DataError


def test_a_map_has_the_size_of_its_image():
    check_map_size('a.png', np.zeros((4, 6, 3)), 'normals', 'its image a.jpg', (4, 6))


@pytest.mark.parametrize(('size', 'hint'), [((6, 4), True), ((4, 5), False)])
def test_names_both_sizes_and_hints_at_exif_where_sides_are_swapped(size, hint):
    with pytest.raises(DataError, match=rf'a\.png.*"depth" has 4x6.*its image a\.jpg has {size[0]}x{size[1]}') as error:
        check_map_size('a.png', np.zeros((4, 6)), 'depth', 'its image a.jpg', size)
    assert ('upright=False' in str(error.value)) == hint
