"""Measuring the parts of a network."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from torch import nn


class PartMeter:
    """Adds up by part how far a reading advances while a network runs: a clock, or a count of operations.

    Parts may be nested. What an inner part takes does not count for the outer one.

    Args:
        parts: Modules and the names of their parts. Several modules may have the same name.
        read: Returns the reading.

    Attributes:
        totals: By part, how far the reading has advanced.
    """

    def __init__(self, parts: Mapping[nn.Module, str], read: Callable[[], float]) -> None:
        self.totals: dict[str, float] = {}
        self._parts = parts
        self._read = read
        self._open: list[str] = []
        self._last = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Within this context, the reading counts for a part."""
        self._enter(name)
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Within this context, calls of the modules are measured."""
        handles = []
        for module, name in self._parts.items():
            handles.append(module.register_forward_pre_hook(lambda *_, name=name: self._enter(name)))
            handles.append(module.register_forward_hook(lambda *_: self._leave(), always_call=True))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, name: str) -> None:
        self._count()
        self._open.append(name)

    def _leave(self) -> None:
        self._count()
        self._open.pop()

    def _count(self) -> None:
        """Counts the advance since the last call for the innermost open part."""
        reading = self._read()
        if self._open:
            self.totals[self._open[-1]] = self.totals.get(self._open[-1], 0) + reading - self._last
        self._last = reading
