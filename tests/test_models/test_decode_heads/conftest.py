from collections.abc import Callable

import pytest
import torch
from mmseg.registry import MODELS
from torch import Tensor

from mtcp_mm.models import MultiTaskHead


@pytest.fixture
def head(tasks: list[dict]) -> MultiTaskHead:
    return MODELS.build(dict(type='MultiTaskHead', tasks=tasks, in_channels=6, channels=8))


@pytest.fixture
def make_maps() -> Callable[..., dict[str, Tensor]]:
    """Makes a map of six channels for each of the three tasks."""

    def make(batch: int = 2) -> dict[str, Tensor]:
        return {name: torch.randn(batch, 6, 8, 12, requires_grad=True) for name in ('semseg', 'depth', 'normals')}

    return make
