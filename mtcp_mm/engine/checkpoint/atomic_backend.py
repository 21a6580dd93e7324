import os
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend


@register_backend('atomic')
class AtomicLocalBackend(LocalBackend):
    """Local files that are written whole or not at all.

    A write that is broken off, by a kill or by a full disk, leaves the file as it was. In MMEngine's configs:
    ``backend_args=dict(backend='atomic')``.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Writes bytes to a file, whose folder is made if need be.

        Raises:
            OSError: They cannot be written; what the file held before is untouched.
        """
        path = Path(filepath)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f'.{path.name}.tmp')  # a fixed name: the next write reuses what a kill left
        try:
            with open(unfinished, 'wb') as file:
                file.write(obj)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        except BaseException as error:
            unfinished.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise OSError(
                    error.errno,
                    f'{path} cannot be written ({error.strerror}); what it held before is untouched. '
                    'Make room or correct the permissions, then resume',
                ) from error
            raise

    def put_text(self, obj: str, filepath: str | Path, encoding: str = 'utf-8') -> None:
        """Writes text to a file; see :meth:`put`."""
        self.put(obj.encode(encoding), filepath)
