import pytest

from mtcp_mm.utils import MissingPackageError, require_packages


def test_names_the_packages_that_are_missing_and_how_to_get_them():
    with pytest.raises(MissingPackageError, match='^the page needs no_such, nor_this: pip install no_such nor_this$'):
        require_packages('the page', ['numpy', 'no_such', 'nor_this'])


def test_installed_packages_pass():
    require_packages('the page', ['numpy', 'torch'])
