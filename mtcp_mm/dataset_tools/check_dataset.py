"""Checking the data sets of a config."""

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS

from mtcp_mm.dataset_tools.inspection import Sample, SplitSummary, SummaryDataset, build_report, inspect_split
from mtcp_mm.engine.config_parts import set_everywhere
from mtcp_mm.utils import ConfigError, atomic_write, encode_image, make_folder
from mtcp_mm.visualization import SheetPart, SheetRow, draw_contact_sheet

SPLITS = ('train', 'val', 'test')
REPORT, SHEET = 'report.json', 'contact_sheet.png'


def check_dataset(cfg: Config, out_dir: str | Path, workers: int = 1, samples: int = 6, seed: int = 0) -> dict:
    """Reads every sample of every split of a config, and writes a report and a contact sheet.

    Args:
        cfg: The config, with the data sets in ``{train,val,test}_dataloader``.
        out_dir: Folder for ``report.json`` and ``contact_sheet.png``.
        workers: Number of processes.
        samples: Number of samples per split on the contact sheet; 0 for no sheet.
        seed: Seed for sampling them.

    Returns:
        The report, see :func:`build_report`, with the file names ``config`` and ``sheet`` (None without a sheet).
        Problems in the data are in ``errors``, not raised.

    Raises:
        ConfigError: The config has no data set.
        UnwritableError: The folder or a file in it cannot be written.
    """
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    opened, splits, parts = open_splits(cfg), {}, []
    out_dir = make_folder(out_dir)
    for name, reader in opened.items():
        if isinstance(reader, dict):
            splits[name] = reader
            continue
        splits[name] = inspect_split(reader, workers, f'Reading {name}')
        if rows := draw_rows(reader, splits[name], samples, seed):
            parts.append(SheetPart(f'{name}: {len(rows)} of {len(reader.data)} samples', reader.tasks, rows))
    report = dict(config=cfg.filename, sheet=SHEET if parts else None, **build_report(splits))
    if parts:
        atomic_write(out_dir / SHEET, encode_image(draw_contact_sheet(parts)))
    write_report(out_dir / REPORT, report)
    return report


def open_splits(cfg: Config) -> dict[str, SummaryDataset | dict[str, str]]:
    """Builds the data set of each split, without its pipeline.

    Returns:
        By split name, the data set; or ``dict(same_as=other split)`` or ``dict(error=message)``.

    Raises:
        ConfigError: The config has no data set.
    """
    configs, opened = dict(split_configs(cfg)), {}
    if not configs:
        raise ConfigError(f'the config has none of {", ".join(f"{split}_dataloader" for split in SPLITS)}')
    for name, data in configs.items():
        same = next(other for other in configs if configs[other] == data)
        if same != name:
            opened[name] = dict(same_as=same)
            continue
        try:
            opened[name] = SummaryDataset(DATASETS.build(data))
        except (OSError, ValueError) as error:
            opened[name] = dict(error=str(error))
    return opened


def split_configs(cfg: Config) -> Iterator[tuple[str, Mapping]]:
    """Yields the name of each split and its data set config, without pipeline and wrappers such as RepeatDataset."""
    for name in SPLITS:
        if loader := cfg.get(f'{name}_dataloader'):
            data = copy.deepcopy(loader['dataset'])
            while 'dataset' in data:
                data = data['dataset']
            set_everywhere(data, 'pipeline', [])
            yield name, data


def draw_rows(reader: SummaryDataset, summary: SplitSummary, count: int, seed: int) -> list[SheetRow]:
    """Selects random samples with a readable image. The same seed gives the same samples."""
    readable = [i for i, identity in enumerate(summary.samples) if identity.digest]
    chosen = np.random.default_rng(seed).permutation(readable)[:count]
    return [sheet_row(reader.sample(int(i))) for i in sorted(chosen)]


def sheet_row(sample: Sample) -> SheetRow:
    """Returns the contact sheet row of a sample, with what could be read of it."""
    maps = {name: loaded.target for name, loaded in sample.maps.items() if loaded is not None}
    notes = {fault.task: 'broken' for fault in sample.faults}
    height, width = sample.image.shape[:2]
    return SheetRow(f'{sample.name}, {height}x{width}', sample.image, maps, notes)


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Writes a report as JSON, atomically."""
    atomic_write(path, f'{json.dumps(report, indent=2, allow_nan=False)}\n'.encode())
