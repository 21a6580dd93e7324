import pytest
from mmengine.config import Config

from mtcp_mm.engine.config_parts import find_parts, get_part, require_model, set_everywhere, task_names
from mtcp_mm.utils import ConfigError


def test_finds_every_part_with_a_key_with_its_place():
    cfg = dict(x=1, a=dict(x=2, b=[dict(x=3), dict(y=4), (dict(x=5),)]), c=dict(d=dict(x=6)))
    found = {place: part['x'] for place, part in find_parts(cfg, 'x')}
    assert found == {(): 1, ('a',): 2, ('a', 'b', 0): 3, ('a', 'b', 2, 0): 5, ('c', 'd'): 6}
    assert all(get_part(cfg, place)['x'] == value for place, value in found.items())
    assert [place for place, _ in find_parts(Config(cfg), 'x')] == list(found)


def test_the_value_of_a_key_is_not_searched():
    assert [place for place, _ in find_parts(dict(x=dict(x=1)), 'x')] == [()]


def test_a_place_without_a_part_gives_an_empty_one():
    cfg = dict(a=[dict(b=1)])
    for place in (('z',), ('a', 5), ('a', 'b'), ('a', 0, 'b'), ('a',), ('a', 0, 'b', 'c')):
        assert get_part(cfg, place) == {}


def test_sets_a_key_where_it_is_and_nowhere_else():
    cfg = Config(dict(a=dict(x=1), b=[dict(x=2), dict(y=3)]))
    set_everywhere(cfg, 'x', 9)
    assert cfg.to_dict() == dict(a=dict(x=9), b=[dict(x=9), dict(y=3)])


@pytest.mark.parametrize('settings', [{}, dict(model=None), dict(model='EncoderDecoder')])
def test_a_config_without_a_model_is_refused(settings):
    require_model(Config(dict(model=dict(type='EncoderDecoder'))))
    with pytest.raises(ConfigError, match='the config has no model'):
        require_model(Config(settings))


def test_names_of_tasks():
    assert task_names([dict(name='a'), dict(type='DepthMap'), 'b']) == ['a']
    assert task_names(None) == []
