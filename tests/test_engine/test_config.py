import pytest

from mtcp_mm.engine.config import read_config
from mtcp_mm.utils import MissingPackageError


def test_a_setting_of_the_top_level_holds_in_the_parts_that_a_base_gave_it(tmp_path):
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
def test_a_missing_package_is_told_as_it_is(tmp_path, monkeypatch, cause, expected):
    (tmp_path / 'asks_for_a_package.py').write_text(cause)
    (tmp_path / 'config.py').write_text("custom_imports = dict(imports=['asks_for_a_package'])")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError) as caught:
        read_config(tmp_path / 'config.py')
    kind, text = expected
    assert type(caught.value) is kind and text in str(caught.value)
    if kind is MissingPackageError:
        assert repr(caught.value.__cause__) == "OSError('gone')"
