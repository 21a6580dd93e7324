import pytest
import torch
from mmdet.models.backbones import SwinTransformer as DetectionSwin
from mmengine.runner import load_checkpoint
from mmseg.models.backbones import SwinTransformer
from torch import nn

from mtcp_mm.engine.checkpoint import CheckpointError, matching_required, safe_loading
from mtcp_mm.model_converters.mask2former import convert, convert_checkpoint, recognize
from mtcp_mm.model_converters.mask2former.conversion import position_index
from mtcp_mm.utils import UserError


@pytest.fixture(scope='module')
def stock(size_of, make_stock) -> dict[str, torch.Tensor]:
    return make_stock('MMSegmentation', size_of['small']).state_dict()


@pytest.fixture
def save(tmp_path):
    def save(tensors):
        torch.save(dict(state_dict=tensors), tmp_path / 'src.pth')
        return tmp_path / 'src.pth', tmp_path / 'out.pth'

    return save


def test_load_from_takes_the_converted_checkpoint(stock, save, size_of, make_backbone):
    src, out = save(stock)
    conversion = convert_checkpoint(src, out)
    model = nn.Module()
    model.backbone = make_backbone(conversion.sizes, size_of['small'])
    with safe_loading(), matching_required(model.backbone, str(out), minimum=0.98):  # the norm of MT-CP is fresh
        load_checkpoint(model, str(out), 'cpu')
    assert torch.equal(model.backbone.query_feat.weight, stock['decode_head.query_feat.weight'])
    norm = model.backbone.encoder.stages[1].downsample.norm
    assert torch.equal(norm.weight, stock['backbone.stages.1.downsample.norm.weight'])


def test_an_existing_file_stays(stock, save):
    src, out = save(stock)
    out.write_text('mine')
    for path in (out, src, src.parent):
        with pytest.raises(UserError, match='exists already'):
            convert_checkpoint(src, path)
    assert out.read_text() == 'mine'


def test_nothing_is_written_after_an_error(stock, save, monkeypatch):
    src, out = save(stock)
    monkeypatch.setattr(torch, 'save', lambda *args: (_ for _ in ()).throw(OSError('no room')))
    with pytest.raises(OSError, match='no room'):
        convert_checkpoint(src, out)
    assert list(src.parent.iterdir()) == [src]


def test_other_networks_are_refused_by_name(save):
    # a MaskFormer, whose queries have no features
    src, out = save({'decode_head.query_embed.weight': torch.zeros(2, 3), 'backbone.norm0.weight': torch.ones(3)})
    with pytest.raises(
        CheckpointError, match=r'src.pth is not a Mask2Former .* MMSegmentation, MMDetection or Hugging Face'
    ):
        convert_checkpoint(src, out)
    assert not out.exists()


def test_too_few_tensors_are_an_error(stock, save):
    dropped = {name for name in stock if '.norm1.' in name or '.norms.' in name}
    src, out = save({name: tensor for name, tensor in stock.items() if name not in dropped})
    with pytest.raises(CheckpointError, match=r'src.pth has \d+ of the \d+ tensors .*norm1.weight is the first'):
        convert_checkpoint(src, out)
    src, out = save({name: tensor for name, tensor in stock.items() if 'mask_feature' not in name})
    with pytest.raises(CheckpointError, match='src.pth is not a complete Mask2Former: .*mask_feature.weight'):
        convert_checkpoint(src, out)
    assert not out.exists()


@pytest.mark.parametrize('name', ['query_feat.weight', f'transformer_decoder.layers.{10**12}.norms.0.weight'])
def test_impossible_tensors(stock, save, name):
    src, out = save(stock | {f'decode_head.{name}': torch.zeros(3)})
    with pytest.raises(CheckpointError, match='src.pth has tensors of unlikely names or shapes'):
        convert_checkpoint(src, out)
    assert not out.exists()


def test_a_few_missing_tensors_are_reported(stock):
    name = 'encoder.stages.2.blocks.1.norm1.weight'
    tensors = stock.copy()
    del tensors[f'backbone.{name[8:]}']
    conversion = convert(tensors, recognize(tensors, ''))
    assert [missing for missing in conversion.missing if 'shared_norm' not in missing] == [name]
    assert name not in conversion.tensors


def test_query_key_and_value_are_needed_together(size_of, make_hugging_face):
    tensors = make_hugging_face(size_of['small']).state_dict()
    layer = 'model.transformer_module.decoder.layers.1.self_attn'
    del tensors[f'{layer}.k_proj.weight']
    conversion = convert(tensors, recognize(tensors, ''))
    assert 'transformer_decoder.layers.1.self_attn.attn.in_proj_weight' in conversion.missing
    assert 'query, key or value is missing' == conversion.skipped[f'{layer}.q_proj.weight']


@pytest.mark.parametrize('swin', [SwinTransformer, DetectionSwin])
@pytest.mark.parametrize('window', [3, 7])
def test_indices_of_positions_are_those_of_the_stock_swins(swin, window):
    stock = swin(embed_dims=4, depths=(1,), num_heads=(1,), window_size=window, strides=(4,), out_indices=(0,))
    assert torch.equal(position_index(window), stock.stages[0].blocks[0].attn.w_msa.relative_position_index)


def test_indices_are_computed_where_the_source_has_none(stock):
    bare = {name: tensor for name, tensor in stock.items() if 'relative_position_index' not in name}
    conversion, expected = (convert(tensors, recognize(tensors, '')) for tensors in (bare, stock))
    assert len(conversion.computed) == 6 and not expected.computed
    assert conversion.tensors.keys() == expected.tensors.keys()
    assert all(torch.equal(tensor, expected.tensors[name]) for name, tensor in conversion.tensors.items())


@pytest.mark.parametrize(
    ('name', 'shape'),
    [
        ('relative_position_bias_table', (301**2, 1)),
        ('relative_position_bias_table', (10**6, 1)),
        ('level_embed.weight', (10**6, 1)),
        ('mask_feature.weight', ()),
        ('query_feat.weight', (3,)),
    ],
)
def test_sizes_that_no_backbone_has(stock, tmp_path, name, shape):
    changed = {key: torch.zeros(shape) if key.endswith(name) else tensor for key, tensor in stock.items()}
    bare = {key: tensor for key, tensor in changed.items() if 'relative_position_index' not in key}
    assert set(bare) < set(changed) and any(tensor.shape == shape for tensor in bare.values())
    torch.save(bare, tmp_path / 'odd.pth')
    with pytest.raises(CheckpointError, match=r'odd\.pth has tensors of unlikely names or shapes'):
        convert_checkpoint(tmp_path / 'odd.pth', tmp_path / 'out.pth')
