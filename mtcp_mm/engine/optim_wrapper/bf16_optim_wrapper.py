from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.optim import OptimWrapper
from mmseg.registry import OPTIM_WRAPPERS
from torch import nn


@OPTIM_WRAPPERS.register_module()
class BF16OptimWrapper(OptimWrapper):
    """Trains in mixed precision with bfloat16, on the CPU and on accelerators.

    The forward pass and the losses run in autocast; parameters, gradients and the optimizer's state stay in float32.
    bfloat16 has the range of float32, so the loss needs no scaling. Checkpoints are those of
    :class:`mmengine.optim.OptimWrapper`, so a training can be resumed in either precision.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocasts on the device of the model's parameters."""
        device = next(model.parameters()).device
        with super().optim_context(model), torch.autocast(device.type, dtype=torch.bfloat16):
            yield
