"""What the user can mend, as opposed to faults of the code."""


class UserError(ValueError):
    """Something that the user can mend: a config, a file, a machine.

    The message names what is wrong and the remedy. Tools end with it alone, without a traceback.
    """


class ConfigError(UserError):
    """Settings that cannot work or contradict each other; the message names them, with both values."""


class MissingFileError(UserError, FileNotFoundError):
    """A file or folder that is asked for is not there; the message names it, and where it was looked for."""
