import importlib
import subprocess
import sys

import pytest

from mtcp_mm.compat import ensure_mmdet


def test_a_broken_mmpretrain_does_no_harm(tmp_path):
    """mmdet and mmseg import it if it is installed. Afterwards, importing it still fails."""
    (tmp_path / 'mmpretrain.py').write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    script = f'import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport mtcp_mm, mmseg.datasets\nimport mmpretrain'
    run = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert run.stderr.splitlines()[-1] == 'RuntimeError: operator torchvision::nms does not exist'
    assert run.returncode == 1 and 'File "<string>", line 4, in <module>' in run.stderr
    assert run.stdout == ''


def test_an_mmpretrain_that_was_imported_stays(monkeypatch):
    package = object()
    monkeypatch.setitem(sys.modules, 'mmpretrain', package)
    monkeypatch.setattr(importlib, 'import_module', lambda name: seen.append(sys.modules['mmpretrain']))
    seen = []
    ensure_mmdet()
    assert seen == [package] * 2 and sys.modules['mmpretrain'] is package


def test_an_mmdet_that_is_missing_leaves_nothing_behind(monkeypatch):
    for name in [name for name in sys.modules if name.partition('.')[0] in ('mmdet', 'mmpretrain')]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, 'mmdet', None)
    with pytest.raises(ImportError, match='mmdet'):
        ensure_mmdet()
    assert 'mmpretrain' not in sys.modules
