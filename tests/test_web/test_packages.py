import importlib.util

import pytest

from mtcp_mm.utils import MissingPackageError
from mtcp_mm.web import packages


def test_names_the_packages_that_are_missing(monkeypatch):
    monkeypatch.setattr(packages.importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(MissingPackageError, match='needs gradio, plotly: pip install gradio plotly'):
        packages.require_packages()


def test_is_content_with_what_is_there(monkeypatch):
    monkeypatch.setattr(packages.importlib.util, 'find_spec', lambda name: importlib.util)
    packages.require_packages()
