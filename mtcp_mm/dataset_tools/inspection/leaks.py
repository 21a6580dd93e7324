"""Duplicate samples."""

from collections import defaultdict
from collections.abc import Sequence

from .split_summary import Identity

Pair = tuple[str, str]


def find_shared_samples(first: Sequence[Identity], second: Sequence[Identity]) -> list[Pair]:
    """Finds the images that are in both splits: the same file, or different files with equal pixels.

    Returns:
        Their IDs in the first and in the second split, in the order of the second.
    """
    by_path = {sample.path: sample.name for sample in first}
    by_digest = {sample.digest: sample.name for sample in first if sample.digest}
    pairs = [(by_path.get(sample.path) or by_digest.get(sample.digest), sample.name) for sample in second]
    return [pair for pair in pairs if pair[0]]


def find_repeated_samples(samples: Sequence[Identity]) -> list[list[str]]:
    """Finds the images that are in a split more than once. Returns the IDs of each group of equal images."""
    groups = defaultdict(list)
    for sample in samples:
        groups[sample.digest or sample.path].append(sample.name)
    return [names for names in groups.values() if len(names) > 1]
