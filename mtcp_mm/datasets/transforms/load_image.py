import io

import cv2
from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmseg.registry import TRANSFORMS

from mtcp_mm.tasks.reading import reading_data
from mtcp_mm.utils import open_regular, to_rgb
from mtcp_mm.utils.rgb_image import decode_rgb


@TRANSFORMS.register_module()
class LoadImage(BaseTransform):
    """Loads an image (H, W, 3), uint8 in BGR order. A damaged image is an error.

    Images are decoded by Pillow, as in inference. OpenCV would fill the missing part of a truncated JPEG with grey.

    Required key: ``img_path``. Optional key: ``upright``, whether to apply the EXIF rotation (True by default). Added
    keys: ``img``; ``img_shape`` and ``ori_shape`` (height, width).

    Args:
        backend_args: File backend; see :class:`mmcv.transforms.LoadImageFromFile`.
    """

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        """Loads ``results['img_path']``.

        Raises:
            DataError: The image is missing or damaged; the message names it.
        """
        path = results['img_path']
        backend = fileio.get_file_backend(path, backend_args=self.backend_args, enable_singleton=True)
        with reading_data(path, 'the image cannot be read', 'restore it or remove its ID from the split'):
            is_local = isinstance(backend, fileio.LocalBackend)
            with open_regular(path) if is_local else io.BytesIO(backend.get(path)) as file:
                pixels = decode_rgb(file, upright=results.get('upright', True))
        image = cv2.cvtColor(to_rgb(pixels), cv2.COLOR_RGB2BGR)
        size = image.shape[:2]
        results.update(img=image, img_shape=size, ori_shape=size)
        return results
