"""Statistics of a split as plain data, for the report."""

import math
from collections import Counter
from typing import Any

from .split_summary import ImageSummary, MapSummary, SplitSummary

Report = dict[str, Any]


def describe_split(split: SplitSummary) -> Report:
    """Returns the statistics of a split."""
    return dict(
        samples=len(split.samples),
        images=describe_images(split.images),
        tasks={name: describe_maps(maps) for name, maps in split.maps.items()},
    )


def describe_images(images: ImageSummary) -> Report:
    """Returns the number of images read, their sizes, and the mean and standard deviation of red, green and blue."""
    mean, std = [[getattr(color, name) for color in images.colors] for name in ('mean', 'std')]
    return dict(read=images.sizes.total(), sizes=describe_sizes(images.sizes), rgb_mean=mean, rgb_std=std)


def describe_maps(maps: MapSummary) -> Report:
    """Returns the statistics of a task's maps."""
    return dict(
        read=maps.sizes.total(),
        missing=maps.missing,
        broken=maps.broken,
        blank=maps.blank,
        sizes=describe_sizes(maps.sizes),
        types=dict(maps.types),
        stored={dtype: values.figures() for dtype, values in maps.stored.items()},
        void=1 - maps.valid / maps.pixels if maps.pixels else math.nan,
        **maps.statistics.figures(),
    )


def describe_sizes(sizes: Counter) -> Report:
    """Returns the ranges of height and width, the number of different sizes, and the ten most frequent sizes."""
    heights, widths = zip(*sizes, strict=True) if sizes else ((), ())
    return dict(
        height=[min(heights), max(heights)] if sizes else None,
        width=[min(widths), max(widths)] if sizes else None,
        distinct=len(sizes),
        common=[dict(height=h, width=w, number=n) for (h, w), n in sizes.most_common(10)],
    )
