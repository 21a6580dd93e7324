"""One-to-one matching of edges within a tolerance, as in the BSDS benchmark."""

from collections.abc import Sequence

import cv2
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from mtcp_mm.utils import thin


def match_at_thresholds(
    probability: np.ndarray, edges: np.ndarray, thresholds: Sequence[float], radius: float
) -> tuple[np.ndarray, np.ndarray]:
    """Thins the predicted edges at each threshold, and matches them one to one with the ground truth.

    Args:
        probability: Probability of an edge (H, W).
        edges: Ground truth edges (H, W), bool. They are not thinned here.
        thresholds: Thresholds in ascending order. Pixels at or above one are predicted edges.
        radius: Maximum distance of matching pixels, in pixels.

    Returns:
        The maximum number of matches and the number of predicted pixels after thinning, int64 (thresholds,) each.
    """
    near = pixels_in_reach(edges, radius)
    counts, covered = [], None
    for threshold in thresholds:
        mask = probability >= threshold
        # Each mask contains all later ones, so equal areas mean equal masks.
        if (area := np.count_nonzero(mask)) != covered:
            pixels = np.flatnonzero(thin(mask))
            count, covered = (count_matches(near[pixels]), len(pixels)), area
        counts.append(count)
    return tuple(np.array(counts, np.int64).reshape(-1, 2).T)


def pixels_in_reach(edges: np.ndarray, radius: float) -> csr_array:
    """Finds the edge pixels of a mask (H, W) within ``radius`` of each pixel.

    Returns:
        Sparse int8 matrix (H * W, edge pixels), 1 for each such pair.
    """
    height, width = edges.shape
    reach = int(radius)
    dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    dy, dx = (steps[dy**2 + dx**2 <= radius**2] for steps in (dy, dx))  # ascending, as the columns of a CSR row must be
    rows, columns = np.nonzero(edges)
    y, x = rows[:, None] + dy, columns[:, None] + dx
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    indptr = np.concatenate([[0], inside.sum(1).cumsum()])
    pixels = (y * width + x)[inside]
    return csr_array((np.ones(len(pixels), np.int8), pixels, indptr), shape=(len(rows), edges.size)).T.tocsr()


def count_matches(pairs: csr_array) -> int:
    """Returns the size of the maximum one-to-one matching.

    It equals the maximum flow from one side of the graph to the other, with capacity 1 per pixel (Dinic's algorithm).
    SciPy's ``maximum_bipartite_matching`` takes many seconds for some of these graphs, since it explores dead ends
    again and again (scipy/scipy#26147).

    Args:
        pairs: Sparse matrix (pixels, edge pixels) of the pairs that may match.
    """
    pairs = pairs[np.diff(pairs.indptr) > 0]
    left, right = pairs.shape
    if not left:
        return 0
    source, sink = left + right, left + right + 1
    # Rows: from each left pixel to its right ones, from each right pixel to the sink, from the source to the left.
    indices = np.concatenate([pairs.indices + left, np.full(right, sink), np.arange(left)])
    ends = pairs.nnz + np.arange(1, right + 1)
    indptr = np.concatenate([pairs.indptr, ends, [len(indices)] * 2])
    units = np.ones(len(indices), np.int32)
    graph = csr_array((units, indices.astype(np.int32), indptr.astype(np.int32)), shape=(sink + 1, sink + 1))
    return int(maximum_flow(graph, source, sink).flow_value)


def suppress_non_maxima(probability: np.ndarray, smoothing: float = 2.0, slack: float = 1.01) -> np.ndarray:
    """Sets pixels to zero that are smaller than a neighbour across the edge (non-maximum suppression).

    The direction across the edge is that of the largest absolute curvature of the smoothed map, from its second
    derivatives. The published benchmarks use ``edgesNmsMex`` of the Structured Edge toolbox for MATLAB, which estimates
    the direction differently, so scores are close but not equal.

    Args:
        probability: Probability of an edge (H, W), float32.
        smoothing: Standard deviation of the smoothing before the derivatives, in pixels.
        slack: A pixel is kept if ``slack`` times its value is at least the value of both neighbours.

    Returns:
        The suppressed map (H, W), float32.
    """
    smooth = cv2.GaussianBlur(probability, (0, 0), smoothing)
    (yy, xy), (_, xx) = (np.gradient(slope) for slope in np.gradient(smooth))
    upward = 0.5 * np.arctan2(2 * xy, xx - yy)  # downward curvature is at a right angle to it
    across = np.where(xx + yy < 0, upward + np.pi / 2, upward).astype(np.float32)
    rows, columns = np.indices(probability.shape, np.float32)
    keep = np.ones(probability.shape, bool)
    for side in (-1, 1):
        x, y = columns + side * np.cos(across), rows + side * np.sin(across)
        beside = cv2.remap(probability, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        keep &= slack * probability >= beside
    return np.where(keep, probability, np.float32(0))
