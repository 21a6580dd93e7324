"""What goes wrong is said in words that help."""

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from mtcp_mm.models.losses import NonFiniteLossError

NETWORK = 'model'


@pytest.fixture
def network(make_config):
    init_default_scope('mmseg')
    torch.manual_seed(0)
    return MODELS.build(Config.fromfile(make_config('network')).model).train()
