import numpy as np
import pytest

from mtcp_mm.dataset_tools.inspection import SplitSummary, build_report
from mtcp_mm.dataset_tools.inspection.sample import LoadedMap, Sample
from mtcp_mm.tasks import BinaryMap


@pytest.mark.parametrize(
    ('files', 'dtype', 'settings', 'counts'),
    [
        ([[0, 1], [0, 255], [1, 1]], np.uint8, dict(yes_value=255), (2, 1)),
        ([[0, 1], [0, 255]], np.uint8, dict(yes_value=1, void_value=255), None),
        ([[0, 0], [0, 255]], np.uint8, {}, None),
        ([[0.5, 1], [0, 255]], np.float32, dict(yes_value=255), None),
    ],
)
def test_masks_with_yes_as_1_in_some_files_and_255_in_others(files, dtype, settings, counts):
    task = BinaryMap('mask', **settings)
    splits = {}
    for i, values in enumerate(files):
        values = np.array([values], dtype)
        sample = Sample(str(i), f'{i}.png', maps=dict(mask=LoadedMap(values, task.decode(values, 'a.png'))))
        part = SplitSummary(dict(mask=task))
        part.add(sample, dict(mask=task))
        splits.setdefault('train' if i else 'val', SplitSummary(dict(mask=task))).merge(part)
    warnings = [text for text in build_report(splits)['warnings'] if 'files have values up to' in text]
    assert len(warnings) == (counts is not None)
    if counts:
        expected = 'mask: {} files have values up to 1 and {} have larger ones, all decoded as yes above 127.5'
        assert warnings[0].startswith(expected.format(*counts))
