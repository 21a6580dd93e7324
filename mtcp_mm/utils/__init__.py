"""What several parts need that has nothing to do with tasks."""

from .errors import ConfigError, UserError
from .exit_status import exit_status
from .files import is_vacant, whole_folder, write_whole
from .packages import MissingPackageError, require_packages
from .parallel import drain, run_jobs, usable_cores
from .photo import PHOTO_SUFFIXES, read_photo, to_rgb
from .thinning import thin
from .untrusted import IrregularFileError, open_regular, reading, require_regular
from .video import VideoFile, VideoWriter

__all__ = [
    'PHOTO_SUFFIXES', 'ConfigError', 'IrregularFileError', 'MissingPackageError', 'UserError', 'VideoFile',
    'VideoWriter', 'drain', 'exit_status', 'is_vacant', 'open_regular', 'read_photo', 'reading', 'require_packages',
    'require_regular', 'run_jobs', 'thin', 'to_rgb', 'usable_cores', 'whole_folder', 'write_whole',
]  # fmt: skip
