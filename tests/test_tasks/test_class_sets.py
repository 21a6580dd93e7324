import pytest
from mmseg.utils.class_names import voc_palette

from mtcp_mm.tasks import CLASS_SETS, PALETTES, ClassMap


def test_the_colour_map_is_that_of_pascal_voc():
    assert PALETTES['pascal21'].tolist() == voc_palette()
    assert PALETTES['pascal_parts'].tolist() == voc_palette()[:7]
    assert PALETTES['nyud40'][:20].tolist() == voc_palette()[1:]  # by the file value: 0 is void
    assert PALETTES['nyud40'][39].tolist() == [64, 0, 64]  # 40 is 0b101000


@pytest.mark.parametrize('key', CLASS_SETS)
def test_each_class_has_a_different_colour_unless_the_task_sets_a_palette(key):
    names = CLASS_SETS[key]
    task = ClassMap('semseg', classes=key)
    assert task.classes == names and len({*names}) == len({*map(tuple, task.palette.tolist())}) == len(names)
    grey = [[i, i, i] for i in range(len(names))]
    assert ClassMap('semseg', classes=key, palette=grey).palette.tolist() == grey
