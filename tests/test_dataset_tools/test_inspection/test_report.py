import numpy as np
import pytest

from mtcp_mm.dataset_tools.inspection import SplitSummary, build_report
from mtcp_mm.dataset_tools.inspection.sample import LoadedMap, Sample
from mtcp_mm.tasks import BinaryMap


@pytest.mark.parametrize(
    ('files', 'dtype', 'settings', 'says'),
    [
        ([[0, 1], [0, 255], [1, 1]], np.uint8, dict(yes_value=255), '2 files go up to 1 and 1 beyond'),
        ([[0, 1], [0, 255]], np.uint8, dict(yes_value=1, void_value=255), None),
        ([[0, 0], [0, 255]], np.uint8, {}, None),
        ([[0.5, 1], [0, 255]], np.float32, dict(yes_value=255), None),
    ],
)
def test_masks_of_which_some_say_yes_by_1_and_others_by_255(files, dtype, settings, says):
    task = BinaryMap('mask', **settings)
    splits = {}
    for i, values in enumerate(files):
        values = np.array([values], dtype)
        sample = Sample(str(i), f'{i}.png', maps=dict(mask=LoadedMap(values, task.decode(values, 'a.png'))))
        part = SplitSummary(dict(mask=task))
        part.add(sample, dict(mask=task))
        splits.setdefault('train' if i else 'val', SplitSummary(dict(mask=task))).merge(part)
    (said,) = [text for text in build_report(splits)['warnings'] if 'files go up to' in text] or [None]
    assert says is said is None or said.startswith(f'mask: {says}, all read as yes above 127.5')
