import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pprint import pformat

from prettytable import PrettyTable

from .conversion import PREFIX, Conversion
from .names import FRESH

PARTS = ('encoder', 'pixel_decoder', 'transformer_decoder')
OTHERS = 'queries, masks, norms'
NUMBER = re.compile(r'(?<=\.)\d+(?=\.)')


def format_report(conversion: Conversion, source: str, each: bool = False) -> str:
    """Describes what happened to each tensor of a checkpoint.

    Args:
        conversion: The conversion.
        source: Name of the checkpoint.
        each: Whether to list every tensor. Otherwise layers of the same kind share a line.

    Returns:
        A table of counts, the settings of a config that fits, and the lists of the tensors used, computed, skipped and
        missing.
    """
    used = [(name, PREFIX + target) for name, target in conversion.used.items()]
    computed = [(PREFIX + name,) for name in conversion.computed]
    missing = [(PREFIX + name, 'new in MT-CP' if name in FRESH else 'MISSING') for name in conversion.missing]
    settings = pformat(conversion.sizes.settings(), width=100, sort_dicts=False)
    return '\n\n'.join(
        [
            count_table(conversion, f'{source}, {conversion.family}'),
            f'model.backbone of a config that fits:\n{settings}',
            listing('used', used, ' -> ', each),
            listing('computed', computed, '', each),
            listing('skipped', list(conversion.skipped.items()), ': ', each),
            listing('missing', missing, ': ', each=True),
        ]
    )


def count_table(conversion: Conversion, title: str) -> str:
    """Returns a table of the numbers of the backbone's tensors, one row per part."""
    converted = Counter(map(part_of, conversion.tensors.keys() - set(conversion.computed)))
    computed, missing = (Counter(map(part_of, names)) for names in (conversion.computed, conversion.missing))
    table = PrettyTable(['part of the backbone', 'wanted', 'converted', 'computed', 'missing'], title=title)
    table.align = 'r'
    table.align['part of the backbone'] = 'l'
    for part in (*PARTS, OTHERS):
        counts = [counter[part] for counter in (converted, computed, missing)]
        table.add_row([part, sum(counts), *counts])
    totals = [counter.total() for counter in (converted, computed, missing)]
    table.add_row(['all', sum(totals), *totals])
    return table.get_string()


def part_of(name: str) -> str:
    """Returns the part of the backbone that a tensor belongs to."""
    part = name.partition('.')[0]
    return part if part in PARTS else OTHERS


def listing(title: str, rows: list[tuple[str, ...]], joint: str, each: bool) -> str:
    """Formats a list of tensors. Each line starts with their number.

    Args:
        title: Its title.
        rows: Names and notes of tensors.
        joint: Separator between the parts of a row.
        each: Whether each row has a line. Otherwise rows that differ only in numbers share one.
    """
    groups = defaultdict(list)
    for row in rows:
        groups[row if each else tuple(NUMBER.sub('*', cell) for cell in row)].append(row)
    lines = [f'{len(group):5d}  {joint.join(map(merged, zip(*group, strict=True)))}' for group in groups.values()]
    return '\n'.join([f'{title}: {len(rows)}', *lines])


def merged(names: Iterable[str]) -> str:
    """Merges names that differ only in numbers, with * for the numbers that differ."""
    words = zip(*(name.split('.') for name in names), strict=True)
    return '.'.join(word[0] if len(set(word)) == 1 else '*' for word in words)
