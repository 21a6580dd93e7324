import pytest
from mmengine.model import PretrainedInit
from mmseg.registry import MODELS, TRANSFORMS, WEIGHT_INITIALIZERS

from mtcp_mm.datasets.transforms import LoadImage
from mtcp_mm.utils import ConfigError, is_pretrained, resolve_type


@pytest.mark.parametrize(
    'written',
    [LoadImage, 'LoadImage', 'mmseg.LoadImage', 'mtcp_mm.datasets.transforms.LoadImage', 'mtcp_mm.datasets.LoadImage'],
)
def test_a_type_may_be_a_class_or_any_of_its_names(written):
    assert resolve_type(dict(type=written), TRANSFORMS) is LoadImage


@pytest.mark.parametrize('written', [PretrainedInit, 'Pretrained', 'mmengine.Pretrained'])
def test_parents_of_the_registry_are_asked(written):
    assert resolve_type(dict(type=written), WEIGHT_INITIALIZERS) is PretrainedInit


def test_the_scope_of_the_config_is_used():
    mmdet, mmseg = (resolve_type(dict(type='FPN', _scope_=scope), MODELS) for scope in ('mmdet', 'mmseg'))
    assert (mmdet.__module__, mmseg.__module__) == ('mmdet.models.necks.fpn', 'mmseg.models.necks.fpn')


@pytest.mark.parametrize('written', ['LaodImage', 'mmseg.LaodImage', 'no.such.module', '', None])
def test_an_unknown_type_is_named(written):
    with pytest.raises(ConfigError, match=f'type={written!r} is not a known transform'):
        resolve_type({} if written is None else dict(type=written), TRANSFORMS)


def test_an_initialization_of_a_kind_that_only_its_module_knows_is_not_pretrained():
    assert is_pretrained(dict(type='Pretrained', checkpoint='x'))
    assert not is_pretrained(dict(type='Pretrained_Part', checkpoint='x'))  # mmseg's vision transformer looks for it
