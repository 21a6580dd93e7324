import io

import numpy as np
from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmseg.registry import TRANSFORMS

from mtcp_mm.tasks import DataError
from mtcp_mm.utils.photo import DAMAGE, decode_photo


@TRANSFORMS.register_module()
class LoadImage(BaseTransform):
    """Loads an image (H, W, 3), uint8 in BGR order, and refuses a damaged one.

    It is decoded as the photos of users are, by Pillow: OpenCV fills the missing part of a truncated JPEG with grey.

    Required key: ``img_path``. Added keys: ``img``; ``img_shape`` and ``ori_shape`` (height, width).

    Args:
        backend_args: Where the file lies, as for :class:`mmcv.transforms.LoadImageFromFile`.
    """

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        """Loads ``results['img_path']``.

        Raises:
            DataError: The image cannot be read whole; the message names it.
        """
        path = results['img_path']
        try:
            image = decode_photo(io.BytesIO(fileio.get(path, backend_args=self.backend_args)))
        except DAMAGE as error:
            raise DataError(
                f'{path}: the image cannot be read ({error}); restore it or remove its ID from the split'
            ) from error
        size = image.shape[:2]
        results.update(img=np.ascontiguousarray(image[..., ::-1]), img_shape=size, ori_shape=size)
        return results
