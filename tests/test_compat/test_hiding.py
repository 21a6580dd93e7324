import importlib
import json
import sys

import pytest

from mtcp_mm.compat.hiding import hidden_package


def test_a_package_is_not_found_until_the_end(monkeypatch):
    monkeypatch.delitem(sys.modules, 'this', raising=False)
    with pytest.raises(ModuleNotFoundError), hidden_package('this'):
        importlib.import_module('this')
    assert 'this' not in sys.modules


def test_a_package_that_was_imported_stays():
    with hidden_package('json'):
        assert importlib.import_module('json') is json
    assert sys.modules['json'] is json
