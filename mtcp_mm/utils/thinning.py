"""Thins masks to lines one pixel wide."""

import numpy as np

WORD = 64
"""Pixels that are thinned at once: the bits of a word."""


def thin(mask: np.ndarray) -> np.ndarray:
    """Thins a mask (H, W), bool, to lines one pixel wide.

    By the rules of Guo and Hall (Parallel thinning with two-subiteration algorithms, 1989), as Matlab's
    ``bwmorph(mask, 'thin', inf)`` and, pixel for pixel, ``skimage.morphology.thin`` (0.26) do. This one works on 64
    pixels at a time. On 480x640 pixels it takes 1.6 ms in place of scikit-image's 41 ms for the boundaries of a label
    map, and 6.4 ms in place of 164 ms for wide blobs (one core). BoundaryF thins 99 maps per image.
    """
    words = _pack(mask)
    while True:
        before = words.copy()
        for turn in (0, 4):  # The second pass is the first one rotated by 180 degrees.
            neighbours = _neighbours(words)
            words[1:-1] &= ~_removable(*neighbours[turn:], *neighbours[:turn])
        if np.array_equal(words, before):
            return _unpack(words, mask.shape[1])


def _removable(*x: np.ndarray) -> np.ndarray:
    """Returns which pixels a pass removes, from their neighbours counter-clockwise: conditions G1 to G3."""
    pairs = [x[i] | x[i + 1] for i in (0, 2, 4, 6)]
    others = [x[1] | x[2], x[3] | x[4], x[5] | x[6], x[7] | x[0]]
    a, b, c, d = (other & ~x[i] for other, i in zip(others, (0, 2, 4, 6), strict=True))
    one_run = (a ^ b ^ c ^ d) & ~(a & b | c & d)
    all_eight = pairs[0] & pairs[1] & pairs[2] & pairs[3] & others[0] & others[1] & others[2] & others[3]
    two_or_three = _at_least_two(*pairs) & _at_least_two(*others) & ~all_eight
    return one_run & two_or_three & ~((x[1] | x[2] | ~x[7]) & x[0])


def _at_least_two(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Returns where at least two of four bits are set."""
    return a & b | c & d | (a | b) & (c | d)


def _neighbours(words: np.ndarray) -> list[np.ndarray]:
    """Returns the eight neighbours of each pixel, counter-clockwise from the right, each (H, ceil(W / 64))."""
    right, left = words >> 1, words << 1
    right[:, :-1] |= words[:, 1:] << (WORD - 1)
    left[:, 1:] |= words[:, :-1] >> (WORD - 1)
    above, here, below = slice(None, -2), slice(1, -1), slice(2, None)
    ahead = [right[here], right[above], words[above], left[above]]
    return ahead + [left[here], left[below], words[below], right[below]]


def _pack(mask: np.ndarray) -> np.ndarray:
    """Packs a mask (H, W) into words (H + 2, ceil(W / 64)) of 64 pixels, with an empty row above and below."""
    padded = np.pad(mask, ((1, 1), (0, -mask.shape[1] % WORD)))
    return np.ascontiguousarray(np.packbits(padded, axis=1, bitorder='little')).view('<u8')


def _unpack(words: np.ndarray, width: int) -> np.ndarray:
    """Reverses :func:`_pack`."""
    return np.unpackbits(words.view(np.uint8), axis=1, bitorder='little')[1:-1, :width].astype(bool)
