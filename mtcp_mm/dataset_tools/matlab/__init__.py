"""Reading MATLAB files, which are untrusted."""

from .mat_file import read_mat

__all__ = ['read_mat']
