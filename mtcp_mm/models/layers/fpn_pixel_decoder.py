from collections.abc import Sequence

from mmseg.models.necks import FPN
from mmseg.registry import MODELS
from torch import Tensor

from mtcp_mm.utils import ConfigError


@MODELS.register_module()
class FPNPixelDecoder(FPN):
    """A feature pyramid as Mask2Former's pixel decoder: linear all through, with no transformer in it.

    From a pretrained encoder it passes on what the encoder knows from the first step, where layers of deformable
    attention have to be learned: it suits small networks and short schedules.

    Args:
        in_channels: Channels of the encoder's maps, fine to coarse.
        feat_channels: Channels of the coarse maps, and of the pyramid.
        out_channels: Channels of the pixel embeddings; the same.
        **kwargs: Further arguments of mmseg's ``FPN``.

    Raises:
        ConfigError: ``feat_channels`` and ``out_channels`` differ.
    """

    def __init__(self, in_channels: Sequence[int], feat_channels: int, out_channels: int, **kwargs) -> None:
        if feat_channels != out_channels:
            raise ConfigError(
                f'one width for all levels, not feat_channels {feat_channels}, out_channels {out_channels}'
            )
        # Interpolated linearly, not to the nearest as the stock one: depth is smooth.
        kwargs = dict(upsample_cfg=dict(mode='bilinear', align_corners=False), **kwargs)
        super().__init__(list(in_channels), out_channels, num_outs=len(in_channels), **kwargs)

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Decodes an encoder's maps.

        Args:
            feats: Maps (B, C_i, h_i, w_i), fine to coarse.

        Returns:
            Pixel embeddings (B, out_channels, h_0, w_0), and the maps of all other levels, coarse to fine.
        """
        pixels, *levels = super().forward(feats)
        return pixels, levels[::-1]
