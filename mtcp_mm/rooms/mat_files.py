"""``.mat`` files whose bytes depend on nothing but their contents."""

import io
from collections.abc import Mapping

from scipy.io import savemat

_HEADER = b'MATLAB 5.0 MAT-file, Platform: any, written by Rooms'.ljust(116)


def mat_bytes(variables: Mapping) -> bytes:
    """A compressed MATLAB 5 file of these variables.

    SciPy writes the time and the platform into the header's text, its first 116 bytes; here it is always the same.
    """
    file = io.BytesIO()
    savemat(file, dict(variables), do_compression=True)
    return _HEADER + file.getvalue()[len(_HEADER) :]
