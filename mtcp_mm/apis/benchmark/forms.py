"""Other forms of a network, against which it is measured."""

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
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


CONFIGURED = Form('', lambda network: None, nullcontext)
"""The network as its config describes it."""
