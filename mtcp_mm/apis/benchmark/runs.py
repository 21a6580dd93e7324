"""What a benchmark measures: one inference, or one step of a training."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from .parts import BACKWARD, LOSS, OPTIMIZER, REST

Part = Callable[[str], AbstractContextManager]
"""Opens a part of a run by its name; see :meth:`PartMeter.part`."""
Context = Callable[[], AbstractContextManager]
Run = Callable[..., Any]
"""One run; it takes a :data:`Part`, without which its parts are not measured."""


def unmeasured(name: str) -> AbstractContextManager:
    """A part that is not measured."""
    return nullcontext()


class Inference:
    """One inference of a network: from preprocessed images to its raw maps.

    Args:
        network: The network; it is set to evaluation mode without gradients.
        images: Preprocessed images (B, 3, H, W).
        context: Makes the context of each run, such as autocast.
    """

    def __init__(self, network: nn.Module, images: Tensor, context: Context = nullcontext) -> None:
        self.network = network.eval().requires_grad_(False)
        self.images = images
        self.context = context

    def __call__(self, part: Part = unmeasured) -> Any:
        """Returns what the network predicts in mode ``'tensor'``."""
        with torch.no_grad(), self.context(), part(REST):
            return self.network(self.images, mode='tensor')


class TrainingStep:
    """One step of a training, as MMEngine's ``train_step`` does it.

    Args:
        network: The network; it is set to training mode.
        data: A batch as the data loader gives it: ``inputs`` and ``data_samples``.
        optimizer: The wrapper of its optimizer.
        context: Makes the context of each step.
    """

    def __init__(self, network: nn.Module, data: dict, optimizer: OptimWrapper, context: Context = nullcontext) -> None:
        self.network = network.train()
        self.data = data
        self.optimizer = optimizer
        self.context = context

    def __call__(self, part: Part = unmeasured) -> None:
        """Trains on the batch."""
        with self.context():
            with part(LOSS):
                with self.optimizer.optim_context(self.network):
                    data = self.network.data_preprocessor(self.data, True)
                    losses = self.network(**data, mode='loss')
                total, _ = self.network.parse_losses(losses)
            with part(BACKWARD):
                self.optimizer.backward(self.optimizer.scale_loss(total))
            with part(OPTIMIZER):
                self.optimizer.step()
                self.optimizer.zero_grad()
