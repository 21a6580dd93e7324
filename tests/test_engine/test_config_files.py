import pytest
from mmengine.config import Config

from mtcp_mm.engine.config_files import read_files, recorded_files


@pytest.fixture
def config(tmp_path):
    (tmp_path / 'base.py').write_text('part = dict(a=1, b=2)\n')
    (tmp_path / 'child.py').write_text("_base_ = './base.py'\npart = dict(b=3)\nother = 4\n")
    return tmp_path / 'child.py'


def test_each_file_says_what_it_writes_itself_bases_first(config):
    base, child = read_files(Config.fromfile(config))
    assert dict(base.own) == dict(base.settings) == dict(part=dict(a=1, b=2))
    assert dict(child.own) == dict(part=dict(b=3), other=4)
    assert dict(child.settings) == dict(part=dict(a=1, b=3), other=4)


def test_a_config_without_a_file_has_none(config):
    assert read_files(Config(dict(part=1))) == []
    cfg = Config.fromfile(config)
    config.unlink()
    assert read_files(cfg) == []


def test_mmengines_functions_are_put_back_after_an_error(config):
    before = {name: vars(Config)[name] for name in ('_file2dict', '_parse_lazy_import', '_merge_a_into_b')}
    with pytest.raises(KeyError), recorded_files():
        assert vars(Config)['_merge_a_into_b'] is not before['_merge_a_into_b']
        raise KeyError
    assert all(vars(Config)[name] is function for name, function in before.items())
