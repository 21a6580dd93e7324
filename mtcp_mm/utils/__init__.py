"""What several parts need that has nothing to do with tasks."""

from .errors import ConfigError, UserError
from .exit_status import exit_status
from .files import is_vacant, whole_folder, write_whole
from .packages import MissingPackageError, require_packages
from .parallel import drain, end_with_parent, run_jobs, usable_cores
from .photo import PHOTO_SUFFIXES, read_photo, to_rgb
from .thinning import thin
from .types import find_type, is_pretrained, plain, resolve_type
from .video import VideoFile, VideoWriter

__all__ = [
    'PHOTO_SUFFIXES', 'ConfigError', 'MissingPackageError', 'UserError', 'VideoFile', 'VideoWriter', 'drain',
    'end_with_parent', 'exit_status', 'find_type', 'is_pretrained', 'is_vacant', 'plain', 'read_photo',
    'require_packages', 'resolve_type', 'run_jobs', 'thin', 'to_rgb', 'usable_cores', 'whole_folder', 'write_whole',
]  # fmt: skip
