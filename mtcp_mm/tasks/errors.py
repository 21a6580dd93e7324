"""Errors in data, as opposed to code."""

from mtcp_mm.utils import UserError


class DataError(UserError):
    """Data that cannot be used: a file is damaged, missing, or no map of its task.

    The message names the file, the reason and the remedy. Tools print it without a traceback.
    """
