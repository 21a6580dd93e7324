"""The report as text tables."""

from collections.abc import Iterator, Mapping, Sequence

from prettytable import PrettyTable

from .figures import Report

NUMBER, SHARE = '{:#.4g}', '{:.2%}'


def format_report(report: Report) -> str:
    """Formats a report as tables: images, maps, files, values, and the classes of each task with classes."""
    splits = {name: split for name, split in report['splits'].items() if 'tasks' in split}
    tables = [
        _table('images', ['split', 'samples', 'read', 'height x width', 'mean RGB', 'std RGB'], image_rows(report)),
        _table(
            'maps',
            ['split', 'task', 'read', 'missing', 'broken', 'no valid pixel', 'height x width', 'type', 'void'],
            map_rows(splits),
        ),
        _table('files', ['split', 'task', 'type', 'number', 'values', 'read as'], stored_rows(splits)),
        _table(
            'values (of valid pixels)',
            ['split', 'task', 'min', '1 %', 'median', '99 %', 'max', 'mean', 'remark'],
            value_rows(splits),
        ),
        *(_class_table(task, splits) for task in report['classes']),
    ]
    return '\n\n'.join(table.get_string() for table in tables if table.rows)


def image_rows(report: Report) -> Iterator[list]:
    """Yields one row per split, including those that were not read."""
    for name, split in report['splits'].items():
        if 'tasks' in split:
            images = split['images']
            colors = [' '.join(_number(x, '{:.1f}') for x in images[key]) for key in ('rgb_mean', 'rgb_std')]
            yield [name, split['samples'], images['read'], _sizes(images['sizes']), *colors]
        else:
            yield [name, f'as {split["same_as"]}' if 'same_as' in split else 'cannot be read', '', '', '', '']


def map_rows(splits: Mapping[str, Report]) -> Iterator[list]:
    """Yields one row per split and task."""
    for name, split in splits.items():
        for task, maps in split['tasks'].items():
            numbers = [maps[key] for key in ('read', 'missing', 'broken', 'blank')]
            yield [name, task, *numbers, _sizes(maps['sizes']), ', '.join(maps['types']), _number(maps['void'], SHARE)]


def stored_rows(splits: Mapping[str, Report]) -> Iterator[list]:
    """Yields one row per split, task and dtype: the values in the files, and how they are decoded."""
    for name, split in splits.items():
        for task, maps in split['tasks'].items():
            for dtype, stored in maps['stored'].items():
                ends = ' to '.join(_number(stored[end], '{:.6g}') for end in ('min', 'max'))
                values = ends if stored['values'] is None else ', '.join(map(str, stored['values']))
                yield [name, task, dtype, stored['files'], values, stored['reading']]


def value_rows(splits: Mapping[str, Report]) -> Iterator[list]:
    """Yields one row per split, task and channel, for tasks without classes."""
    for name, split in splits.items():
        for task, maps in split['tasks'].items():
            remarks = {'positives': 'positives', 'off_length': 'length not 1'}
            remark = ', '.join(f'{text}: {_number(maps[key], SHARE)}' for key, text in remarks.items() if key in maps)
            channels = maps.get('values', [])
            for i, values in enumerate(channels):
                percentiles = [values['percentiles'].get(percent) for percent in ('1', '50', '99')]
                numbers = [_number(x) for x in (values['min'], *percentiles, values['max'], values['mean'])]
                label = f'{task} {"xyz"[i]}' if len(channels) == 3 else task
                yield [name, label, *numbers, '' if i else remark]


def class_rows(task: str, splits: Mapping[str, Report]) -> Iterator[list]:
    """Yields one row per class: its share of the valid pixels and its number of images in each split."""
    columns = {name: split['tasks'][task]['classes'] for name, split in splits.items() if task in split['tasks']}
    by_name = [{row['name']: row for row in column} for column in columns.values()]
    for name in dict.fromkeys(name for rows in by_name for name in rows):
        cells, seen = [], []
        for split, rows in zip(columns, by_name, strict=True):
            row = rows.get(name)
            cells += [_number(row['share'], SHARE), row['images']] if row else ['-', '-']
            seen += [split] if row and row['images'] else []
        exclusive = f'only {seen[0]}' if len(seen) == 1 and len(columns) > 1 else ''
        yield [name, *cells, exclusive if seen else 'never']


def _class_table(task: str, splits: Mapping[str, Report]) -> PrettyTable:
    columns = [name for name, split in splits.items() if task in split['tasks']]
    header = [cell for name in columns for cell in (name, f'images in {name}')]
    return _table(f'{task}: share of valid pixels', ['class', *header, 'remark'], class_rows(task, splits))


def _table(title: str, header: Sequence[str], rows: Iterator[list]) -> PrettyTable:
    table = PrettyTable(list(header), title=title, align='r')
    for name in ('split', 'task', 'class', 'remark', 'read as'):
        if name in header:
            table.align[name] = 'l'
    table.add_rows(list(rows))
    return table


def _number(value: float | None, form: str = NUMBER) -> str:
    return '-' if value is None else form.format(value)


def _sizes(sizes: Report) -> str:
    """Formats the ranges of height and width, and the number of different sizes if there are several."""
    if not sizes['distinct']:
        return '-'
    ranges = [str(low) if low == high else f'{low} to {high}' for low, high in (sizes['height'], sizes['width'])]
    return ' x '.join(ranges) + (f' ({sizes["distinct"]} sizes)' if sizes['distinct'] > 1 else '')
