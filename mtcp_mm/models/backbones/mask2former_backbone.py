from collections.abc import Sequence

import torch
from mmcv.cnn import build_norm_layer
from mmdet.models.layers import Mask2FormerTransformerDecoder, SinePositionalEncoding
from mmengine.config import ConfigDict
from mmengine.model import BaseModule, ModuleList, caffe2_xavier_init
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.models.layers import resize_to
from mtcp_mm.utils import ConfigError

MASK_LAYERS = ('all', 'last')


@MODELS.register_module()
class Mask2FormerBackbone(BaseModule):
    """Encoder, pixel decoder and transformer decoder of Mask2Former, up to one shared map (MT-CP, section 3.2).

    Let P be the pixel embeddings (B, C, h, w) at stride 4, and e_n the mask embedding of query n in a decoder layer.
    The mask logits are M_n = <e_n, P>, and the shared map is S = (sum_n M_n) * P. Since all of this is linear, the
    hundred masks at stride 4 are never computed, and the attention masks need only a smaller P::

        sum_n M_n      = <sum_n e_n, P>
        resize(M_n)    = <e_n, resize(P)>              P is resized once per level

    Modules are named as in mmdet's ``Mask2FormerHead``, without its class head (Cheng et al., *Masked-attention Mask
    Transformer for Universal Image Segmentation*, CVPR 2022).

    No stride is assumed: sizes come from the encoder's maps, and positions are relative to the image. Some encoders
    drop the rows and columns beyond a multiple of their coarsest stride, so that their maps are stretched over the
    whole image. For these, pad images to such a multiple (``size_divisor`` of the data preprocessor).

    Args:
        encoder: Config of the encoder; its maps go to the pixel decoder, fine to coarse.
        pixel_decoder: Config of the pixel decoder.
        transformer_decoder: Arguments of mmdet's ``Mask2FormerTransformerDecoder``.
        in_channels: Channels of the encoder's maps, fine to coarse, after the ``encoder_neck``.
        feat_channels: Channels of the decoders.
        out_channels: Channels C of the shared map.
        num_queries: Number of queries.
        num_levels: Levels of the pixel decoder that the queries attend to in turn, coarse to fine.
        mask_layers: ``'all'`` sums the masks of every decoder layer, as in the paper; ``'last'`` those of the last one
            only, as in the released code.
        mask_norm: Normalization over the summed masks (one channel) before they scale P. Its weight starts at zero and
            its bias at one, so that S starts as P and the contribution of the masks is learned. None, as in the paper,
            leaves it out.
        shared_norm: Normalization over the shared map, whose values are otherwise large: they are sums of hundreds of
            logits. None leaves it out. Do not normalize over channels: at each pixel S is a scalar times P, and the
            scalar would be lost.
        encoder_neck: Config of a neck that builds a pyramid for an encoder with a single stride, such as mmseg's
            ``Feature2Pyramid`` for a ViT. None leaves it out.
        init_cfg: Config of the initialization.

    Raises:
        ConfigError: ``mask_layers`` is unknown.
    """

    def __init__(
        self,
        encoder: dict,
        pixel_decoder: dict,
        transformer_decoder: dict,
        in_channels: Sequence[int],
        feat_channels: int = 256,
        out_channels: int = 256,
        num_queries: int = 100,
        num_levels: int = 3,
        mask_layers: str = 'all',
        mask_norm: dict | None = None,
        shared_norm: dict | None = dict(type='BN'),  # noqa: B006
        encoder_neck: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if mask_layers not in MASK_LAYERS:
            raise ConfigError(f'mask_layers {mask_layers!r} is unknown; choose one of {MASK_LAYERS}')
        self.mask_layers = mask_layers
        self.num_levels = num_levels
        self.in_channels = list(in_channels)
        self.encoder = MODELS.build(encoder)
        self.encoder_neck = nn.Identity() if encoder_neck is None else MODELS.build(encoder_neck)
        self.pixel_decoder = MODELS.build(
            dict(pixel_decoder, in_channels=self.in_channels, feat_channels=feat_channels, out_channels=out_channels)
        )
        self.transformer_decoder = Mask2FormerTransformerDecoder(**ConfigDict(transformer_decoder))
        width = self.transformer_decoder.embed_dims
        self.num_heads = self.transformer_decoder.layers[0].cross_attn.num_heads
        self.decoder_input_projs = ModuleList(
            nn.Identity() if width == feat_channels else nn.Conv2d(feat_channels, width, 1) for _ in range(num_levels)
        )
        self.decoder_positional_encoding = SinePositionalEncoding(num_feats=width // 2, normalize=True)
        self.query_embed = nn.Embedding(num_queries, width)
        self.query_feat = nn.Embedding(num_queries, width)
        self.level_embed = nn.Embedding(num_levels, width)
        self.mask_embed = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, out_channels)
        )
        self.mask_norm = nn.Identity()
        if mask_norm is not None:
            self.mask_norm = build_norm_layer(mask_norm, 1)[1]
            nn.init.zeros_(self.mask_norm.weight)
            nn.init.ones_(self.mask_norm.bias)
        self.shared_norm = nn.Identity() if shared_norm is None else build_norm_layer(shared_norm, out_channels)[1]

    def init_weights(self) -> None:
        """Initializes as mmdet's ``Mask2FormerHead`` does; weights from ``init_cfg`` are loaded afterwards."""
        if not self.is_init:
            for projection in self.decoder_input_projs:
                if isinstance(projection, nn.Conv2d):
                    caffe2_xavier_init(projection, bias=0)
            for parameter in self.transformer_decoder.parameters():
                if parameter.dim() > 1:
                    nn.init.xavier_normal_(parameter)
        super().init_weights()

    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Computes the shared map of images.

        Args:
            images: (B, 3, H, W).

        Returns:
            A tuple of one map (B, C, h, w), at the size of the encoder's finest, usually (ceil(H / 4), ceil(W / 4)).

        Raises:
            ConfigError: The encoder's maps do not have ``in_channels``.
        """
        pixels, levels = self.pixel_decoder(self._encode(images))
        total = self.sum_mask_embeddings(pixels, levels[: self.num_levels])
        # A sum of hundreds of logits: in float32 even under autocast, which does not cover products and sums.
        pixels = pixels.float()
        masks = self.mask_norm((total[..., None, None] * pixels).sum(1, keepdim=True))
        return (self.shared_norm(masks * pixels),)

    def sum_mask_embeddings(self, pixels: Tensor, levels: Sequence[Tensor]) -> Tensor:
        """Runs the transformer decoder.

        Args:
            pixels: Pixel embeddings (B, C, h, w).
            levels: Maps (B, feat_channels, h_l, w_l), coarse to fine.

        Returns:
            The sum of the mask embeddings over the queries and over ``mask_layers``, (B, C), float32.
        """
        keys = [self._keys(i, level) for i, level in enumerate(levels)]
        positions = [self._positions(level) for level in levels]
        resized = [resize_to(pixels.detach(), level.shape[-2:]).flatten(2) for level in levels]
        queries = self.query_feat.weight.expand(pixels.shape[0], -1, -1)
        query_pos = self.query_embed.weight.expand(pixels.shape[0], -1, -1)
        embeddings = self._mask_embeddings(queries)
        total: Tensor | float = 0.0
        for i, layer in enumerate(self.transformer_decoder.layers):
            level = i % self.num_levels
            queries = layer(
                query=queries,
                key=keys[level],
                value=keys[level],
                query_pos=query_pos,
                key_pos=positions[level],
                cross_attn_mask=self._attention_mask(embeddings, resized[level]),
            )
            embeddings = self._mask_embeddings(queries)
            summed = embeddings.float().sum(1)
            total = total + summed if self.mask_layers == 'all' else summed
        return total

    def _encode(self, images: Tensor) -> Sequence[Tensor]:
        """Returns the encoder's maps (B, C_i, h_i, w_i), fine to coarse."""
        maps = self.encoder_neck(self.encoder(images))
        channels = [x.shape[1] if x.ndim == 4 else tuple(x.shape) for x in maps]
        if channels != self.in_channels:
            raise ConfigError(
                f'in_channels is {self.in_channels}, but encoder {type(self.encoder).__name__} gives {channels} '
                '(channels per map; the whole shape of an output that is not a map). Change in_channels or the output '
                'of the encoder (out_indices, out_type, ...), or add an encoder_neck if it has a single stride'
            )
        return maps

    def _keys(self, index: int, level: Tensor) -> Tensor:
        """Returns the tokens of a level with its embedding, (B, h_l * w_l, width)."""
        tokens = self.decoder_input_projs[index](level).flatten(2).transpose(1, 2)
        return tokens + self.level_embed.weight[index]

    def _positions(self, level: Tensor) -> Tensor:
        """Returns the positional encoding of a level, (1, h_l * w_l, width)."""
        no_padding = level.new_zeros((1, *level.shape[-2:]), dtype=torch.bool)
        return self.decoder_positional_encoding(no_padding).flatten(2).transpose(1, 2)

    def _mask_embeddings(self, queries: Tensor) -> Tensor:
        """Returns the mask embedding of each query, (B, queries, C)."""
        return self.mask_embed(self.transformer_decoder.post_norm(queries))

    @torch.no_grad()
    def _attention_mask(self, embeddings: Tensor, pixels: Tensor) -> Tensor:
        """Returns the positions that queries must not attend to, bool (B * heads, queries, positions)."""
        outside = embeddings @ pixels < 0
        # A query whose mask is empty attends to all positions.
        outside = outside & ~outside.all(-1, keepdim=True)
        return outside.repeat_interleave(self.num_heads, 0)
