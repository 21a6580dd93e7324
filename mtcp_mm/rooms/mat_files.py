"""Writing reproducible ``.mat`` files."""

import io
from collections.abc import Mapping

from scipy.io import savemat

_HEADER = b'MATLAB 5.0 MAT-file, Platform: any, written by Rooms'.ljust(116)


def mat_bytes(variables: Mapping) -> bytes:
    """Returns the bytes of a compressed MATLAB 5 file with these variables.

    SciPy writes the time and the platform into the first 116 bytes. Here, they are constant.
    """
    file = io.BytesIO()
    savemat(file, dict(variables), do_compression=True)
    return _HEADER + file.getvalue()[len(_HEADER) :]
