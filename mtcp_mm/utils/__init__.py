"""What several parts need that has nothing to do with tasks."""

from .encoding import encode_array, encode_picture
from .errors import ConfigError, UserError
from .exit_status import exit_status, explain, quiet_writers
from .files import UnwritableError, atomic_file, atomic_write, is_vacant, make_folder, whole_folder
from .packages import MissingPackageError, require_packages
from .parallel import drain, run_jobs, usable_cores
from .photo import read_photo, to_rgb
from .thinning import thin
from .video import VideoFile, VideoWriter

__all__ = [
    'ConfigError', 'MissingPackageError', 'UnwritableError', 'UserError', 'VideoFile', 'VideoWriter', 'atomic_file',
    'atomic_write', 'drain', 'encode_array', 'encode_picture', 'exit_status', 'explain', 'is_vacant', 'make_folder',
    'quiet_writers', 'read_photo', 'require_packages', 'run_jobs', 'thin', 'to_rgb', 'usable_cores',
    'whole_folder',
]  # fmt: skip
