"""A Mask2Former of transformers, and the backbone with its weights, give the same results."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.engine.config import read_config
from mtcp_mm.model_converters.mask2former import convert, read_tensors, recognize
from mtcp_mm.model_converters.mask2former.huggingface import unfold_order

CONFIG = Path(__file__).parents[3] / 'configs/mtcp_nyud.py'


@pytest.fixture(scope='module')
def run() -> Callable:
    """Runs the network of transformers: its pixel embeddings, and the mask logits before and after each layer."""

    def run(model: nn.Module, images: torch.Tensor):
        with torch.no_grad():
            out = model.model(images)
        return out.pixel_decoder_last_hidden_state, list(out.masks_queries_logits)

    return run


def images(height: int, width: int) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize('name', ['small', 'unlike'])
@pytest.mark.parametrize('height, width', [(64, 96), (70, 90)])
def test_the_masks_are_the_same(
    name, height, width, size_of, make_hugging_face, make_backbone, masks_of, run, assert_same_masks
):
    size = size_of[name]
    model = make_hugging_face(size)
    conversion = convert(model.state_dict(), recognize(model.state_dict(), name))
    backbone = make_backbone(conversion.sizes, size)
    missing, unexpected = backbone.load_state_dict(conversion.tensors, strict=False)
    assert not unexpected and all(tensor.startswith('shared_norm.') for tensor in missing)
    batch = images(height, width)
    assert_same_masks(masks_of(backbone, batch), run(model, batch), size.layers[1])


@pytest.mark.slow
@pytest.mark.parametrize('name', ['swin_t', 'swin_s'])
def test_full_sizes(name, size_of, make_hugging_face, make_backbone, masks_of, run, assert_same_masks):
    size = size_of[name]
    model = make_hugging_face(size)
    conversion = convert(model.state_dict(), recognize(model.state_dict(), name))
    if name == 'swin_s':  # the network of the paper
        backbone = MODELS.build(read_config(CONFIG).model.backbone).eval()
    else:
        backbone = make_backbone(conversion.sizes, size)
    missing, unexpected = backbone.load_state_dict(conversion.tensors, strict=False)
    assert not unexpected and all(tensor.startswith('shared_norm.') for tensor in missing)
    for batch in (images(64, 96), images(70, 90)):
        assert_same_masks(masks_of(backbone, batch), run(model, batch), size.layers[1])


def test_files_and_modules_have_the_same_tensors_under_either_names(size_of, make_hugging_face, tmp_path):
    model = make_hugging_face(size_of['small'])
    model.save_pretrained(tmp_path / 'whole')
    model.save_pretrained(tmp_path / 'shards', max_shard_size='200KB')
    torch.save(model.state_dict(), tmp_path / 'pytorch_model.bin')
    assert len(list((tmp_path / 'shards').glob('*.safetensors'))) > 1
    sources = [tmp_path / 'whole', tmp_path / 'shards', tmp_path]
    first, *others = [read_tensors(source) for source in sources]
    assert any('.attention.self.query.' in name for name in first)
    expected = convert(first, recognize(first, ''))
    for tensors in others:
        conversion = convert(tensors, recognize(tensors, ''))
        assert conversion.tensors.keys() == expected.tensors.keys()
        assert all(torch.equal(tensor, expected.tensors[name]) for name, tensor in conversion.tensors.items())


def test_only_what_is_not_needed_is_skipped(size_of, make_hugging_face):
    tensors = make_hugging_face(size_of['small']).state_dict()
    conversion = convert(tensors, recognize(tensors, ''))
    assert {name: reason.partition(',')[0] for name, reason in conversion.skipped.items()} == {
        'class_predictor.weight': 'class head',
        'class_predictor.bias': 'class head',
        'criterion.empty_weight': 'part of the loss',
        'model.pixel_level_module.encoder.swin.layernorm.weight': "Swin's norm before pooling",
        'model.pixel_level_module.encoder.swin.layernorm.bias': "Swin's norm before pooling",
    }
    assert conversion.used.keys() | conversion.skipped.keys() == tensors.keys()
    assert {name.partition('.')[0] for name in conversion.missing} == {'shared_norm'}


def test_merged_patches_are_reordered_as_unfolding_has_them():
    channels, patches = 3, torch.arange(12.0).view(1, 3, 2, 2)  # a map of two by two patches
    original = torch.cat([patches[:, :, row, column] for column in range(2) for row in range(2)], -1)
    unfolded = nn.Unfold(2, stride=2)(patches)[..., 0]
    assert torch.equal(unfold_order(original), unfolded) and unfolded.shape == (1, 4 * channels)
