from collections.abc import Sequence

from mmseg.models.necks import FPN
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.utils import ConfigError


@MODELS.register_module()
class FPNPixelDecoder(FPN):
    """A feature pyramid network as Mask2Former's pixel decoder: linear throughout, without a transformer.

    It passes on a pretrained encoder's features from the first step, whereas deformable attention has to be learned.
    It suits small networks and short schedules.

    Args:
        in_channels: Channels of the encoder's maps, fine to coarse.
        feat_channels: Channels of the pyramid.
        out_channels: Channels of the pixel embeddings, equal to ``feat_channels``.
        num_levels: Number of levels below the pixel embeddings that are returned, from the coarsest on; all by default.
        **kwargs: Further arguments of mmseg's ``FPN``.

    Raises:
        ConfigError: ``feat_channels`` and ``out_channels`` differ.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        feat_channels: int,
        out_channels: int,
        num_levels: int | None = None,
        **kwargs,
    ) -> None:
        if feat_channels != out_channels:
            raise ConfigError(
                f'FPNPixelDecoder has feat_channels {feat_channels}, out_channels {out_channels}; give the same number'
            )
        # Bilinear instead of the stock nearest neighbour, since depth is smooth.
        kwargs = dict(upsample_cfg=dict(mode='bilinear', align_corners=False)) | kwargs
        super().__init__(list(in_channels), out_channels, num_outs=len(in_channels), **kwargs)
        self.num_levels = len(in_channels) - 1 if num_levels is None else num_levels
        # Levels that nobody reads need no convolution.
        for i in range(1, len(in_channels) - self.num_levels):
            self.fpn_convs[i] = nn.Identity()

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Decodes an encoder's maps.

        Args:
            feats: Maps (B, C_i, h_i, w_i), fine to coarse.

        Returns:
            Pixel embeddings (B, out_channels, h_0, w_0), and the maps of ``num_levels`` other levels, coarse to fine.
        """
        pixels, *levels = super().forward(feats)
        return pixels, levels[::-1][: self.num_levels]
