"""What several parts need that has nothing to do with tasks."""

from .files import whole_folder, write_whole
from .parallel import run_jobs, usable_cores

__all__ = ['run_jobs', 'usable_cores', 'whole_folder', 'write_whole']
