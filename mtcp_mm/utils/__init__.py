"""What several parts need that has nothing to do with tasks."""

from .files import is_vacant, whole_folder, write_whole
from .parallel import drain, run_jobs, usable_cores
from .thinning import thin

__all__ = ['drain', 'is_vacant', 'run_jobs', 'thin', 'usable_cores', 'whole_folder', 'write_whole']
