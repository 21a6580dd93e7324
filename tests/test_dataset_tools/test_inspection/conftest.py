"""The data set that the readers are tested with."""

from tests.test_datasets.conftest import nyud, tasks

__all__ = ['nyud', 'tasks']
