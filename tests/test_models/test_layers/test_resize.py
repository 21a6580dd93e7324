import pytest
import torch

from mtcp_mm.models.layers import resize_to


def test_pixel_areas_are_aligned():
    x = torch.tensor([[[[0.0, 4.0]]]])
    assert resize_to(x, (1, 4)).tolist() == [[[[0.0, 1.0, 3.0, 4.0]]]]
    assert resize_to(torch.arange(4.0).view(1, 1, 1, 4), [1, 2]).tolist() == [[[[0.5, 2.5]]]]


@pytest.mark.parametrize('size', [(3, 5), [3, 5], torch.Size((3, 5))])
def test_the_same_size_is_the_same_map(size):
    x = torch.randn(1, 2, 3, 5)
    assert resize_to(x, size) is x
