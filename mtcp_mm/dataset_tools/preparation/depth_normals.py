"""Surface normals from depth."""

import numpy as np

from mtcp_mm.structures import Camera

RADIUS, STEP = 10, 2
"""Half width of the window and distance of its samples, pixels. At 480x640 they come nearest to the normals that the
community's archives hold."""

TOLERANCE = 0.05
"""Relative difference in inverse depth beyond which a pixel belongs to another surface."""

LEAST_SHARE = 0.2
"""Share of the window's samples that a fit needs."""


def normals_from_depth(depth: np.ndarray, camera: Camera) -> np.ndarray:
    """Fits a plane around each pixel.

    The inverse depth of a plane is linear in pixel coordinates, and the noise of a structured-light sensor is even in
    it. So each fit is a linear regression of inverse depth over a window, on those samples alone whose depth is similar
    to the middle's: a plane does not reach over the edge of its surface.

    Args:
        depth: Metres along the optical axis (H, W); 0 or not finite where unknown.
        camera: The camera.

    Returns:
        Unit vectors float32 (H, W, 3), x right, y up, z towards the viewer; zero where depth is unknown or the window
        holds too few pixels of the surface.
    """
    known = np.isfinite(depth) & (depth > 0)
    inverse = np.zeros(depth.shape, np.float32)
    np.divide(1, depth, out=inverse, where=known)
    slope_x, slope_y, level, found = fit_planes(inverse)
    rows, columns = np.indices(depth.shape, np.float32, sparse=True)
    # On the plane n . P = 1 with P = Z ray: 1 / Z = n . ray, so n is linear in slopes and level; it points away.
    toward = level - slope_x * (columns - camera.cx) - slope_y * (rows - camera.cy)
    normals = np.stack([-slope_x * camera.fx, slope_y * camera.fy, toward], -1)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.where((known & found)[..., None] & (length > 0), normals / np.maximum(length, 1e-12), np.float32(0))


def fit_planes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Regresses values on pixel coordinates in a window around each pixel.

    Args:
        values: float32 (H, W), positive; 0 where unknown.

    Returns:
        Slope a pixel to the right, slope a pixel down, fitted value at the pixel, all (H, W) float32; and where there
        was enough to fit, bool (H, W).
    """
    n, x, y, xx, xy, yy, d, xd, yd = sum_window(values)
    count = np.maximum(n, 1)
    x, y, d = x / count, y / count, d / count
    xx, xy, yy, xd, yd = (
        xx / count - x * x,
        xy / count - x * y,
        yy / count - y * y,
        xd / count - x * d,
        yd / count - y * d,
    )
    determinant = xx * yy - xy * xy
    samples = len(range(-RADIUS, RADIUS + 1, STEP)) ** 2
    # Samples along one line fix no plane.
    found = (n >= LEAST_SHARE * samples) & (determinant > 1)
    determinant = np.where(found, determinant, 1)
    slope_x, slope_y = (xd * yy - yd * xy) / determinant, (yd * xx - xd * xy) / determinant
    return slope_x, slope_y, values + d - slope_x * x - slope_y * y, found


def sum_window(values: np.ndarray) -> np.ndarray:
    """Sums over the similar samples of each pixel's window.

    Returns:
        float32 (9, H, W): sums of 1, x, y, xx, xy, yy, d, xd, yd, with x and y the sample's distance from the pixel
        (right, down) and d its difference in value.
    """
    height, width = values.shape
    padded = np.pad(values, RADIUS)
    sums = np.zeros((9, height, width), np.float32)
    offsets = range(-RADIUS, RADIUS + 1, STEP)
    for y in offsets:
        n, x, xx, d, xd = np.zeros((5, height, width), np.float32)
        for step in offsets:
            sample = padded[RADIUS + y : RADIUS + y + height, RADIUS + step : RADIUS + step + width]
            difference = sample - values
            similar = ((np.abs(difference) < TOLERANCE * values) & (sample > 0)).astype(np.float32)
            difference *= similar
            n += similar
            x += step * similar
            xx += step * step * similar
            d += difference
            xd += step * difference
        for total, term in zip(sums, (n, x, y * n, xx, y * x, y * y * n, d, xd, y * d), strict=True):
            total += term
    return sums
