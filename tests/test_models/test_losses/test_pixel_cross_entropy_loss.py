import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from mtcp_mm.models.losses import PixelCrossEntropyLoss


@pytest.fixture(params=[torch.contiguous_format, torch.channels_last])
def case(request):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 4, 5, 7, generator=generator).to(memory_format=request.param).requires_grad_()
    target = torch.randint(4, (2, 1, 5, 7), generator=generator)
    valid = torch.rand(target.shape, generator=generator) < 0.6
    return logits, target.masked_fill(~valid, 255), valid


def test_equals_the_formula(case):
    logits, target, valid = case
    x, t, v = logits.detach().numpy().astype(float), target.numpy()[:, 0], valid.numpy()[:, 0]
    log_softmax = x - np.log(np.exp(x).sum(1, keepdims=True))
    picked = [-log_softmax[b, t[b, i, j], i, j] for b, i, j in zip(*np.nonzero(v), strict=True)]
    assert PixelCrossEntropyLoss()(logits, target, valid).item() == pytest.approx(np.mean(picked), rel=1e-6)


@pytest.mark.parametrize('class_weight, label_smoothing', [(None, 0.0), ((1.0, 0.2, 5.0, 2.0), 0.0), (None, 0.2)])
def test_equals_pytorch_in_value_and_gradient(case, class_weight, label_smoothing):
    logits, target, valid = case
    weight = None if class_weight is None else torch.tensor(class_weight)
    ours = PixelCrossEntropyLoss(class_weight, label_smoothing)(logits, target, valid)
    torchs = cross_entropy(logits, target[:, 0], weight, ignore_index=255, label_smoothing=label_smoothing)
    torch.testing.assert_close(ours, torchs)
    torch.testing.assert_close(*(torch.autograd.grad(loss, logits)[0] for loss in (ours, torchs)))


@pytest.mark.parametrize('class_weight', [None, (1.0, 0.2, 5.0, 2.0)])
def test_smoothed_labels_by_the_formula(case, class_weight):
    logits, target, valid = case
    x, picked = logits.detach().numpy().astype(float), np.nonzero(valid.numpy()[:, 0])
    log_softmax = (x - np.log(np.exp(x).sum(1, keepdims=True))).transpose(0, 2, 3, 1)[picked]
    labels = target.numpy()[:, 0][picked]
    distribution = np.full((len(labels), 4), 0.2 / 4)
    distribution[np.arange(len(labels)), labels] += 0.8
    weights = np.ones(len(labels)) if class_weight is None else np.array(class_weight)[labels]
    expected = np.average(-(distribution * log_softmax).sum(1), weights=weights)
    loss = PixelCrossEntropyLoss(class_weight, label_smoothing=0.2)(logits, target, valid)
    assert loss.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize('label_smoothing', [-0.1, 1.0])
def test_impossible_smoothing(label_smoothing):
    with pytest.raises(ValueError, match='label_smoothing'):
        PixelCrossEntropyLoss(label_smoothing=label_smoothing)


def test_no_valid_pixel(case):
    logits, target, valid = case
    loss = PixelCrossEntropyLoss((1.0, 2.0, 3.0, 4.0))(logits, target.fill_(255), torch.zeros_like(valid))
    loss.backward()
    assert loss.item() == 0 and not logits.grad.any()


def test_weights_are_not_saved_in_checkpoints():
    assert not PixelCrossEntropyLoss((1.0, 2.0)).state_dict()


@pytest.mark.parametrize('class_weight', [(1.0, -1.0), (1.0, float('nan')), (0.0, 0.0), 1.0])
def test_impossible_weights(class_weight):
    with pytest.raises(ValueError, match='class_weight of PixelCrossEntropyLoss'):
        PixelCrossEntropyLoss(class_weight)
