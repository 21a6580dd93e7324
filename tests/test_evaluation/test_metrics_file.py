import json
import logging
import os

import pytest
from mmengine.logging import MMLogger

from mtcp_mm.evaluation.metrics_file import work_dir, write_metrics


@pytest.fixture
def logger(tmp_path):
    """The logger of a runner with the work directory ``tmp_path``, current until the test ends."""
    name, log = 'test_metrics_file', tmp_path / '20240101_000000' / '20240101_000000.log'
    log.parent.mkdir()
    yield MMLogger.get_instance(name, log_file=str(log))
    for handler in MMLogger._instance_dict.pop(name).handlers:
        if isinstance(handler, logging.FileHandler):
            handler.close()


def test_the_work_dir_is_that_of_the_current_logger(tmp_path, logger):
    assert work_dir() == tmp_path


def test_a_logger_without_a_file_has_no_work_dir():
    MMLogger.get_instance('without_a_file')
    try:
        assert work_dir() is None
    finally:
        del MMLogger._instance_dict['without_a_file']


def test_the_file_is_strict_json(tmp_path):
    path = tmp_path / 'new' / 'metrics.json'
    network = {'a/b': 1.5, 'a/c': float('nan'), 'd/e': float('inf')}
    write_metrics(path, dict(network=network, constant={}, protocol='mti'))
    assert json.loads(path.read_text(), parse_constant=pytest.fail) == {
        'network': {'a/b': 1.5, 'a/c': None, 'd/e': None}, 'constant': {}, 'protocol': 'mti',
    }  # fmt: skip
    assert os.listdir(path.parent) == ['metrics.json']


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / 'metrics.json'
    write_metrics(path, dict(protocol='mti'))

    def full_disk(*args):
        raise OSError('no space left on device')

    monkeypatch.setattr(os, 'replace', full_disk)
    with pytest.raises(OSError, match='no space'):
        write_metrics(path, dict(protocol='atrc'))
    assert json.loads(path.read_text()) == {'protocol': 'mti'}
