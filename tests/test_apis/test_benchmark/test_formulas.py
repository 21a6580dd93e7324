import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mtcp_mm.apis.benchmark.formulas import FORMULAS


@pytest.mark.parametrize('groups', [1, 2, 8])
@pytest.mark.parametrize('needs_input', [True, False])
def test_gradients_of_a_convolution_cost_as_much_as_the_convolution(groups, needs_input):
    conv = nn.Conv2d(8, 16, 3, padding=1, groups=groups)
    with FlopCounterMode(display=False, custom_mapping=FORMULAS) as counter:
        conv(torch.ones(2, 8, 6, 6, requires_grad=needs_input)).sum().backward()
    once = 2 * 2 * 36 * 16 * (8 // groups) * 9
    assert counter.get_total_flops() == once * (3 if needs_input else 2)


def test_gradients_of_a_strided_convolution():
    conv = nn.Conv2d(4, 6, 3, stride=2, padding=1)
    with FlopCounterMode(display=False, custom_mapping=FORMULAS) as counter:
        conv(torch.ones(1, 4, 8, 8, requires_grad=True)).sum().backward()
    assert counter.get_total_flops() == 3 * 2 * 16 * 6 * 4 * 9
