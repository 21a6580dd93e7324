"""Mask2Formers of other projects with random weights, and their outputs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
import torch
from mmdet.registry import MODELS as DETECTION_MODELS
from mmengine.config import Config, ConfigDict
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.model_converters.mask2former import Sizes
from mtcp_mm.models import Mask2FormerBackbone

BASE = Path(__file__).parents[3] / 'configs/_base_/models/mtcp_swin_s.py'
NORMALIZE = dict(normalize=True)
Masks = tuple[Tensor, list[Tensor]]


@dataclass(frozen=True)
class Size:
    """Sizes of a Mask2Former."""

    embed_dims: int = 24
    depths: Sequence[int] = (2, 1, 2, 1)
    num_heads: Sequence[int] = (2, 2, 4, 4)
    window_size: int = 4
    channels: int = 64
    width: int = 64
    out_channels: int = 64
    ffn: Sequence[int] = (96, 80)
    layers: Sequence[int] = (2, 4)
    queries: int = 7

    @property
    def swin(self) -> dict:
        return dict(
            embed_dims=self.embed_dims,
            depths=list(self.depths),
            num_heads=list(self.num_heads),
            window_size=self.window_size,
        )

    @property
    def in_channels(self) -> list[int]:
        return [self.embed_dims * 2**stage for stage in range(4)]


FULL = dict(channels=256, width=256, out_channels=256, ffn=(1024, 2048), layers=(6, 9), queries=100, window_size=7)
SIZES = dict(
    small=Size(),
    unlike=Size(width=32, out_channels=48),
    swin_t=Size(embed_dims=96, depths=(2, 2, 6, 2), num_heads=(3, 6, 12, 24), **FULL),
    swin_s=Size(embed_dims=96, depths=(2, 2, 18, 2), num_heads=(3, 6, 12, 24), **FULL),
)


@pytest.fixture(scope='session')
def size_of() -> dict[str, Size]:
    """The sizes by name: ``small``, ``unlike`` (decoders of different widths), ``swin_t``, ``swin_s``."""
    return SIZES


@pytest.fixture(scope='session')
def liven() -> Callable[[nn.Module], nn.Module]:
    """Gives every parameter of a network random values, so that swapping any two changes the result."""

    def draw(module: nn.Module) -> nn.Module:
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                spread = parameter[0].numel() ** -0.5 if parameter.dim() > 1 and 'embed' not in name else 0.5
                parameter.normal_(0, spread, generator=generator)
                if parameter.dim() == 1 and name.endswith('weight'):  # of a norm
                    parameter += 1
        return module.eval()

    return draw


@pytest.fixture(scope='session')
def make_stock(liven) -> Callable[[str, Size], nn.Module]:
    """Makes the Mask2Former of MMSegmentation or of MMDetection."""

    def make(project: str, size: Size) -> nn.Module:
        head = stock_head(size)
        if project == 'MMSegmentation':
            swin = dict(type='SwinTransformer', **size.swin)
            head |= dict(type='Mask2FormerHead', num_classes=5)
            return liven(MODELS.build(ConfigDict(type='EncoderDecoder', backbone=swin, decode_head=head)))
        classes = dict(num_things_classes=2, num_stuff_classes=3)
        return liven(
            DETECTION_MODELS.build(
                ConfigDict(
                    type='mmdet.Mask2Former',
                    backbone=dict(type='mmdet.SwinTransformer', **size.swin),
                    panoptic_head=dict(type='mmdet.Mask2FormerHead', **classes, **head),
                    panoptic_fusion_head=dict(type='mmdet.MaskFormerFusionHead', **classes),
                )
            )
        )

    return make


def stock_head(size: Size) -> dict:
    """Returns the arguments that the heads of both projects have in common."""
    attention = dict(num_heads=8, batch_first=True)
    inner, outer = (dict(embed_dims=width, **attention) for width in (size.channels, size.width))
    ffns = [
        dict(embed_dims=width, feedforward_channels=channels, act_cfg=dict(type='ReLU', inplace=True))
        for width, channels in zip((size.channels, size.width), size.ffn, strict=True)
    ]
    return dict(
        in_channels=size.in_channels,
        feat_channels=size.width,
        out_channels=size.out_channels,
        num_queries=size.queries,
        num_transformer_feat_level=3,
        pixel_decoder=dict(
            type='mmdet.MSDeformAttnPixelDecoder',
            encoder=dict(
                num_layers=size.layers[0],
                layer_cfg=dict(self_attn_cfg=dict(**inner, num_levels=3, num_points=4), ffn_cfg=ffns[0]),
            ),
            positional_encoding=dict(num_feats=size.channels // 2, **NORMALIZE),
        ),
        positional_encoding=dict(num_feats=size.width // 2, **NORMALIZE),
        transformer_decoder=dict(
            num_layers=size.layers[1],
            return_intermediate=True,
            layer_cfg=dict(self_attn_cfg=outer, cross_attn_cfg=outer, ffn_cfg=ffns[1]),
        ),
        loss_cls=dict(type='mmdet.CrossEntropyLoss', class_weight=[1.0] * 6),
    )


@pytest.fixture(scope='session')
def transformers(torchvision: bool) -> ModuleType:
    """The package, which imports torchvision if it is installed."""
    return pytest.importorskip('transformers')


@pytest.fixture(scope='session')
def make_hugging_face(liven, transformers) -> Callable[[Size], nn.Module]:
    """Makes the Mask2Former of transformers."""

    def make(size: Size) -> nn.Module:
        swin = transformers.SwinConfig(
            embed_dim=size.embed_dims,
            depths=list(size.depths),
            num_heads=list(size.num_heads),
            window_size=size.window_size,
            out_features=['stage1', 'stage2', 'stage3', 'stage4'],
        )
        config = transformers.Mask2FormerConfig(
            backbone_config=swin,
            feature_size=size.channels,
            mask_feature_size=size.out_channels,
            hidden_dim=size.width,
            encoder_feedforward_dim=size.ffn[0],
            dim_feedforward=size.ffn[1],
            encoder_layers=size.layers[0],
            decoder_layers=size.layers[1] + 1,  # it counts the prediction before any layer
            num_queries=size.queries,
        )
        return liven(transformers.Mask2FormerForUniversalSegmentation(config))

    return make


@pytest.fixture(scope='session')
def make_backbone() -> Callable[[Sizes, Size], Mask2FormerBackbone]:
    """Makes a backbone of the recognized sizes, with the other settings of the source network."""

    def make(sizes: Sizes, size: Size) -> Mask2FormerBackbone:
        cfg = Config(dict(backbone=Config.fromfile(BASE).backbone))
        cfg.merge_from_dict(dict(backbone=sizes.settings()))
        backbone = cfg.backbone
        inner, outer = backbone.pixel_decoder.encoder.layer_cfg, backbone.transformer_decoder.layer_cfg
        backbone.pixel_decoder.positional_encoding.num_feats = size.channels // 2
        inner.self_attn_cfg.embed_dims = inner.ffn_cfg.embed_dims = size.channels
        for attention in (outer.self_attn_cfg, outer.cross_attn_cfg, outer.ffn_cfg):
            attention.embed_dims = size.width
        inner.ffn_cfg.feedforward_channels, outer.ffn_cfg.feedforward_channels = size.ffn
        return MODELS.build(backbone).eval()

    return make


@pytest.fixture(scope='session')
def masks_of() -> Callable[[Mask2FormerBackbone, Tensor], Masks]:
    """Runs a backbone: its pixel embeddings, and the mask logits before and after each layer of its decoder."""

    def run(backbone: Mask2FormerBackbone, images: Tensor) -> Masks:
        pixels, embeddings = [], []
        handles = [
            backbone.pixel_decoder.register_forward_hook(lambda module, args, out: pixels.append(out[0])),
            backbone.mask_embed.register_forward_hook(lambda module, args, out: embeddings.append(out)),
        ]
        with torch.no_grad():
            backbone(images)
        for handle in handles:
            handle.remove()
        return pixels[0], [torch.einsum('bnc,bchw->bnhw', e, pixels[0]) for e in embeddings]

    return run


@pytest.fixture(scope='session')
def assert_same_masks() -> Callable[[Masks, Masks, int], None]:
    """Compares all maps, to 1e-4 of the standard deviation of each."""

    def compare(ours: Masks, theirs: Masks, layers: int) -> None:
        assert len(ours[1]) == len(theirs[1]) == layers + 1
        negative = torch.stack(theirs[1]) < 0
        assert 0.05 < negative.float().mean() < 0.95  # the attention masks matter
        worst = 0.0
        for one, other in zip([ours[0], *ours[1]], [theirs[0], *theirs[1]], strict=True):
            assert one.shape == other.shape and other.std() > 0
            worst = max(worst, ((one - other).abs().max() / other.std()).item())
        print(f'largest difference relative to the standard deviation: {worst:.1e}')
        assert worst < 1e-4

    return compare
