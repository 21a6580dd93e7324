"""Other forms of a network, against which it is measured."""

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Form:
    """A way to compute a network.

    Attributes:
        name: Its name in reports.
        change: Changes a network in place.
        context: Makes the context in which the network is run.
    """

    name: str
    change: Callable[[nn.Module], None]
    context: Callable[[], AbstractContextManager]

    def applied(self, network: nn.Module) -> nn.Module:
        """Returns a changed copy of a network."""
        changed = copy.deepcopy(network)
        self.change(changed)
        return changed


def joined(*contexts: Callable[[], AbstractContextManager]) -> Callable[[], AbstractContextManager]:
    """Returns a function that makes several contexts as one."""

    @contextmanager
    def enter() -> Iterator[None]:
        with ExitStack() as stack:
            for context in contexts:
                stack.enter_context(context())
            yield

    return enter


CONFIGURED = Form('', lambda network: None, nullcontext)
"""The network as its config describes it."""
