"""What several parts need that has nothing to do with tasks."""

from .files import is_vacant, whole_folder, write_whole
from .packages import MissingPackageError
from .parallel import drain, run_jobs, usable_cores
from .thinning import thin

__all__ = [
    'MissingPackageError', 'drain', 'is_vacant', 'run_jobs', 'thin', 'usable_cores', 'whole_folder', 'write_whole',
]  # fmt: skip
