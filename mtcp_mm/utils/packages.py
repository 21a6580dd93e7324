"""Packages that only some configs need."""


class MissingPackageError(ImportError):
    """A package that a config asks for is missing or does not load; the message says what to install.

    Tools end with it alone, without a traceback.
    """
