"""What is wrong with data, as opposed to code."""

from mtcp_mm.utils import UserError


class DataError(UserError):
    """Data that cannot be used as they are: a file is damaged, missing, or not what its task expects.

    The message names the file, the reason and the remedy. Tools end with it alone, without a traceback.
    """
