import pytest
import torch
from mmdet.models.layers import SELayer
from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.models import EfficientNetLite


@pytest.mark.parametrize('size', [(64, 96), (70, 90)])
def test_maps_of_lite0(size):
    maps = MODELS.build(dict(type='EfficientNetLite'))(torch.randn(2, 3, *size))
    sizes = [(-(-size[0] // stride), -(-size[1] // stride)) for stride in (4, 8, 16, 32)]
    assert [tuple(x.shape) for x in maps] == [
        (2, width, *halved) for width, halved in zip((24, 40, 112, 320), sizes, strict=True)
    ]


# Channels and blocks of MBConv's seven groups in the released networks (Lite2: width 1.1, depth 1.2).
@pytest.mark.parametrize(
    ('arch', 'widths', 'repeats'),
    [
        ('lite0', (16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1)),
        ('lite1', (16, 24, 40, 80, 112, 192, 320), (1, 3, 3, 4, 4, 5, 1)),
        ('lite2', (16, 24, 48, 88, 120, 208, 352), (1, 3, 3, 4, 4, 5, 1)),
    ],
)
def test_variants(arch, widths, repeats):
    model = EfficientNetLite(arch)
    stages = [stage for stage in model.layers[1:] if isinstance(stage, nn.Sequential)]
    outs = [block.linear_conv.conv.out_channels for stage in stages for block in stage]
    assert outs == [width for width, count in zip(widths, repeats, strict=True) for _ in range(count)]
    assert model.layers[0].conv.out_channels == 32


def test_neither_squeeze_and_excitation_nor_swish():
    kinds = {type(module) for module in EfficientNetLite().modules()}
    assert nn.ReLU6 in kinds and SELayer not in kinds
    assert not [kind for kind in kinds if 'Swish' in kind.__name__ or 'SiLU' in kind.__name__]


def test_every_parameter_is_used(gradients):
    model = EfficientNetLite()
    sum((x * torch.randn_like(x)).sum() for x in model(torch.randn(2, 3, 64, 64))).backward()
    gradients(model)


def test_train_returns_the_module():
    model = EfficientNetLite()
    assert model.train() is model and model.eval() is model and not model.training


def test_an_init_cfg_is_kept():
    cfg = dict(type='Pretrained', checkpoint='efficientnet-lite://lite0')
    assert EfficientNetLite(init_cfg=cfg).init_cfg == cfg


def test_unknown_arch():
    with pytest.raises(ValueError, match="'lite9' is unknown; choose one of .*'lite0'"):
        EfficientNetLite('lite9')
