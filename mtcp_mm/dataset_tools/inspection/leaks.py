"""Duplicate samples."""

from collections import defaultdict
from collections.abc import Sequence

from .split_summary import Identity

Pair = tuple[str, str]


def find_shared_samples(first: Sequence[Identity], second: Sequence[Identity]) -> list[Pair]:
    """Finds the samples of one split that another one has too: the same image file, or another with the same pixels.

    Returns:
        The IDs of each such sample in the first and in the second split, in the order of the second.
    """
    by_path = {sample.path: sample.name for sample in first}
    by_digest = {sample.digest: sample.name for sample in first if sample.digest}
    found = [(by_path.get(sample.path) or by_digest.get(sample.digest), sample.name) for sample in second]
    return [pair for pair in found if pair[0]]


def find_repeated_samples(samples: Sequence[Identity]) -> list[list[str]]:
    """Finds the samples of one split that are one image: the IDs of each group."""
    groups = defaultdict(list)
    for sample in samples:
        groups[sample.digest or sample.path].append(sample.name)
    return [names for names in groups.values() if len(names) > 1]
