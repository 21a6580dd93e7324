"""A small data set for the tests."""

from tests.test_datasets.conftest import nyud, tasks

__all__ = ['nyud', 'tasks']
