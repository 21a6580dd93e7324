from collections.abc import Iterable
from typing import Any

from mmseg.registry import OPTIMIZERS
from torch import Tensor
from torch.optim import AdamW


@OPTIMIZERS.register_module()
class FusedAdamW(AdamW):
    """AdamW that updates all parameters in one kernel where PyTorch has one for their device.

    It passes over memory once and launches one kernel in place of several for each parameter. Elsewhere (on the CPU
    before PyTorch 2.4) it is PyTorch's ``AdamW``. Both compute the same up to rounding.

    Args:
        params: Parameters, or parameter groups.
        **kwargs: Further arguments of ``AdamW``.
    """

    def __init__(self, params: Iterable[Tensor | dict[str, Any]], **kwargs: Any) -> None:
        params = list(params)
        try:
            # Groups are copied, since a refused attempt leaves its settings in them.
            super().__init__([dict(x) if isinstance(x, dict) else x for x in params], fused=True, **kwargs)
        except RuntimeError:
            super().__init__(params, **kwargs)
