import os
from pathlib import Path

import numpy as np
from mmengine.visualization import LocalVisBackend
from mmengine.visualization.vis_backend import force_init_env
from mmseg.registry import VISBACKENDS

from mtcp_mm.utils import atomic_write, encode_image

LONGEST_NAME = 240
"""Maximum length of a file name in bytes; file systems allow 255."""


@VISBACKENDS.register_module()
class AtomicVisBackend(LocalVisBackend):
    """MMEngine's local backend, except that images are written whole or not at all.

    The base class writes them with OpenCV, which ignores a full disk. The arguments are those of
    :class:`mmengine.visualization.LocalVisBackend`.
    """

    @force_init_env
    def add_image(self, name: str, image: np.ndarray, step: int = 0, **kwargs) -> None:
        """Writes an image (H, W, 3), RGB in uint8, as ``NAME_STEP.png``; a name that is too long loses its start.

        Raises:
            UnwritableError: It cannot be written.
        """
        file = os.fsdecode(os.fsencode(f'{name}_{step}.png')[-LONGEST_NAME:])
        atomic_write(Path(self._img_save_dir, file), encode_image(image))
