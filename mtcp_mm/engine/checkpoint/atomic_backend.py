from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from mtcp_mm.utils import atomic_write


@register_backend('atomic')
class AtomicLocalBackend(LocalBackend):
    """Local files that are written whole or not at all.

    A write that is broken off, by a kill or by a full disk, leaves the file as it was. In MMEngine's configs:
    ``backend_args=dict(backend='atomic')``.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Writes bytes to a file, whose folder is made if need be.

        Raises:
            UnwritableError: They cannot be written; what the file held before is untouched.
        """
        atomic_write(filepath, obj, token='tmp')  # a fixed one: checkpoints are large, and a kill may leave a part

    def put_text(self, obj: str, filepath: str | Path, encoding: str = 'utf-8') -> None:
        """Writes text to a file; see :meth:`put`."""
        self.put(obj.encode(encoding), filepath)
