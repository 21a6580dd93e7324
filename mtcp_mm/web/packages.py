"""What the page needs besides the package's own requirements."""

import importlib.util

from mtcp_mm.utils import MissingPackageError

PACKAGES = ('gradio', 'plotly')


def require_packages() -> None:
    """Checks what the page takes.

    Raises:
        MissingPackageError: A package is not installed.
    """
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        raise MissingPackageError(f'the web page needs {", ".join(missing)}: pip install {" ".join(PACKAGES)}')
