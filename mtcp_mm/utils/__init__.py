"""What several parts need that has nothing to do with tasks."""

from .encoding import encode_array, encode_picture
from .errors import ConfigError, UserError
from .exit_status import exit_status, explain, quiet_writers
from .files import UnwritableError, atomic_file, atomic_write, is_vacant, make_folder, whole_folder
from .packages import MissingPackageError, require_packages
from .parallel import drain, end_with_parent, run_jobs, usable_cores
from .photo import PHOTO_SUFFIXES, read_photo, to_rgb
from .thinning import thin
from .types import find_type, is_pretrained, plain, resolve_type
from .untrusted import IrregularFileError, open_regular, read_json, read_text, reading, require_regular
from .video import VideoFile, VideoWriter

__all__ = [
    'PHOTO_SUFFIXES', 'ConfigError', 'IrregularFileError', 'MissingPackageError', 'UnwritableError', 'UserError',
    'VideoFile', 'VideoWriter', 'atomic_file', 'atomic_write', 'drain', 'encode_array', 'encode_picture',
    'end_with_parent', 'exit_status', 'explain', 'find_type', 'is_pretrained', 'is_vacant', 'make_folder',
    'open_regular', 'plain', 'quiet_writers', 'read_json', 'read_photo', 'read_text', 'reading', 'require_packages',
    'require_regular', 'resolve_type', 'run_jobs', 'thin', 'to_rgb', 'usable_cores', 'whole_folder',
]  # fmt: skip
