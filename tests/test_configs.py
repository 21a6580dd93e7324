"""The shipped configs, the READMEs and metafiles of their methods, and the tables that repeat their figures."""

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmseg.registry import HOOKS, METRICS, MODELS, TRANSFORMS
from torch import nn

from mtcp_mm.engine.config_parts import find_parts
from mtcp_mm.tasks import build_tasks

ROOT = Path(__file__).parents[1]
CONFIGS = ROOT / 'configs'
DOORS = 'mtcp'
"""The method whose configs also lie at the top, where users look first."""
OWN_CELL = re.compile(r'\[(\w+)\]\(([\w./]+)\.py\)|`(?:[\w]+/)*(\w+)\.py`')
DESCRIPTION = ('Config', 'Data', 'Protocol', 'Tasks', 'What it shows')
NUMBER = re.compile(r'\d+\.\d+')
SIZES = ('Params (M)', 'GFLOP', 'Epochs')
PUBLISHED = {56.25, 0.4316, 18.60, 79.96, 69.13, 84.20}

Entry = dict[str, Any]


def list_configs(configs: Path) -> list[Path]:
    return sorted(path for path in configs.rglob('*.py') if '_base_' not in path.parts)


def method_of(path: Path, configs: Path) -> Path:
    """Returns the folder whose README names a config."""
    return configs / DOORS if path.parent == configs else path.parent


def read_rows(document: Path) -> Iterator[dict[str, str]]:
    """Yields the rows of a document's tables, each as its cells by header. Cells that a row leaves out are empty."""
    header = None
    for line in document.read_text(encoding='utf-8').splitlines():
        cells = [cell.strip() for cell in re.split(r'(?<!\\)\|', line.strip()[1:-1])]
        if not line.startswith('|'):
            header = None
        elif header is None:
            header = cells
        elif set(line) - set('|-: '):
            assert len(cells) <= len(header), f'{document}: a row has more cells than its header: {line}'
            yield dict(zip_longest(header, cells, fillvalue=''))


def read_readmes(configs: Path) -> dict[Path, list[tuple[Path, dict[str, str]]]]:
    """Maps each config that a method's README names to these READMEs and rows."""
    rows = defaultdict(list)
    for readme in configs.glob('*/README.md'):
        for row in read_rows(readme):
            if match := OWN_CELL.fullmatch(next(iter(row.values()))):
                name, target, _ = match.groups()
                assert name == Path(target).name, f'{readme}: a row calls {target}.py {name}'
                rows[Path(os.path.normpath(readme.parent / f'{target}.py'))].append((readme, row))
    return rows


def read_metafiles(configs: Path) -> dict[Path, Entry]:
    """Maps configs that were measured to their entries in the metafiles."""
    entries = [
        entry
        for metafile in configs.glob('*/metafile.yml')
        for entry in yaml.safe_load(metafile.read_text(encoding='utf-8'))['Models']
    ]
    found = {configs.parent / entry['Config']: entry for entry in entries}
    assert len(found) == len(entries)
    return found


def figures_of(entry: Entry) -> dict[str, float]:
    """Returns the sizes and results in an entry of a metafile."""
    sizes = {key: entry['Metadata'][key] for key in SIZES if key in entry['Metadata']}
    return sizes | {key: value for result in entry.get('Results', []) for key, value in result['Metrics'].items()}


def check_named_once(path: Path, configs: Path) -> dict[str, str]:
    """Checks that the README of a config's method names it, once, and no other README does; returns the row."""
    readme = method_of(path, configs) / 'README.md'
    found = read_readmes(configs)[path]
    target = Path(os.path.relpath(path, readme.parent)).as_posix()
    assert [place for place, _ in found] == [readme], (
        f'{path}: it is named {len(found)} times; give it one line in a table of {readme}:\n'
        f'| [{path.stem}]({target}) | data | protocol | tasks | what it shows |'
    )
    return found[0][1]


def check_figures(row: dict[str, str], entry: Entry | None) -> None:
    """Checks that a row has the figures of the metafile, all of them and no others."""
    names = row.keys() - set(DESCRIPTION)
    written = {key: float(cell) for key, cell in row.items() if key in names and cell}
    expected = figures_of(entry) if entry else {}
    assert written == expected, f'{next(iter(row.values()))}: the README has {written}, the metafile {expected}'


def check_tasks(cfg: Config, row: dict[str, str]) -> None:
    """Checks that all parts of a config have the tasks, the data and the protocol of its row."""
    names = row['Tasks'].split(', ')
    sections = [cfg[key] for key in cfg if key == 'model' or key.endswith(('_dataloader', '_evaluator'))]
    for section in sections:
        for _, part in find_parts(section, 'tasks'):
            assert [task['name'] for task in part.tasks] == names
        for _, part in find_parts(section, 'data_root'):
            assert part.data_root in (None, cfg.data_root)
    if 'tasks' in cfg:
        loaders = (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader)
        places = (cfg, cfg.model, cfg.val_evaluator.baseline, *(loader.dataset for loader in loaders))
        assert all([task['name'] for task in place.tasks] == names for place in places)
        assert cfg.val_evaluator.get('protocol', 'mti') == cfg.test_evaluator.get('protocol', 'mti') == row['Protocol']


def check_parts(cfg: Config, build: Callable[[dict], nn.Module]) -> None:
    """Checks that all parts of a config can be built, and that the network's parts fit together."""
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        assert all(TRANSFORMS.build(transform) for transform in loader.dataset.pipeline)
    METRICS.build(cfg.val_evaluator)
    assert all(HOOKS.build(hook) for hook in cfg.get('custom_hooks', []))
    lists = [part.tasks for _, part in find_parts(cfg.model, 'tasks')]
    tasks = build_tasks(lists[0]) if lists else {}
    for task in tasks.values():
        MODELS.build(task.loss)
        assert all(METRICS.build(dict(metric, task=task)) for metric in task.metrics)
    model = build(cfg.model).eval()
    with torch.inference_mode():
        logits = model(torch.zeros(1, 3, 64, 64), mode='tensor')
    if isinstance(logits, dict):
        channels = {name: task.channels for name, task in tasks.items() if not task.auxiliary}
        assert {name: map_.shape[1] for name, map_ in logits.items()} == channels


@pytest.mark.parametrize('path', list_configs(CONFIGS), ids=lambda path: path.stem)
def test_config_has_its_line_and_its_parts_agree(shipped_config, build_quickly, path):
    row = check_named_once(path, CONFIGS)
    check_figures(row, read_metafiles(CONFIGS).get(path))
    cfg = shipped_config(path)
    check_tasks(cfg, row)
    check_parts(cfg, build_quickly)


@pytest.mark.parametrize(
    'folder, base', [('mtcp', 'mtcp_nyud_small'), ('plain', 'nyud_plain'), ('stock', 'mtcp_mit_b0_nyud_2tasks')]
)
def test_a_new_config_is_one_file_and_one_line(shipped_config, build_quickly, tmp_path, folder, base):
    configs = tmp_path / 'configs'
    shutil.copytree(CONFIGS, configs)
    new = configs / folder / 'new.py'
    new.write_text(f"_base_ = './{base}.py'\nmodel = dict(decode_head=dict(channels=32))\n")
    with pytest.raises(AssertionError, match=rf'give it one line in a table of .*{folder}/README\.md'):
        check_named_once(new, configs)

    readme = configs / folder / 'README.md'
    (like,) = (line for line in readme.read_text().splitlines() if line.startswith(f'| [{base}]'))
    data, protocol, tasks = like.split('|')[2:5]
    line = f'| [new](new.py) |{data}|{protocol}|{tasks}| a narrow head |'
    readme.write_text(readme.read_text().replace(like, f'{like}\n{line}'))
    row = check_named_once(new, configs)
    check_figures(row, read_metafiles(configs).get(new))
    cfg = shipped_config(new)
    check_tasks(cfg, row)
    check_parts(cfg, build_quickly)

    readme.write_text(readme.read_text().replace(line, f'{line}\n{line}'))
    with pytest.raises(AssertionError, match='it is named 2 times'):
        check_named_once(new, configs)


def test_figures_that_differ_are_refused():
    path = CONFIGS / 'plain/nyud_plain.py'
    (_, row), entry = read_readmes(CONFIGS)[path][0], read_metafiles(CONFIGS)[path]
    for wrong in (dict(row, mIoU='24.32'), dict(row, mIoU=''), {key: row[key] for key in row if key != 'mIoU'}):
        with pytest.raises(AssertionError, match='nyud_plain'):
            check_figures(wrong, entry)
    with pytest.raises(AssertionError, match='nyud_plain'):
        check_figures(row, None)


def test_readmes_name_only_configs_and_link_only_to_what_exists():
    assert set(read_readmes(CONFIGS)) == set(list_configs(CONFIGS))
    for readme in CONFIGS.glob('*/README.md'):
        links = re.findall(r'\]\(([^)#]+)\)', readme.read_text())
        assert all((readme.parent / link).exists() for link in links if '://' not in link)


def test_every_method_has_a_readme_and_a_metafile_that_the_model_index_names():
    folders = {method_of(path, CONFIGS) for path in list_configs(CONFIGS)}
    index = yaml.safe_load((CONFIGS / 'model-index.yml').read_text())['Import']
    assert sorted(index) == sorted(f'configs/{folder.name}/metafile.yml' for folder in folders)
    for folder in folders:
        (collection,) = yaml.safe_load((folder / 'metafile.yml').read_text())['Collections']
        assert ROOT / collection['README'] == folder / 'README.md'
        assert collection['Paper']['URL'] in (folder / 'README.md').read_text()
        entries = [entry for path, entry in read_metafiles(CONFIGS).items() if method_of(path, CONFIGS) == folder]
        assert {entry['In Collection'] for entry in entries} <= {collection['Name']}


def test_entries_of_metafiles_are_of_configs_and_none_claims_what_was_not_measured():
    metafiles = read_metafiles(CONFIGS)
    assert all(path.is_file() and entry['Name'] == path.stem for path, entry in metafiles.items())
    figures = {value for entry in metafiles.values() for value in figures_of(entry).values()}
    assert figures and not PUBLISHED & figures
    assert not any('Weights' in entry for entry in metafiles.values())


def test_every_result_stands_in_the_documentation_and_the_readme_has_no_others():
    numbers = set(map(float, NUMBER.findall((ROOT / 'docs/results.md').read_text())))
    results = [result for entry in read_metafiles(CONFIGS).values() for result in entry.get('Results', [])]
    assert {value for result in results for value in result['Metrics'].values()} <= numbers
    rows = [row for row in read_rows(ROOT / 'README.md') if 'mIoU' in row]
    assert {float(number) for row in rows for cell in row.values() for number in NUMBER.findall(cell)} <= numbers


def test_the_documentation_has_the_figures_of_the_metafiles():
    """A row that begins with nothing but a config's name has that config's figures, under the same headers."""
    entries = {path.stem: figures_of(entry) for path, entry in read_metafiles(CONFIGS).items()}
    compared = 0
    for document in (ROOT / 'README.md', *(ROOT / 'docs').glob('*.md')):
        for row in read_rows(document):
            if match := OWN_CELL.fullmatch(next(iter(row.values()))):
                figures = entries.get(match[1] or match[3], {})
                for header in row.keys() & figures.keys():
                    assert float(row[header]) == figures[header], f'{document}: {row}'
                    compared += 1
    assert compared > 20


@pytest.mark.parametrize('name', ['mtcp_nyud_atrc', 'mtcp_pascal_atrc'])
def test_atrc_is_trained_and_scored_on_one_canvas(shipped_config, name):
    cfg = shipped_config(name)
    crop = next(t for t in cfg.train_dataloader.dataset.pipeline if t['type'] == 'MultiTaskRandomCrop')
    sizes = (cfg.canvas, crop['size'], cfg.model.data_preprocessor.size, cfg.model.data_preprocessor.test_cfg['size'])
    assert len(set(map(tuple, sizes))) == 1
    assert cfg.val_evaluator.protocol == cfg.test_evaluator.protocol == 'atrc'


@pytest.mark.parametrize(
    'name, slow, fresh', [('mtcp_nyud_small', 'backbone.encoder.', 3e-3), ('nyud_plain', 'backbone.', 1e-3)]
)
def test_the_pretrained_encoder_alone_learns_slowly(shipped_config, name, slow, fresh):
    cfg = shipped_config(name)
    model = MODELS.build(cfg.model)
    names = {id(parameter): key for key, parameter in model.named_parameters()}
    rates = {}
    for group in build_optim_wrapper(model, cfg.optim_wrapper).optimizer.param_groups:
        rates |= {names[id(parameter)]: group['lr'] for parameter in group['params']}
    assert rates.keys() == set(names.values())
    assert all(rate == pytest.approx(5e-4 if key.startswith(slow) else fresh) for key, rate in rates.items())


@pytest.mark.parametrize('name', ['mtcp_nyud_small', 'mtcp_rooms', 'mtcp_rooms_pascal'])
def test_the_shared_map_has_the_scale_of_what_residuals_add(shipped_config, name):
    backbone = shipped_config(name).model.backbone
    backbone.encoder.init_cfg = None
    shared = MODELS.build(backbone)(100 * torch.randn(2, 3, 64, 64))[0]
    assert 0.5 < shared.std() < 2
