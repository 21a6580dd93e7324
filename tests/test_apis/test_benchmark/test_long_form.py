import copy

import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from mtcp_mm.apis.benchmark.equality import check_equality, largest_difference
from mtcp_mm.apis.benchmark.forms import CONFIGURED
from mtcp_mm.apis.benchmark.formulas import FORMULAS
from mtcp_mm.apis.benchmark.long_form import LONG, LongBackbone, unfused_attention
from mtcp_mm.apis.benchmark.settings import Settings
from mtcp_mm.apis.benchmark.subject import build_subjects


@pytest.fixture(scope='module')
def pair(cfg):
    """The tiny MT-CP as configured, and its long form."""
    return build_subjects('tiny', cfg, Settings(torch.device('cpu')), (CONFIGURED, LONG))


def test_computes_the_same_in_every_precision(pair):
    subject, long = pair
    assert (subject.name, long.name) == ('tiny', 'tiny (long)')
    assert isinstance(long.network.backbone, LongBackbone)
    assert check_equality(subject, long, Settings(torch.device('cpu'))).keys() == subject.run().keys()
    check_equality(subject, long, Settings(torch.device('cpu'), torch.bfloat16))


def test_gives_the_same_losses_and_gradients(build):
    subject, long = build(CONFIGURED, LONG, train=True)
    gradients = []
    for each in (subject, long):
        data = each.network.data_preprocessor(copy.deepcopy(each.run.data), True)
        with each.form.context():
            total, _ = each.network.parse_losses(each.network(**data, mode='loss'))
        total.backward()
        gradients.append([parameter.grad for parameter in each.network.parameters()])
    for ours, theirs in zip(*gradients, strict=True):
        assert (ours - theirs).norm() <= 1e-3 * theirs.norm() + 1e-6


def test_attention_forms_its_matrices():
    query = torch.randn(1, 1, 32, 16)
    with FlopCounterMode(display=False, custom_mapping=FORMULAS) as counter, unfused_attention():
        attended = F.scaled_dot_product_attention(query, query, query)
    assert {str(name) for name in counter.get_flop_counts()['Global']} == {'aten.bmm'}
    torch.testing.assert_close(attended, (query @ query.mT / 4).softmax(-1) @ query)


def test_masks_are_formed_at_full_size(pair):
    subject, long = pair
    backbone = long.network.backbone
    with torch.no_grad():
        pixels, levels = backbone.pixel_decoder(backbone.encoder(long.images))
        masks = backbone.sum_masks(pixels, levels[: backbone.num_levels])
        total = subject.network.backbone.sum_mask_embeddings(pixels, levels[: backbone.num_levels])
    assert masks.shape == (1, 1, 16, 16)
    assert largest_difference(masks[:, 0], torch.einsum('bc,bchw->bhw', total, pixels)) < 1e-4
