import hashlib

import pytest

from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.apis.model_zoo import DEFAULT, find_model, find_root, read_zoo
from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.utils import MissingFileError, UserError

METAFILE = """
Config: configs/mtcp/mtcp_nyud_small.py
Weights: {name}.pth
SHA256: {digest}
"""


@pytest.fixture
def zoo(tmp_path):
    for name in ('large', DEFAULT):
        (tmp_path / f'{name}.pth').write_bytes(name.encode())
        digest = hashlib.sha256(name.encode()).hexdigest()
        (tmp_path / f'{name}.yml').write_text(METAFILE.format(name=name, digest=digest))
    return tmp_path


def test_by_name_and_the_default_without_one(zoo):
    models = read_zoo(zoo)
    assert set(models) == {'large', DEFAULT}
    assert find_model(None, models) is models[DEFAULT]
    found = find_model('large', models)
    assert found.checkpoint == zoo / 'large.pth'
    assert found.config.is_file() and found.config.name == 'mtcp_nyud_small.py'


def test_unknown_name(zoo):
    with pytest.raises(UserError, match=rf'"huge" is not known; use one of large, {DEFAULT}, or give a config'):
        find_model('huge', read_zoo(zoo))


def test_no_models(tmp_path):
    with pytest.raises(UserError, match='none comes with this version'):
        find_model(None, read_zoo(tmp_path))


def test_damaged_and_missing_files(zoo):
    models = read_zoo(zoo)
    (zoo / 'large.pth').write_bytes(b'weighty')
    with pytest.raises(CheckpointError, match=r'large\.pth: its checksum is wrong'):
        find_model('large', models)
    (zoo / 'large.pth').unlink()
    with pytest.raises(MissingFileError, match=r'large\.pth'):
        find_model('large', models)


def test_configs_of_an_installed_package_and_of_the_sources(tmp_path):
    package = tmp_path / 'mtcp_mm'
    package.mkdir()
    assert find_root(package) == tmp_path
    (package / '.mim').mkdir()
    assert find_root(package) == package / '.mim'


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('no_such_network',), 'model "no_such_network"'),
        (('net.py',), r'give a checkpoint for net\.py'),
        ((None, 'no_such.pth'), r'no checkpoint file no_such\.pth'),
    ],
)
def test_the_inferencer_names_missing_arguments(arguments, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        MultiTaskInferencer(*arguments)
