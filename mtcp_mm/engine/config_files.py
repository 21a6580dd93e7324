"""The files that a config is merged from.

MMEngine returns the merged settings alone. To find what each file sets itself, the config is read again while
MMEngine's functions that read and merge files are wrapped.
"""

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

READ_FUNCTIONS = ('_file2dict', '_parse_lazy_import')
"""MMEngine's functions that read one file and, in turn, the files that it inherits from."""
MERGE_FUNCTION = '_merge_a_into_b'
"""MMEngine's function that merges a file's own settings into those that it inherits."""
LOCK = threading.RLock()
"""Held while MMEngine's functions are wrapped: with two threads at once, they would stay wrapped."""


@dataclass(frozen=True)
class ConfigFile:
    """One file of a config.

    Args:
        settings: All its settings, inherited ones included.
        own: The settings that it sets itself; None if unknown, as for pure Python configs.
    """

    settings: Mapping
    own: Mapping | None


def read_files(cfg: Config) -> list[ConfigFile]:
    """Returns a config's file and all that it inherits from, bases first; none if the config has no file."""
    path = getattr(cfg, 'filename', None)
    if not path or not Path(path).is_file():
        return []
    with recorded_files() as files:
        Config.fromfile(path, import_custom_modules=False)
    return files


@contextmanager
def recorded_files() -> Iterator[list[ConfigFile]]:
    """Collects the files that MMEngine reads within this context."""
    recorder = FileRecorder()
    with LOCK:
        originals = {name: vars(Config)[name] for name in (*READ_FUNCTIONS, MERGE_FUNCTION)}
        for name in READ_FUNCTIONS:
            setattr(Config, name, staticmethod(recorder.wrap_reader(originals[name].__func__)))
        setattr(Config, MERGE_FUNCTION, staticmethod(recorder.wrap_merger(originals[MERGE_FUNCTION].__func__)))
        try:
            yield recorder.files
        finally:
            for name, original in originals.items():
                setattr(Config, name, original)


class FileRecorder:
    """Records each file that is read: its settings, and those that it sets itself.

    Attributes:
        files: The files read so far, in the order in which reading them ended.
    """

    def __init__(self) -> None:
        self.files: list[ConfigFile] = []
        self._own: list[Mapping | None] = []  # of the files that are being read now, the outermost first
        self._merges = 0  # that are running now: merging calls itself for inner settings

    def wrap_reader(self, read: Callable[..., tuple]) -> Callable[..., tuple]:
        """Returns a function that reads a file and records it."""

        def read_and_record(*args, **kwargs) -> tuple:
            self._own.append(None)
            content = read(*args, **kwargs)
            # A copy: a file that inherits from this one may change its settings in place.
            self.files.append(ConfigFile(copy.deepcopy(content[0]), self._own.pop()))
            return content

        return read_and_record

    def wrap_merger(self, merge: Callable[..., dict]) -> Callable[..., dict]:
        """Returns a function that merges settings and records them as the current file's own."""

        def merge_and_record(own: dict, inherited: dict, *args, **kwargs) -> dict:
            if self._own and not self._merges:
                self._own[-1] = copy.deepcopy(own)
            self._merges += 1
            try:
                return merge(own, inherited, *args, **kwargs)
            finally:
                self._merges -= 1

        return merge_and_record
