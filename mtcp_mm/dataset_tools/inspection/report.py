"""The report of a data set check, as written to report.json."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from .figures import Report, describe_split
from .leaks import find_repeated_samples, find_shared_samples
from .split_summary import MapSummary, SplitSummary

LARGEST_MEDIAN_DEPTH = 200.0
"""Metres. A larger median depth is reported as a likely error in the unit."""


def build_report(splits: Mapping[str, SplitSummary | Report]) -> Report:
    """Combines the summaries of all splits.

    Args:
        splits: By split name, its summary; or ``dict(same_as=other split)`` or ``dict(error=message)``, if it was not
            read.

    Returns:
        ``splits`` (statistics by split), ``classes`` (by task, those that never occur and those in one split only),
        ``faults`` (every unusable file), ``leaks`` (by split, pairs of IDs of images that train has too), ``errors``
        and ``warnings`` (sentences). Shares are in [0, 1]. Statistics without valid pixels are None.
    """
    read = {name: split for name, split in splits.items() if isinstance(split, SplitSummary)}
    figures = {name: describe_split(split) if name in read else split for name, split in splits.items()}
    leaks = find_leaks(read)
    report = dict(
        splits=figures,
        classes=compare_classes({name: figures[name] for name in read}),
        faults=[dict(split=name, **asdict(fault)) for name, split in read.items() for fault in split.faults],
        leaks={name: [list(pair) for pair in pairs] for name, pairs in leaks.items()},
    )
    report['errors'] = [f'{name}: {split["error"]}' for name, split in figures.items() if 'error' in split]
    report['errors'] += [f'{fault["file"]}: {fault["reason"]}' for fault in report['faults']]
    report['errors'] += [
        f'{name}: {len(pairs)} of its images are in train too: {_shorten([other for _, other in pairs])}; remove them'
        for name, pairs in leaks.items()
    ]
    report['warnings'] = [*list_warnings(read, report['classes']), *check_encodings(read, figures)]
    return replace_nonfinite(report)


def find_leaks(splits: Mapping[str, SplitSummary]) -> dict[str, list[tuple[str, str]]]:
    """Finds the images of each other split that are in train too, as pairs of IDs."""
    if 'train' not in splits:
        return {}
    train = splits['train'].samples
    shared = {name: find_shared_samples(train, split.samples) for name, split in splits.items() if name != 'train'}
    return {name: pairs for name, pairs in shared.items() if pairs}


def compare_classes(splits: Mapping[str, Report]) -> Report:
    """Returns, for each task with classes, those that never occur, and those in one split only."""
    images: dict[str, dict[str, dict[str, int]]] = {}
    for split, figures in splits.items():
        for task, maps in figures['tasks'].items():
            for row in maps.get('classes', ()):
                images.setdefault(task, {}).setdefault(row['name'], {})[split] = row['images']
    result = {}
    for task, classes in images.items():
        seen = {name: [split for split, number in counts.items() if number] for name, counts in classes.items()}
        only = {split: [name for name, where in seen.items() if where == [split]] for split in splits}
        result[task] = dict(never=[name for name, where in seen.items() if not where], only=only)
    return result


def list_warnings(splits: Mapping[str, SplitSummary], classes: Report) -> list[str]:
    """Returns warnings about what may be intended but should be known."""
    warnings = []
    for name, split in splits.items():
        if groups := find_repeated_samples(split.samples):
            warnings.append(f'{name}: the same image more than once: {_shorten(["=".join(group) for group in groups])}')
        if split.rotated:
            warnings.append(
                f'{name}: EXIF data rotate {len(split.rotated)} images: {_shorten(split.rotated)}; if their maps are '
                'not rotated, set upright=False of the data set'
            )
        for task, maps in split.maps.items():
            if maps.missing:
                warnings.append(f'{name}: {maps.missing} of {len(split.samples)} samples have no map of task "{task}"')
            if maps.blank:
                warnings.append(f'{name}: {maps.blank} maps of task "{task}" have no valid pixel')
    for task, occurrence in classes.items():
        if occurrence['never']:
            warnings.append(f'{task}: {len(occurrence["never"])} classes never occur: {_shorten(occurrence["never"])}')
        if len(splits) > 1:
            exclusive = {split: names for split, names in occurrence['only'].items() if names}
            warnings += [f'{task}: only {split} has {_shorten(names)}' for split, names in exclusive.items()]
    return warnings


def check_encodings(splits: Mapping[str, SplitSummary], figures: Mapping[str, Report]) -> list[str]:
    """Returns warnings about files of different types, and about values that look wrongly decoded."""
    warnings, types, peaks = [], {}, {}
    for name, split in splits.items():
        for task, maps in split.maps.items():
            types.setdefault(task, Counter()).update(maps.types)
            peaks.setdefault(task, Counter()).update(maps.peaks)
            warnings += [f'{name}: {warning}' for warning in check_values(task, maps, figures[name]['tasks'][task])]
    for task, counts in types.items():
        if len(counts) > 1:
            kinds = ', '.join(f'{number} of {dtype}' for dtype, number in counts.most_common())
            warnings.append(
                f'{task}: the files have different types, each decoded by its own rule (see table "files"): {kinds}'
            )
    for task, counts in peaks.items():
        for reading in dict.fromkeys(reading for reading, _ in counts):
            if (ones := counts[reading, False]) and (above := counts[reading, True]):
                warnings.append(
                    f'{task}: {ones} files have values up to 1 and {above} have larger ones, all decoded as '
                    f'{reading}; if yes is 1 in some and 255 in others, convert them, or combine two data sets, each '
                    'with its yes_value'
                )
    return warnings


def check_values(task: str, maps: MapSummary, figures: Report) -> Iterator[str]:
    """Yields warnings about the values of a task's maps."""
    share = figures.get('positives')
    if share in (0, 1) and not maps.metric_depth:
        yield f'{"every" if share else "no"} valid pixel of task "{task}" is a yes; check yes_value and void_value'
    if figures.get('off_length', 0) > 0.5:
        yield f'most vectors of task "{task}" do not have length 1 in their files; check the encoding in table "files"'
    if maps.metric_depth and (median := figures['values'][0]['percentiles'].get('50', 0)) > LARGEST_MEDIAN_DEPTH:
        yield f'half of the depth of task "{task}" is beyond {median:g} m; check its scale'


def replace_nonfinite(value: Any) -> Any:
    """Returns nested data with non-finite numbers replaced by None, since JSON has none."""
    if isinstance(value, Mapping):
        return {key: replace_nonfinite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [replace_nonfinite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shorten(names: list[str], most: int = 8) -> str:
    """Lists the first few names, and the number of the others."""
    return ', '.join(names[:most]) + (f' and {len(names) - most} more' if len(names) > most else '')
