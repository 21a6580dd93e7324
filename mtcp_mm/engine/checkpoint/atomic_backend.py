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
        """Writes bytes to a file, and creates its folder if necessary.

        Raises:
            UnwritableError: The file cannot be written; its old content is untouched.
        """
        # With a fixed token, the next save overwrites the large partial file that a killed run left.
        atomic_write(filepath, obj, token='tmp')

    def put_text(self, obj: str, filepath: str | Path, encoding: str = 'utf-8') -> None:
        """Writes text to a file; see :meth:`put`."""
        self.put(obj.encode(encoding), filepath)
