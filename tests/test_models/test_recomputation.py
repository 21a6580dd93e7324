import copy
from functools import partial

import pytest
import torch
from torch import nn

from mtcp_mm.models.recomputation import recompute, recompute_blocks


def test_results_are_computed_twice_and_not_kept(saved_bytes):
    x = torch.randn(64, 64, requires_grad=True)

    def function(x: torch.Tensor) -> torch.Tensor:
        return x.sin().sin().sin().sin()

    assert saved_bytes(partial(recompute, function), x) < 0.5 * saved_bytes(function, x)
    (expected,) = torch.autograd.grad(function(x).sum(), x)
    (gradient,) = torch.autograd.grad(recompute(function, x).sum(), x)
    torch.testing.assert_close(gradient, expected, rtol=0, atol=0)


def test_the_random_state_is_the_same_both_times():
    x = torch.ones(1000, requires_grad=True)
    out = recompute(lambda x: nn.functional.dropout(x * x), x)
    out.sum().backward()
    torch.testing.assert_close(x.grad, 2 * out.detach())


@pytest.fixture
def pair(make_network) -> tuple[nn.Module, nn.Module]:
    """The tiny network, and a copy that computes its blocks again."""
    plain = make_network()
    recomputed = make_network(activation_checkpointing=True)
    recomputed.load_state_dict(plain.state_dict(), strict=True)
    return plain, recomputed


def test_a_step_of_the_network_is_the_same_with_less_memory(pair, make_samples, saved_bytes, gradients):
    images, samples = torch.randn(2, 3, 64, 64), make_samples(2, 64, 64)
    results, sizes = [], []
    for network in pair:
        sizes.append(saved_bytes(network.loss, images, samples, module=network))
        losses = network.loss(images, samples)
        sum(losses.values()).backward()
        results.append([losses, gradients(network), dict(network.named_buffers())])
    torch.testing.assert_close(*results, rtol=1e-5, atol=1e-5)
    assert sizes[1] < 0.8 * sizes[0]


def test_a_copy_computes_with_its_own_weights(pair):
    _, network = pair
    images = torch.randn(1, 3, 64, 64)
    before = network.eval()(images, mode='tensor')['depth'].detach()
    other = copy.deepcopy(network)
    for parameter in other.neck.parameters():
        nn.init.normal_(parameter)
    assert not torch.equal(other(images, mode='tensor')['depth'], before)
    torch.testing.assert_close(network(images, mode='tensor')['depth'], before, rtol=0, atol=0)


def test_blocks_of_both_libraries_and_of_the_decoders(make_network):
    network = make_network()
    recompute_blocks(network)
    blocks = [type(m).__name__ for m in network.modules() if isinstance(vars(m).get('forward'), partial)]
    assert blocks.count('TraceableSwinBlock') == 3 * 4
    assert blocks.count('DeformableDetrTransformerEncoderLayer') == 2
    assert blocks.count('Mask2FormerTransformerDecoderLayer') == 4
