"""What several parts need that has nothing to do with tasks."""

from .encoding import encode_array, encode_image
from .errors import ConfigError, MissingFileError, UserError
from .files import UnwritableError, atomic_file, atomic_write, explain, is_refused, is_vacant, make_folder, whole_folder
from .packages import MissingPackageError, require_packages
from .parallel import consume, end_with_parent, run_jobs, usable_cores
from .rgb_image import IMAGE_SUFFIXES, read_rgb, to_rgb
from .thinning import thin
from .types import find_type, is_pretrained, plain, resolve_type
from .untrusted import IrregularFileError, open_regular, read_json, read_text, reading, require_regular
from .video_file import VideoFile
from .video_writer import VideoWriter

__all__ = [
    'IMAGE_SUFFIXES', 'ConfigError', 'IrregularFileError', 'MissingFileError', 'MissingPackageError', 'UnwritableError', 'UserError',
    'VideoFile', 'VideoWriter', 'atomic_file', 'atomic_write', 'consume', 'encode_array', 'encode_image',
    'end_with_parent', 'explain', 'is_refused', 'find_type', 'is_pretrained', 'is_vacant', 'make_folder',
    'open_regular', 'plain', 'read_json', 'read_rgb', 'read_text', 'reading', 'require_packages',
    'require_regular', 'resolve_type', 'run_jobs', 'thin', 'to_rgb', 'usable_cores', 'whole_folder',
]  # fmt: skip
