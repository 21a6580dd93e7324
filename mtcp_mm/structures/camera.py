import math
from dataclasses import astuple, dataclass, replace

from mtcp_mm.utils import ConfigError


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: focal lengths and principal point in pixels. The centre of the first pixel is (0, 0).

    Args:
        fx: Focal length in pixel widths.
        fy: Focal length in pixel heights.
        cx: Column of the principal point.
        cy: Row of the principal point.

    Raises:
        ConfigError: A focal length is not positive, or a number is not finite.
    """

    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if not (all(map(math.isfinite, astuple(self))) and self.fx > 0 and self.fy > 0):
            raise ConfigError(f'{self}: focal lengths must be above 0, and all four numbers finite')

    def cropped(self, top: int, left: int) -> 'Camera':
        """Returns the camera of a crop that starts at row ``top`` and column ``left``."""
        return replace(self, cx=self.cx - left, cy=self.cy - top)

    def resized(self, old: tuple[int, int], new: tuple[int, int]) -> 'Camera':
        """Returns the camera of the image resized from one size to another, both (height, width)."""
        y, x = new[0] / old[0], new[1] / old[1]
        return Camera(self.fx * x, self.fy * y, (self.cx + 0.5) * x - 0.5, (self.cy + 0.5) * y - 0.5)


NYU_SIZE = (480, 640)
"""Height and width of NYUD-v2's frames."""
NYU_CAMERA = Camera(518.857901, 519.469611, 324.582449, 252.736166)
"""The colour camera of NYUD-v2. Its toolbox counts pixels from one: 325.582449, 253.736166."""
