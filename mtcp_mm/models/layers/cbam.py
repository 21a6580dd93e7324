import torch
import torch.nn.functional as F
from mmcv.cnn import build_conv_layer
from torch import Tensor, nn

from mtcp_mm.models.recomputation import recompute


class CBAM(nn.Module):
    """Convolutional Block Attention Module: attention over channels, then over positions (Woo et al., ECCV 2018).

    ::

        x <- x * sigmoid(MLP(mean over positions) + MLP(max over positions))
        x <- x * sigmoid(conv(mean over channels, max over channels))

    Args:
        channels: Channels of the input and the output.
        reduction: The hidden layer of the MLP has ``channels / reduction`` channels, but at least four.
        kernel_size: Size of the spatial convolution, odd.
        conv_cfg: Config of the convolutions; ``Conv2d`` by default.
    """

    def __init__(self, channels: int, reduction: int = 16, kernel_size: int = 7, conv_cfg: dict | None = None) -> None:
        super().__init__()
        hidden = max(channels // reduction, 4)
        self.channel_mlp = nn.Sequential(
            build_conv_layer(conv_cfg, channels, hidden, 1, bias=False),
            nn.ReLU(),
            build_conv_layer(conv_cfg, hidden, channels, 1, bias=False),
        )
        self.spatial_conv = build_conv_layer(conv_cfg, 2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Weights the channels and positions of a map (B, C, H, W)."""
        # Channels come last, as transformers and convolutions leave them in memory, so that gradients have the same
        # layout.
        x = x.permute(0, 2, 3, 1)
        pooled = torch.stack([x.mean((1, 2)), largest(x.flatten(1, 2), 1)])
        first, activation, last = self.channel_mlp
        scores = convolve_vectors(last, activation(convolve_vectors(first, pooled)))
        channel = scores.sum(0).sigmoid()[:, None, None]
        weighted = x * channel
        summary = torch.stack([weighted.mean(-1), largest(weighted, -1)], dim=1)
        spatial = self.spatial_conv(summary).sigmoid().permute(0, 2, 3, 1)
        if torch.is_grad_enabled():
            del weighted  # A product computed again costs less than a map kept for the backward pass.
            return recompute(product, x, channel, spatial).permute(0, 3, 1, 2)
        return weighted.mul_(spatial).permute(0, 3, 1, 2)


def convolve_vectors(conv: nn.Module, x: Tensor) -> Tensor:
    """Applies a 1x1 convolution without bias to vectors (2, B, C).

    A product with the weights is faster than a convolution of maps of one pixel.
    """
    if type(conv) is nn.Conv2d:
        return F.linear(x, conv.weight.flatten(1))
    return conv(x.flatten(0, 1)[:, :, None, None]).flatten(1).unflatten(0, (2, -1))


def largest(x: Tensor, dim: int) -> Tensor:
    """Returns the maximum along a dimension.

    ``amax`` is ten times faster than ``max``, which also finds positions. But its gradient passes over the whole map
    three times, that of ``max`` once.
    """
    return x.max(dim).values if x.requires_grad else x.amax(dim)


def product(x: Tensor, channel: Tensor, spatial: Tensor) -> Tensor:
    """Multiplies a map (B, H, W, C) by weights of channels (B, 1, 1, C) and of positions (B, H, W, 1)."""
    return x * channel * spatial
