"""Mixed precision in bfloat16."""

import pytest
import torch
from mmseg.registry import OPTIM_WRAPPERS


def test_a_step_in_bfloat16_is_finite_and_close_to_one_in_float32(network, batch):
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4)
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    seen = []
    network.decode_head.convs['depth'].register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    with torch.no_grad():
        raw = network(**network.data_preprocessor(batch, True), mode='loss')
    expected = network.parse_losses(raw)[0]
    wrapper = OPTIM_WRAPPERS.build(dict(type='BF16OptimWrapper', optimizer=optimizer))
    logged = network.train_step(batch, wrapper)
    assert seen == [torch.float32, torch.bfloat16]
    assert logged['loss'].item() == pytest.approx(expected.item(), rel=0.02)
    assert all(value.isfinite() for value in logged.values())
    for name, parameter in network.named_parameters():
        assert parameter.dtype == torch.float32 and parameter.isfinite().all(), name
    assert sum(not torch.equal(parameter, before[name]) for name, parameter in network.named_parameters()) > 300
