"""Convolutional Block Attention Module."""

import torch
from torch import Tensor, nn


class CBAM(nn.Module):
    """Attention over channels, then over positions (Woo et al., ECCV 2018).

    ::

        x <- x * sigmoid(MLP(mean over positions) + MLP(max over positions))
        x <- x * sigmoid(conv(mean over channels, max over channels))

    Args:
        channels: Channels of the input and the output.
        reduction: The MLP's hidden layer has ``channels / reduction`` channels, at least four.
        kernel_size: Size of the spatial convolution, odd.
    """

    def __init__(self, channels: int, reduction: int = 16, kernel_size: int = 7) -> None:
        super().__init__()
        hidden = max(channels // reduction, 4)
        self.channel_mlp = nn.Sequential(
            nn.Conv2d(channels, hidden, 1, bias=False), nn.ReLU(), nn.Conv2d(hidden, channels, 1, bias=False)
        )
        self.spatial_conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Weighs a map (B, C, H, W)."""
        # Channels last, as transformers and convolutions leave maps in memory, so that gradients are laid out alike;
        # max rather than amax, whose gradient goes over the whole map three times.
        x = x.permute(0, 2, 3, 1)
        pooled = self.score_channels(x.mean((1, 2))) + self.score_channels(x.flatten(1, 2).max(1).values)
        x = x * pooled.sigmoid()[:, None, None]
        summary = torch.stack([x.mean(-1), x.max(-1).values], dim=1)
        return (x * self.spatial_conv(summary).sigmoid().permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    def score_channels(self, pooled: Tensor) -> Tensor:
        """Passes values (B, C) through the MLP."""
        return self.channel_mlp(pooled[:, :, None, None]).flatten(1)
