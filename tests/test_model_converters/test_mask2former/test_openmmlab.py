"""The stock networks of MMSegmentation and MMDetection, and the backbone with their weights, give the same results."""

import re

import pytest
import torch
from torch import nn

from mtcp_mm.model_converters.mask2former import convert, recognize

PROJECTS = {'MMSegmentation': 'decode_head', 'MMDetection': 'panoptic_head'}


def run_stock(model: nn.Module, project: str, images: torch.Tensor):
    head = getattr(model, PROJECTS[project])
    with torch.no_grad():
        maps = model.backbone(images)
        return head.pixel_decoder(maps)[0], head(maps, None)[1]


def assert_parity(project, size, make_stock, make_backbone, masks_of, assert_same_masks):
    model = make_stock(project, size)
    family = recognize(model.state_dict(), project)
    assert family.name == project
    conversion = convert(model.state_dict(), family)
    backbone = make_backbone(conversion.sizes, size)
    missing, unexpected = backbone.load_state_dict(conversion.tensors, strict=False)
    assert not unexpected and all(tensor.startswith('shared_norm.') for tensor in missing)
    assert set(conversion.skipped) == {f'{PROJECTS[project]}.cls_embed.{leaf}' for leaf in ('weight', 'bias')}
    for height, width in ((64, 96), (70, 90)):
        batch = torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(1))
        assert_same_masks(masks_of(backbone, batch), run_stock(model, project, batch), size.layers[1])


@pytest.mark.parametrize('project', PROJECTS)
def test_the_masks_are_the_same(project, size_of, make_stock, make_backbone, masks_of, assert_same_masks):
    assert_parity(project, size_of['small'], make_stock, make_backbone, masks_of, assert_same_masks)


@pytest.mark.slow
@pytest.mark.parametrize('name', ['swin_t', 'swin_s'])
@pytest.mark.parametrize('project', PROJECTS)
def test_full_sizes(name, project, size_of, make_stock, make_backbone, masks_of, assert_same_masks):
    assert_parity(project, size_of[name], make_stock, make_backbone, masks_of, assert_same_masks)


@pytest.mark.parametrize('project', PROJECTS)
def test_names_before_mmdetection_3(project, size_of, make_stock):
    tensors = make_stock(project, size_of['small']).state_dict()
    former = {}
    for name, tensor in tensors.items():
        name = re.sub(r'(pixel_decoder\.encoder\.layers\.\d+)\.self_attn\.', r'\1.attentions.0.', name)
        name = re.sub(r'(transformer_decoder\.layers\.\d+)\.cross_attn\.', r'\1.attentions.0.', name)
        name = re.sub(r'(transformer_decoder\.layers\.\d+)\.self_attn\.', r'\1.attentions.1.', name)
        former[re.sub(r'(decoder\.(encoder\.)?layers\.\d+)\.ffn\.', r'\1.ffns.0.', name)] = tensor
    assert sum(name not in tensors for name in former) == 2 * (8 + 4) + 4 * (8 + 4)
    expected = convert(tensors, recognize(tensors, ''))
    conversion = convert(former, recognize(former, ''))
    assert conversion.tensors.keys() == expected.tensors.keys() and conversion.missing == expected.missing
    assert all(torch.equal(tensor, expected.tensors[name]) for name, tensor in conversion.tensors.items())


def test_an_encoder_other_than_swin_is_taken_as_it_is(size_of, make_stock):
    tensors = make_stock('MMSegmentation', size_of['small']).state_dict()
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith('backbone.')}
    tensors |= {'backbone.layer1.0.conv1.weight': torch.zeros(1), 'auxiliary_head.conv.weight': torch.zeros(1)}
    conversion = convert(tensors, recognize(tensors, ''))
    assert conversion.sizes.swin is None
    assert conversion.used['backbone.layer1.0.conv1.weight'] == 'encoder.layer1.0.conv1.weight'
    assert 'auxiliary_head.conv.weight' in conversion.skipped
    assert {name.partition('.')[0] for name in conversion.missing} == {'shared_norm'}
