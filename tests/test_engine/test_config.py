import pytest

from mtcp_mm.engine.config import find_missing_package, read_config
from mtcp_mm.utils import ConfigError, MissingFileError, MissingPackageError


def test_a_setting_of_the_top_level_applies_to_parts_with_the_bases_value(tmp_path):
    inner = "dict(tasks=tasks, data_root='old')"
    (tmp_path / 'base.py').write_text(
        f"tasks = [dict(name='a'), dict(name='b')]\ndata_root = 'old'\n"
        f'model = dict(tasks=tasks)\ntrain_dataloader = dict(dataset=dict(dataset={inner}))\n'
        f'val_evaluator = [dict(baseline={inner})]'
    )
    config = tmp_path / 'config.py'
    config.write_text("_base_ = './base.py'\ntasks = [dict(name='a')]")
    cfg = read_config(config, {'data_root': 'new'})
    assert cfg.model == dict(tasks=[dict(name='a')])
    assert cfg.train_dataloader.dataset.dataset == cfg.val_evaluator[0].baseline
    assert cfg.val_evaluator[0].baseline == dict(tasks=[dict(name='a')], data_root='new')


@pytest.mark.parametrize(
    'cause, expected',
    [
        ("from mtcp_mm.utils import MissingPackageError\nraise MissingPackageError('install it') from OSError('gone')",
         (MissingPackageError, 'install it')),
        ("raise ImportError('of another kind')", (ImportError, 'Failed to import custom modules')),
    ],
)  # fmt: skip
def test_a_missing_package_is_reported(tmp_path, monkeypatch, cause, expected):
    (tmp_path / 'asks_for_a_package.py').write_text(cause)
    (tmp_path / 'config.py').write_text("custom_imports = dict(imports=['asks_for_a_package'])")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError) as caught:
        read_config(tmp_path / 'config.py')
    kind, text = expected
    assert type(caught.value) is kind and text in str(caught.value)
    if kind is MissingPackageError:
        assert repr(caught.value.__cause__) == "OSError('gone')"


def raise_in_turn(*errors, explicit=False):
    """Raises each error while the one before it is handled."""
    *earlier, last = errors
    if not earlier:
        raise last
    try:
        raise_in_turn(*earlier, explicit=explicit)
    except Exception as error:
        if explicit:
            raise last from error
        raise last  # noqa: B904  # the error before is its context alone


@pytest.mark.parametrize('explicit', [True, False])
@pytest.mark.parametrize('outer', [(), (ImportError,), (OSError, ImportError, ValueError)])
def test_a_missing_package_is_found_under_any_number_of_other_errors(outer, explicit):
    missing = MissingPackageError('install it')
    with pytest.raises((outer or (MissingPackageError,))[-1]) as caught:
        raise_in_turn(KeyError('before'), missing, *(kind('after') for kind in outer), explicit=explicit)
    assert find_missing_package(caught.value) is missing


def test_a_missing_package_is_found_as_a_cause_that_was_not_being_handled():
    missing, error = MissingPackageError('install it'), ImportError('after')
    error.__cause__ = missing
    error.__context__ = OSError('handled meanwhile')
    assert find_missing_package(error) is missing


def test_other_errors_lead_to_no_missing_package():
    with pytest.raises(ImportError) as caught:
        raise_in_turn(OSError('x'), ImportError('y'))
    assert find_missing_package(caught.value) is None
    assert find_missing_package(None) is None


def test_a_config_that_is_not_python_is_named(tmp_path):
    (tmp_path / 'config.py').write_text('model = dict(')
    with pytest.raises(ConfigError, match=r'config\.py: '):
        read_config(tmp_path / 'config.py')


@pytest.mark.parametrize(('text', 'missing'), [(None, 'config'), ("_base_ = './gone.py'", 'gone')])
def test_a_file_that_does_not_exist_is_named(tmp_path, text, missing):
    if text:
        (tmp_path / 'config.py').write_text(text)
    with pytest.raises(MissingFileError, match=rf'{missing}\.py'):
        read_config(tmp_path / 'config.py')


@pytest.mark.parametrize('module', ['not_there', 'not_there.part'])
def test_a_module_that_custom_imports_names_and_python_does_not_find_has_a_remedy(tmp_path, module):
    (tmp_path / 'config.py').write_text(f'custom_imports = dict(imports=[{module!r}])')
    with pytest.raises(ConfigError, match="does not find, 'not_there'.*PYTHONPATH"):
        read_config(tmp_path / 'config.py')


def test_a_module_that_imports_another_that_is_not_there_is_a_bug(tmp_path, monkeypatch):
    (tmp_path / 'has_a_bug.py').write_text('import not_there')
    (tmp_path / 'config.py').write_text("custom_imports = dict(imports=['has_a_bug'])")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError) as caught:
        read_config(tmp_path / 'config.py')
    assert not isinstance(caught.value, ConfigError)


@pytest.mark.parametrize('option', ['model.neck.9.channels', 'model.channels.depth'])
def test_an_option_without_a_place_in_the_config_is_named(tmp_path, option):
    config = tmp_path / 'config.py'
    config.write_text("model = dict(neck=[dict(type='Neck')], channels=[1])")
    with pytest.raises(ConfigError, match=f'cannot take the options {option}: ') as caught:
        read_config(config, {option: 3})
    assert 'Neck' not in str(caught.value)
