"""The files of a config, each with what it writes itself."""

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

READERS = ('_file2dict', '_parse_lazy_import')
"""What MMEngine's Config reads a file with, and in turn the files that it inherits from."""
MERGE = '_merge_a_into_b'
"""What adds to these what the file writes itself."""
ONE_AT_A_TIME = threading.RLock()
"""Threads that replace the same names meanwhile would leave them replaced."""


@dataclass(frozen=True)
class Source:
    """A file of a config.

    Args:
        settings: What it has, together with what it inherits.
        own: What it writes itself; None where that is not known, as of pure Python configs.
    """

    settings: Mapping
    own: Mapping | None


def read_files(cfg: Config) -> list[Source]:
    """Returns a config's file and all that it inherits from, bases first; none of a config without a file."""
    path = getattr(cfg, 'filename', None)
    if not path or not Path(path).is_file():
        return []
    with recorded_files() as files:
        Config.fromfile(path, import_custom_modules=False)
    return files


@contextmanager
def recorded_files() -> Iterator[list[Source]]:
    """Collects the files that MMEngine reads meanwhile, of which it tells nothing but the end of the merging."""
    files: list[Source] = []
    own: list[Mapping | None] = []  # of the files that are being read, what they write themselves
    depth = 0

    def recording(read: Callable[..., tuple]) -> Callable[..., tuple]:
        def read_and_record(*args, **kwargs) -> tuple:
            own.append(None)
            content = read(*args, **kwargs)
            files.append(Source(copy.deepcopy(content[0]), own.pop()))  # a file that inherits may change it in place
            return content

        return staticmethod(read_and_record)

    with ONE_AT_A_TIME:
        readers = {name: vars(Config)[name] for name in (*READERS, MERGE)}
        merge = readers[MERGE].__func__

        def merge_and_record(a: dict, b: dict, *args, **kwargs) -> dict:
            nonlocal depth
            if own and not depth:
                own[-1] = copy.deepcopy(a)
            depth += 1
            try:
                return merge(a, b, *args, **kwargs)
            finally:
                depth -= 1

        for name in READERS:
            setattr(Config, name, recording(readers[name].__func__))
        setattr(Config, MERGE, staticmethod(merge_and_record))
        try:
            yield files
        finally:
            for name, reader in readers.items():
                setattr(Config, name, reader)
