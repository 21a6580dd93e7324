from mmcv.transforms import LoadImageFromFile
from mmseg.registry import TRANSFORMS
from PIL import Image

from mtcp_mm.tasks import DataError


@TRANSFORMS.register_module()
class LoadImage(LoadImageFromFile):
    """Loads an image (H, W, 3), uint8 in BGR order, and refuses a damaged one.

    As :class:`mmcv.transforms.LoadImageFromFile`, which sets ``img``, ``img_shape`` and ``ori_shape`` (height, width);
    but decoded by Pillow, since OpenCV fills the missing part of a truncated JPEG with grey.

    Args:
        imdecode_backend: See the base class.
        **kwargs: See the base class.
    """

    def __init__(self, imdecode_backend: str = 'pillow', **kwargs) -> None:
        super().__init__(imdecode_backend=imdecode_backend, **kwargs)

    def transform(self, results: dict) -> dict | None:
        """Loads ``results['img_path']``.

        Raises:
            DataError: The image cannot be read whole; the message names it.
        """
        try:
            return super().transform(results)
        except (OSError, ValueError, EOFError, SyntaxError, AssertionError, Image.DecompressionBombError) as error:
            raise DataError(
                f'{results["img_path"]}: the image cannot be read ({error}); restore it or remove its ID from the split'
            ) from error
