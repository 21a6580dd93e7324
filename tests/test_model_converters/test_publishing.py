import pytest
import torch

from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.model_converters.publishing import slim_checkpoint


@pytest.fixture
def content():
    state_dict = {
        'conv.weight': torch.full((2, 3, 1, 1), 1 / 3),
        'norm.running_var': torch.full((2,), 1e-9),  # nothing in half precision
        'norm.num_batches_tracked': torch.tensor(7),
    }
    meta = dict(dataset_meta=dict(tasks=[dict(name='depth')]), epoch=3, cfg='model = dict()', hostname='here')
    return dict(meta=meta, state_dict=state_dict, optimizer=dict(state={}), message_hub={})


@pytest.fixture
def slim(tmp_path):
    def save_and_slim(content):
        torch.save(content, tmp_path / 'net.pth')
        return slim_checkpoint(tmp_path / 'net.pth')

    return save_and_slim


def test_kernels_are_halved_and_vectors_are_not(content, slim):
    slim = slim(content)
    assert {name: tensor.dtype for name, tensor in slim['state_dict'].items()} == {
        'conv.weight': torch.float16,
        'norm.running_var': torch.float32,
        'norm.num_batches_tracked': torch.int64,
    }
    assert slim['state_dict']['norm.running_var'].tolist() == content['state_dict']['norm.running_var'].tolist()
    torch.testing.assert_close(
        slim['state_dict']['conv.weight'].float(), content['state_dict']['conv.weight'], rtol=5e-4, atol=0
    )


def test_only_what_a_prediction_needs_is_kept(content, slim):
    slim = slim(content)
    assert set(slim) == {'meta', 'state_dict'}
    assert slim['meta'] == dict(dataset_meta=content['meta']['dataset_meta'], epoch=3)
    assert content['state_dict']['conv.weight'].dtype == torch.float32


@pytest.mark.parametrize(
    ('content', 'lacking'),
    [({}, 'state_dict'), (dict(state_dict={}), 'state_dict'), (None, 'dict of'), ([torch.zeros(1)], 'dict of')],
)
def test_no_weights(content, lacking, slim):
    with pytest.raises(CheckpointError, match=rf'net\.pth holds no {lacking}'):
        slim(content)


def test_too_large_for_half_precision(content, slim):
    content['state_dict']['conv.weight'][0] = 1e6
    with pytest.raises(CheckpointError, match=r'half precision cannot hold conv\.weight'):
        slim(content)


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
@pytest.mark.parametrize('name', ['conv.weight', 'norm.running_var'])
def test_weights_that_are_not_finite(content, name, value, slim):
    content['state_dict'][name].view(-1)[1] = value
    with pytest.raises(CheckpointError, match=rf'net\.pth has values that are not finite in 1 tensors \({name}\)'):
        slim(content)


def test_a_mask_may_be_infinite(content, slim):
    content['state_dict']['mask'] = torch.tensor([[0.0, -float('inf')]])
    assert torch.equal(slim(content)['state_dict']['mask'], content['state_dict']['mask'].half())


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (dict(state_dict=[1]), 'no dict of tensors'),
        (dict(state_dict=torch.zeros(2, 2).bool()), 'no dict of tensors'),
        (dict(state_dict={'a': torch.zeros(1), 'b': 5}), 'other things than tensors in its state_dict: b'),
        (dict(meta='epoch 3'), 'as meta'),
    ],
)
def test_an_unlikely_structure(content, changes, message, slim):
    with pytest.raises(CheckpointError, match=rf'net\.pth .*{message}'):
        slim(content | changes)
