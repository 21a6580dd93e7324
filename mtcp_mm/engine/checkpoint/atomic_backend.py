from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from mtcp_mm.utils import atomic_write


@register_backend('atomic')
class AtomicLocalBackend(LocalBackend):
    """File backend that writes local files whole or not at all.

    If a write is interrupted, by a kill or a full disk, the old file stays. In a config:
    ``backend_args=dict(backend='atomic')``.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Writes bytes to a file; makes its folder if necessary.

        Raises:
            UnwritableError: They cannot be written; what the file held before is untouched.
        """
        # The token is always the same: what a kill leaves of a large checkpoint is overwritten by the next.
        atomic_write(filepath, obj, token='tmp')

    def put_text(self, obj: str, filepath: str | Path, encoding: str = 'utf-8') -> None:
        """Writes text to a file; see :meth:`put`."""
        self.put(obj.encode(encoding), filepath)
