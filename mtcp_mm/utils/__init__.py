"""Utilities that do not depend on tasks."""

from .encoding import encode_array, encode_image
from .errors import ConfigError, MissingFileError, OccupiedFolderError, UnwritableError, UserError, is_write_error
from .files import atomic_file, atomic_write, is_vacant, make_folder, whole_folder
from .packages import MissingPackageError, require_packages
from .parallel import LostWorkerError, consume, process_pool, run_jobs, usable_cores
from .rgb_image import IMAGE_SUFFIXES, read_rgb, to_rgb
from .thinning import thin
from .translation import as_user_error, translated_errors
from .types import find_type, is_pretrained, plain_settings, resolve_type
from .untrusted import IrregularFileError, open_regular, read_json, read_text, reading, require_regular
from .video_file import VideoFile
from .video_writer import VideoWriter

__all__ = [
    'IMAGE_SUFFIXES', 'ConfigError', 'IrregularFileError', 'LostWorkerError', 'MissingFileError',
    'MissingPackageError', 'OccupiedFolderError', 'UnwritableError', 'UserError', 'VideoFile', 'VideoWriter',
    'as_user_error', 'atomic_file', 'atomic_write', 'consume', 'encode_array', 'encode_image', 'find_type',
    'is_pretrained', 'is_vacant', 'is_write_error', 'make_folder', 'open_regular', 'plain_settings', 'process_pool',
    'read_json', 'read_rgb', 'read_text', 'reading', 'require_packages', 'require_regular', 'resolve_type',
    'run_jobs', 'thin', 'to_rgb', 'translated_errors', 'usable_cores', 'whole_folder',
]  # fmt: skip
