import pytest
import torch

from mtcp_mm.models.losses.reduction import masked_mean


def test_a_case_by_hand():
    values = torch.tensor([[[[1.0, 2.0], [4.0, 100.0]]]], requires_grad=True)
    valid = torch.tensor([[[[True, True], [True, False]]]])
    mean = masked_mean(values, valid)
    mean.backward()
    assert mean.item() == pytest.approx(7 / 3)
    torch.testing.assert_close(values.grad, torch.tensor([[[[1.0, 1.0], [1.0, 0.0]]]]) / 3)


def test_channels_count_and_weights_divide():
    values = torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(1, 2, 1, 2)
    valid = torch.tensor([True, False]).reshape(1, 1, 1, 2)
    assert masked_mean(values, valid).item() == pytest.approx((1 + 3) / 2)
    weights = torch.tensor([1.0, 9.0, 3.0, 9.0]).reshape(1, 2, 1, 2)
    assert masked_mean(values, valid, weights).item() == pytest.approx((1 * 1 + 3 * 3) / (1 + 3))


def test_nothing_valid_is_a_zero_with_a_graph():
    values = torch.tensor([[[[float('inf'), 2.0]]]], requires_grad=True)
    mean = masked_mean(values, torch.zeros(1, 1, 1, 2, dtype=torch.bool))
    mean.backward()
    assert mean.item() == 0
    assert values.grad.tolist() == [[[[0, 0]]]]


@pytest.mark.parametrize('counts', [(5, 2), (1, 0), (0, 0)])
def test_ranks_average_to_one_process(on_two_ranks, counts):
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(2, 1, 2, 3, generator=generator)
    valid = torch.stack([torch.arange(6).reshape(1, 2, 3) < count for count in counts])

    def rank_loss(rank):
        part = values[rank : rank + 1].clone().requires_grad_()
        loss = masked_mean(part, valid[rank : rank + 1])
        loss.backward()
        return loss.detach(), part.grad / 2  # DDP divides by the number of ranks

    (loss0, grad0), (loss1, grad1) = on_two_ranks(rank_loss)
    picked = values[valid]
    expected = picked.mean() if len(picked) else torch.zeros(())
    torch.testing.assert_close((loss0 + loss1) / 2, expected)
    torch.testing.assert_close(torch.cat([grad0, grad1]), valid.float() / max(len(picked), 1))
