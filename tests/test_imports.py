"""Imports between the rooms of the package point one way."""

import ast
from graphlib import TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEVELS = (
    ('utils',),
    ('tasks', 'structures', 'compat'),
    ('models', 'datasets', 'evaluation', 'visualization'),
    ('engine',),
    ('apis', 'rooms', 'dataset_tools', 'model_converters'),
    ('web', 'cli'),
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
SIDEWAYS = {
    ('visualization', 'evaluation'),  # curves say which direction of a headline is the better one
    ('visualization', 'models'),  # curves tell losses by their names
    ('rooms', 'dataset_tools'),  # PASCAL's layout draws its edges as the preparation does
}
"""Arrows within a level."""


def find_modules() -> dict[str, Path]:
    """Returns the files of the package by the name of their module."""
    paths = {path: path.relative_to(ROOT).with_suffix('').parts for path in (ROOT / 'mtcp_mm').rglob('*.py')}
    return {'.'.join(parts).removesuffix('.__init__'): path for path, parts in paths.items()}


def read_imports(module: str, path: Path) -> set[str]:
    """Returns the full names that a file imports, those within its functions too."""
    package = module if path.name == '__init__.py' else module.rpartition('.')[0]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name('.' * node.level + (node.module or ''), package)
            names |= {f'{origin}.{alias.name}' for alias in node.names}
    return names


@pytest.fixture(scope='module')
def imports() -> dict[str, set[str]]:
    """The modules of the package that each of its modules imports."""
    modules = find_modules()
    found = {}
    for module, path in modules.items():
        names = read_imports(module, path)
        found[module] = {name if name in modules else name.rpartition('.')[0] for name in names} & modules.keys()
    return found


def test_rooms_import_from_below_only(imports):
    arrows = {}
    for module, targets in imports.items():
        for target in targets:
            if module.count('.') and target.count('.'):
                arrows.setdefault((module.split('.')[1], target.split('.')[1]), f'{module} imports {target}')
    arrows = {pair: where for pair, where in arrows.items() if pair[0] != pair[1]}
    assert len(arrows) > 20
    assert SIDEWAYS <= arrows.keys()
    for (room, other), where in arrows.items():
        assert LEVEL[room] > LEVEL[other] or (room, other) in SIDEWAYS, where


def test_no_room_lies_outside_the_levels():
    rooms = {path.parent.name for path in (ROOT / 'mtcp_mm').glob('*/__init__.py')}
    assert rooms == LEVEL.keys()


def test_no_modules_import_each_other(imports):
    TopologicalSorter({module: targets - {module} for module, targets in imports.items()}).prepare()
