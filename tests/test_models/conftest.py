from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import normalize

from mtcp_mm.models import MultiTaskSegmentor
from mtcp_mm.structures import MultiTaskDataSample

C = 16
PYRAMID = (16, 24, 32)
ATTENTION = dict(embed_dims=C, num_heads=4, dropout=0.0, batch_first=True)
FFN = dict(embed_dims=C, feedforward_channels=2 * C, num_fcs=2, ffn_drop=0.0, act_cfg=dict(type='ReLU', inplace=True))


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def tasks() -> list[dict]:
    """Three tasks with 4 + 1 + 3 channels."""
    return [
        dict(type='ClassMap', name='semseg', field='sem_seg', classes=('wall', 'floor', 'bed', 'lamp')),
        dict(type='DepthMap', name='depth', field='depth_map', mean=2.5),
        dict(type='SurfaceNormals', name='normals'),
    ]


@pytest.fixture
def pixel_decoder() -> dict:
    return dict(
        type='TraceablePixelDecoder',
        norm_cfg=dict(type='GN', num_groups=4),
        act_cfg=dict(type='ReLU'),
        encoder=dict(
            num_layers=2, layer_cfg=dict(self_attn_cfg=dict(**ATTENTION, num_levels=3, num_points=4), ffn_cfg=FFN)
        ),
        positional_encoding=dict(num_feats=C // 2, normalize=True),
    )


@pytest.fixture
def backbone(pixel_decoder: dict) -> dict:
    """Mask2Former on an untrained EfficientNet-Lite0: four decoder layers on three levels, 8 queries."""
    layer = dict(self_attn_cfg=ATTENTION, cross_attn_cfg=ATTENTION, ffn_cfg=FFN)
    return dict(
        type='Mask2FormerBackbone',
        in_channels=[24, 40, 112, 320],
        feat_channels=C,
        out_channels=C,
        num_queries=8,
        encoder=dict(type='EfficientNetLite'),
        pixel_decoder=pixel_decoder,
        transformer_decoder=dict(num_layers=4, layer_cfg=layer),
    )


@pytest.fixture
def necks() -> list[dict]:
    return [
        dict(type='TaskDecoders', in_channels=C, channels=PYRAMID, out_channels=C),
        dict(type='CoherenceFusion', channels=C, residual=True, q_stride=4),
        dict(type='SpatialRefinement', channels=C, pyramid_channels=PYRAMID),
    ]


@pytest.fixture
def make_network(tasks: list[dict], backbone: dict, necks: list[dict]) -> Callable[..., MultiTaskSegmentor]:
    """Builds the tiny network, with some parts replaced."""

    def make(**parts) -> MultiTaskSegmentor:
        head = dict(type='MultiTaskHead', in_channels=C, channels=C)
        cfg = dict(type='MultiTaskSegmentor', tasks=tasks, backbone=backbone, neck=necks, decode_head=head) | parts
        return MODELS.build(cfg)

    return make


@pytest.fixture
def make_samples() -> Callable[..., list[MultiTaskDataSample]]:
    """Makes samples with random targets of the three tasks, except the ``missing`` fields."""

    def make(count: int, height: int, width: int, missing: Sequence[str] = ()) -> list[MultiTaskDataSample]:
        samples = []
        for _ in range(count):
            targets = dict(
                sem_seg=torch.randint(0, 4, (1, height, width)),
                depth_map=torch.rand(1, height, width) + 1,
                normals=normalize(torch.randn(3, height, width), dim=0),
            )
            sample = MultiTaskDataSample(
                metainfo=dict(img_shape=(height, width), ori_shape=(height, width), pad_shape=(height, width))
            )
            for field, target in targets.items():
                if field not in missing:
                    sample.set_target(field, target)
            samples.append(sample)
        return samples

    return make


@pytest.fixture
def gradients() -> Callable[[nn.Module], dict[str, Tensor]]:
    """Returns the gradients of a module by parameter, and fails if one is missing."""

    def collect(module: nn.Module) -> dict[str, Tensor]:
        missing = [name for name, parameter in module.named_parameters() if parameter.grad is None]
        assert not missing, f'without a gradient: {missing}'
        return {name: parameter.grad.clone() for name, parameter in module.named_parameters()}

    return collect


@pytest.fixture
def check_drop_path() -> Callable[[nn.Module, nn.Module, Callable[[], Tensor]], None]:
    """Checks what a module adds to samples (16, ...) in training: nothing, or all of it over the share that is kept."""

    def check(module: nn.Module, drop_path: nn.Module, added: Callable[[], Tensor]) -> None:
        rate = drop_path.drop_prob
        drop_path.drop_prob = 0.0
        full = added()
        assert full.flatten(1).abs().amax(1).min() > 1e-3, 'nothing is added that could be dropped'
        drop_path.drop_prob = rate
        some = added()
        kept = some.flatten(1).abs().amax(1) > 1e-4
        assert 0 < kept.sum() < len(kept)
        expected = full / (1 - rate) * kept.view(-1, 1, 1, 1)
        torch.testing.assert_close(some, expected, rtol=1e-3, atol=1e-5)
        module.eval()
        assert added().flatten(1).abs().amax(1).min() > 1e-3, 'dropped in testing too'

    return check


@pytest.fixture
def saved_bytes() -> Callable[..., int]:
    """Counts the bytes that a call keeps for the backward pass, besides the weights of a module."""

    def count(function: Callable[..., Any], *args: Any, module: nn.Module | None = None) -> int:
        weights = {x.untyped_storage().data_ptr() for x in (module.state_dict().values() if module else ())}
        kept: dict[int, Any] = {}

        def pack(x: Tensor) -> Tensor:
            storage = x.untyped_storage()
            if storage.data_ptr() not in weights:
                kept[storage.data_ptr()] = storage  # held, so that its address is not used again
            return x

        with saved_tensors_hooks(pack, lambda x: x):
            out = function(*args)
        del out
        return sum(storage.nbytes() for storage in kept.values())

    return count
