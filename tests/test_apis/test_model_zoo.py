import hashlib

import pytest

from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.apis.model_zoo import ZooModel, find_model
from mtcp_mm.engine.checkpoint import CheckpointError


@pytest.fixture
def models(tmp_path):
    checkpoint = tmp_path / 'small.pth'
    checkpoint.write_bytes(b'weights')
    return {'small': ZooModel(tmp_path / 'small.py', checkpoint, hashlib.sha256(b'weights').hexdigest())}


def test_by_name_and_the_first_without_one(models):
    assert find_model('small', models) is find_model(None, models) is models['small']


def test_unknown_name(models):
    with pytest.raises(ValueError, match=r'"large" is not known; use one of small'):
        find_model('large', models)


def test_no_models():
    with pytest.raises(ValueError, match='no trained network comes with'):
        find_model(None, {})


def test_damaged_and_missing_checkpoints(models):
    models['small'].checkpoint.write_bytes(b'weighty')
    with pytest.raises(CheckpointError, match=r'small\.pth: its checksum is wrong'):
        find_model('small', models)
    models['small'].checkpoint.unlink()
    with pytest.raises(FileNotFoundError, match=r'small\.pth'):
        find_model('small', models)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('no_such_network',), 'model "no_such_network"'),
        (('net.py',), r'give a checkpoint of net\.py'),
        ((None, 'net.pth'), r'net\.pth: give the config'),
    ],
)
def test_the_inferencer_says_what_is_missing(arguments, message):
    with pytest.raises(ValueError, match=message):
        MultiTaskInferencer(*arguments)
