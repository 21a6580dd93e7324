"""Requirements, model index, wheel and source distribution."""

import email
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import mtcp_mm

if sys.version_info >= (3, 11):
    import tomllib

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / 'requirements'
FOLDERS = ('mtcp_mm', 'configs', 'docs', 'requirements', 'tests', 'tools')
SOURCES = (*FOLDERS, 'setup.py', 'pyproject.toml', 'README.md', 'LICENSE')
TREE_ONLY = {'demo.sh', 'env.sh', 'run_tests.sh'}
FAMILY = re.compile(r'(onedl-)?(mm|torch)')


def read_lines(name: str) -> list[str]:
    """Reads a requirements file without its comments."""
    lines = [line.split('#')[0].strip() for line in (REQUIREMENTS / f'{name}.txt').read_text().splitlines()]
    return [line for line in lines if line]


def project_name(requirement: str) -> str:
    return re.split(r'[^\w.-]', requirement)[0].lower().replace('_', '-')


def read_pins(name: str) -> set[str]:
    return {project_name(line) for line in read_lines(name) if '==' in line}


def load_yaml(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding='utf-8'))


@pytest.mark.parametrize(
    'constraints, names',
    [
        ('constraints', ['runtime', 'optional', 'tests', 'tests-no-deps', 'mminstall']),
        ('constraints-original', ['mminstall-original']),
    ],
)
def test_every_requirement_is_pinned(constraints, names):
    pins = read_pins('constraints') | read_pins(constraints)
    assert {project_name(line) for name in names for line in read_lines(name)} <= pins
    assert '-c constraints.txt' in read_lines('constraints-original')


@pytest.mark.skipif(sys.version_info < (3, 11), reason='tomllib came with Python 3.11')
def test_tox_knows_both_families_and_their_files():
    tox = tomllib.loads((ROOT / 'pyproject.toml').read_text())['tool']['tox']
    environments = [tox['env_run_base'], tox['env']['original']]
    assert tox['env_list'] == ['maintained', 'original']
    for environment, family in zip(environments, ['mminstall', 'mminstall-original'], strict=True):
        assert f'-r requirements/{family}.txt' in environment['deps']
        files = [line.split()[1] for line in environment['deps'] if line.startswith('-')]
        assert all((ROOT / file).is_file() for file in files)
    assert (ROOT / environments[0]['commands_pre'][0][-1]).is_file()


def test_citation():
    citation = load_yaml(ROOT / 'CITATION.cff')
    assert {'cff-version', 'message', 'title', 'authors', 'license'} <= set(citation)
    assert (citation['cff-version'], citation['title'], citation['type']) == ('1.2.0', 'mtcp_mm', 'software')
    assert citation['version'] == mtcp_mm.__version__
    paper = citation['preferred-citation']
    assert paper['type'] == 'conference-paper'
    assert all(set(author) == {'given-names', 'family-names'} for author in paper['authors'])
    (collection,) = load_yaml(ROOT / 'configs/mtcp/metafile.yml')['Collections']
    assert (paper['title'], paper['url']) == (collection['Paper']['Title'], collection['Paper']['URL'])


@pytest.fixture(scope='module')
def backend(tmp_path_factory) -> Callable[[str, Path], Path]:
    """Calls setuptools as a build front end would, without network, in another process."""

    def call(hook: str, source: Path) -> Path:
        out = tmp_path_factory.mktemp('dist')
        code = f'from setuptools import build_meta; build_meta.{hook}({str(out)!r})'
        done = subprocess.run([sys.executable, '-c', code], cwd=source, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return next(out.iterdir())

    return call


@pytest.fixture(scope='module')
def source(tmp_path_factory) -> Path:
    """A copy of the tree, including files that runs left there."""
    source = tmp_path_factory.mktemp('source') / 'project'
    source.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, source / name)
    stale = source / 'build/lib/mtcp_mm/removed.py'
    stale.parent.mkdir(parents=True)
    stale.touch()
    return source


@pytest.fixture(scope='module')
def wheel(backend, source) -> Path:
    before = {path for path in source.rglob('*') if path.parts[len(source.parts)] not in ('build', 'mtcp_mm.egg-info')}
    wheel = backend('build_wheel', source)
    after = {path for path in source.rglob('*') if path.parts[len(source.parts)] not in ('build', 'mtcp_mm.egg-info')}
    assert after == before
    return wheel


def read_wheel(wheel: Path) -> dict[str, tuple[bytes, int]]:
    """Maps each file of a wheel to its content and mode; the list of them, whose order differs, aside."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            info.filename: (archive.read(info), info.external_attr >> 16)
            for info in archive.infolist()
            if not info.filename.endswith('/RECORD')
        }


def test_wheel_carries_package_configs_and_tools_and_nothing_else(wheel):
    package = {path for path in (ROOT / 'mtcp_mm').rglob('*') if path.is_file() and '__pycache__' not in path.parts}
    shipped = {path for folder in ('configs', 'tools') for path in (ROOT / folder).rglob('*.*') if path.is_file()}
    shipped = {path for path in shipped if '__pycache__' not in path.parts and path.name not in TREE_ONLY}
    expected = {path.relative_to(ROOT).as_posix() for path in package}
    expected |= {f'mtcp_mm/.mim/{path.relative_to(ROOT).as_posix()}' for path in shipped}
    expected ^= {'mtcp_mm/.mim/configs/model-index.yml', 'mtcp_mm/.mim/model-index.yml'}
    files = {name: file for name, file in read_wheel(wheel).items() if '.dist-info/' not in name}
    assert set(files) == expected
    assert files['mtcp_mm/.mim/tools/dist_train.sh'][1] & 0o111


def test_source_distribution_gives_the_same_wheel(backend, source, wheel, tmp_path):
    shutil.unpack_archive(backend('build_sdist', source), tmp_path)
    (unpacked,) = tmp_path.iterdir()
    assert read_wheel(backend('build_wheel', unpacked)) == read_wheel(wheel)
    assert (unpacked / 'tests/test_packaging.py').is_file() and (unpacked / 'docs/results.md').is_file()


def test_metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith('/METADATA')]
        metadata = email.message_from_bytes(archive.read(name))
    required = [line for line in metadata.get_all('Requires-Dist') if 'extra ==' not in line]
    assert metadata['Version'] == mtcp_mm.__version__
    assert {project_name(line) for line in required} == {project_name(line) for line in read_lines('runtime')}
    assert not any(FAMILY.match(line) for line in required)


def test_mim_reads_the_index_of_the_wheel(wheel, tmp_path):
    """``mim search mtcp_mm`` and ``mim download mtcp_mm --config NAME`` ask this of it."""
    load = pytest.importorskip('modelindex.load_model_index').load
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    mim = tmp_path / 'mtcp_mm/.mim'
    index = load(str(mim / 'model-index.yml'))
    metafiles = [load_yaml(path) for path in mim.glob('configs/*/metafile.yml')]
    entries = {entry['Name']: entry for metafile in metafiles for entry in metafile['Models']}
    assert sorted(model.name for model in index.models) == sorted(entries)
    assert all((mim / model.config).is_file() for model in index.models)
    assert all((mim / collection.readme).is_file() for collection in index.collections)
    for model in index.models:
        assert model.in_collection in {collection.name for collection in index.collections}
        results = [result.metrics for result in model.results or []]
        assert results == [result['Metrics'] for result in entries[model.name].get('Results', [])]


INSTALLED = """
import sys
from pathlib import Path
from mmengine.config import Config
import mtcp_mm

place = Path(mtcp_mm.__file__).parent
for config in ('mtcp_nyud.py', 'mtcp_rooms.py', 'plain/nyud_plain.py'):
    assert Config.fromfile(place / '.mim/configs' / config).model.type == 'MultiTaskSegmentor'
files = [module.__file__ for name, module in sys.modules.items() if name.split('.')[0] in ('mtcp_mm', 'tools')]
assert all(Path(file).is_relative_to(place) for file in files), files
assert place.is_relative_to(sys.argv[1]), place
"""


def test_installed_wheel_works_without_the_tree(wheel, tmp_path, monkeypatch):
    target = tmp_path / 'site'
    pip = [sys.executable, '-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--no-deps', '--no-index']
    subprocess.run([*pip, '--target', target, wheel], check=True)
    monkeypatch.setenv('PYTHONPATH', str(target))
    done = subprocess.run(
        [sys.executable, '-c', INSTALLED, target], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
