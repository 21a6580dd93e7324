import io
import time

import numpy as np
from scipy.io import loadmat, savemat

from mtcp_mm.rooms.mat_files import mat_bytes


def test_bytes_depend_only_on_the_content(monkeypatch):
    variables = dict(LabelMap=np.arange(12, dtype=np.uint16).reshape(3, 4))
    before = mat_bytes(variables)
    monkeypatch.setattr(time, 'asctime', lambda: 'Thu Jan  1 00:00:00 1970')
    assert mat_bytes(variables) == before
    assert mat_bytes(dict(LabelMap=np.zeros((3, 4), np.uint16))) != before
    plain = io.BytesIO()
    savemat(plain, variables, do_compression=True)
    assert plain.getvalue()[116:] == before[116:] and before.startswith(b'MATLAB 5.0 MAT-file')
    np.testing.assert_array_equal(loadmat(io.BytesIO(before))['LabelMap'], variables['LabelMap'])
