"""The report as plain data, as written to report.json."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from .figures import Report, describe_split
from .leaks import find_repeated_samples, find_shared_samples
from .split_summary import MapSummary, SplitSummary

LARGEST_MEDIAN_DEPTH = 200.0
"""Metres. No data set has a larger median depth."""


def build_report(splits: Mapping[str, SplitSummary | Report]) -> Report:
    """Combines the findings of all splits.

    Args:
        splits: By name what was read; or ``dict(same_as=other split)``, or ``dict(error=why it could not be read)``.

    Returns:
        ``splits`` (figures by split), ``classes`` (by task, those that never occur and those of one split only),
        ``faults`` (every file that cannot be used), ``leaks`` (pairs of IDs, in train and elsewhere), ``errors`` and
        ``warnings`` (sentences). Shares are in [0, 1]; figures without a valid pixel are None.
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
        f'{name}: {len(pairs)} of its images are in train too: {_shorten([pair[1] for pair in pairs])}; remove them there'
        for name, pairs in leaks.items()
    ]
    report['warnings'] = [*list_warnings(read, report['classes']), *check_encodings(read, figures)]
    return replace_nonfinite(report)


def find_leaks(splits: Mapping[str, SplitSummary]) -> dict[str, list[tuple[str, str]]]:
    """Finds by split the images that the split ``train`` has too."""
    if 'train' not in splits:
        return {}
    train = splits['train'].samples
    found = {name: find_shared_samples(train, split.samples) for name, split in splits.items() if name != 'train'}
    return {name: pairs for name, pairs in found.items() if pairs}


def compare_classes(splits: Mapping[str, Report]) -> Report:
    """Returns by task with classes the names of those in no split, and by split of those in no other."""
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
    """Lists the warnings: what may be intended but should be known."""
    warnings = []
    for name, split in splits.items():
        if groups := find_repeated_samples(split.samples):
            warnings.append(f'{name}: the same image more than once: {_shorten(["=".join(group) for group in groups])}')
        if split.rotated:
            warnings.append(
                f'{name}: {len(split.rotated)} images are turned by their EXIF data: {_shorten(split.rotated)}; where their '
                'maps are not, set upright=False of the data set'
            )
        for task, maps in split.maps.items():
            if maps.missing:
                warnings.append(f'{name}: {maps.missing} of {len(split.samples)} samples have no map of task "{task}"')
            if maps.blank:
                warnings.append(f'{name}: {maps.blank} maps of task "{task}" have no valid pixel')
    for task, found in classes.items():
        if found['never']:
            warnings.append(f'{task}: {len(found["never"])} classes occur nowhere: {_shorten(found["never"])}')
        if len(splits) > 1:
            lone = {split: names for split, names in found['only'].items() if names}
            warnings += [f'{task}: only {split} has {_shorten(names)}' for split, names in lone.items()]
    return warnings


def check_encodings(splits: Mapping[str, SplitSummary], figures: Mapping[str, Report]) -> list[str]:
    """Says where the files of a task differ in their type, and where values look read by another rule than theirs."""
    warnings, types, peaks = [], {}, {}
    for name, split in splits.items():
        for task, maps in split.maps.items():
            types.setdefault(task, Counter()).update(maps.types)
            peaks.setdefault(task, Counter()).update(maps.peaks)
            warnings += [f'{name}: {doubt}' for doubt in check_values(task, maps, figures[name]['tasks'][task])]
    for task, counts in types.items():
        if len(counts) > 1:
            kinds = ', '.join(f'{number} of {dtype}' for dtype, number in counts.most_common())
            warnings.append(f'{task}: files of different types, each read by its own rule (table "files"): {kinds}')
    for task, counts in peaks.items():
        for reading in dict.fromkeys(reading for reading, _ in counts):
            if (ones := counts[reading, False]) and (above := counts[reading, True]):
                warnings.append(
                    f'{task}: {ones} files go up to 1 and {above} beyond, all read as {reading}; if yes is 1 in '
                    'some and 255 in others, give them one encoding, or put two data sets together, each with its '
                    'yes_value'
                )
    return warnings


def check_values(task: str, maps: MapSummary, figures: Report) -> Iterator[str]:
    """Yields warnings about the values of a task's maps."""
    share = figures.get('positives')
    if share in (0, 1) and not maps.metric_depth:
        yield f'{"every" if share else "no"} valid pixel of task "{task}" is a yes; look at yes_value and void_value'
    if figures.get('off_length', 0) > 0.5:
        yield f'most vectors of task "{task}" are not of length 1 in their files; are they encoded as the table says?'
    if maps.metric_depth and (median := figures['values'][0]['percentiles'].get('50', 0)) > LARGEST_MEDIAN_DEPTH:
        yield f'half of the depth of task "{task}" is beyond {median:g} m; look at its scale'


def replace_nonfinite(value: Any) -> Any:
    """Returns nested data with None in place of each number that is not finite, which JSON does not have."""
    if isinstance(value, Mapping):
        return {key: replace_nonfinite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [replace_nonfinite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shorten(names: list[str], most: int = 8) -> str:
    """Lists names, the first few of many."""
    return ', '.join(names[:most]) + (f' and {len(names) - most} more' if len(names) > most else '')
