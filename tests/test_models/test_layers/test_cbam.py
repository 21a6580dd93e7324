import torch

from mtcp_mm.models.layers import CBAM


def sigmoid(x: torch.Tensor) -> torch.Tensor:
    return 1 / (1 + torch.exp(-x))


def test_equals_the_formula_written_out():
    module, x = CBAM(32, reduction=4), torch.randn(2, 32, 5, 6)
    first, last = (module.channel_mlp[i].weight[..., 0, 0] for i in (0, 2))
    channel = sum((pooled @ first.T).clamp(min=0) @ last.T for pooled in (x.mean((2, 3)), x.flatten(2).max(2).values))
    weighed = x * sigmoid(channel)[..., None, None]
    summary = torch.nn.functional.pad(torch.stack([weighed.mean(1), weighed.max(1).values], 1), (3, 3, 3, 3))
    windows = summary.unfold(2, 7, 1).unfold(3, 7, 1)
    spatial = torch.einsum('bchwij,cij->bhw', windows, module.spatial_conv.weight[0])
    torch.testing.assert_close(module(x), weighed * sigmoid(spatial)[:, None], rtol=1e-5, atol=1e-5)


def test_without_gradients_the_same():
    module, x = CBAM(32), torch.randn(2, 32, 5, 6)
    with_positions = module(x.requires_grad_())
    with torch.no_grad():
        torch.testing.assert_close(module(x.detach()), with_positions.detach())


def test_gradients(gradients):
    module, x = CBAM(6, kernel_size=3).double(), torch.randn(1, 6, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(module, x)
    module(x).sum().backward()
    gradients(module)


def test_hidden_layer_has_at_least_four_channels():
    assert CBAM(16).channel_mlp[0].out_channels == 4 and CBAM(256).channel_mlp[0].out_channels == 16
