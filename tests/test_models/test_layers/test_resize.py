import pytest
import torch

from mtcp_mm.models.layers import resize_and_apply, resize_by_products, resize_concat, resize_to
from mtcp_mm.models.layers.resize import resize_rows


def test_pixel_areas_are_aligned():
    x = torch.tensor([[[[0.0, 4.0]]]])
    assert resize_to(x, (1, 4)).tolist() == [[[[0.0, 1.0, 3.0, 4.0]]]]
    assert resize_to(torch.arange(4.0).view(1, 1, 1, 4), [1, 2]).tolist() == [[[[0.5, 2.5]]]]


def test_corners_are_aligned_on_demand():
    x = torch.tensor([[[[0.0, 3.0]]]])
    assert resize_to(x, (1, 4), align_corners=True).tolist() == [[[[0.0, 1.0, 2.0, 3.0]]]]


@pytest.mark.parametrize('align_corners', [False, True])
def test_maps_of_several_sizes_become_one(align_corners):
    first, second = torch.randn(2, 3, 4, 6), torch.randn(2, 5, 2, 3)
    enlarged = torch.nn.functional.interpolate(second, (4, 6), mode='bilinear', align_corners=align_corners)
    torch.testing.assert_close(resize_concat([first, second], align_corners), torch.cat([first, enlarged], 1))


@pytest.mark.parametrize('size', [(3, 5), [3, 5], torch.Size((3, 5))])
def test_the_same_size_is_the_same_map(size):
    x = torch.randn(1, 2, 3, 5)
    assert resize_to(x, size) is x


@pytest.mark.parametrize('size', [(17, 11), (3, 5), (2, 4), (1, 9), (40, 1)])
@pytest.mark.parametrize('align_corners', [False, True])
def test_products_resize_the_same(size, align_corners):
    x = torch.randn(2, 4, 3, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        resize_by_products(x, size, align_corners), resize_to(x, size, align_corners), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize('size', [(17, 11), (3, 5), (2, 4), (1, 9), (40, 1)])
@pytest.mark.parametrize('max_values', [1, 60, 2**27])
@pytest.mark.parametrize('align_corners', [False, True])
def test_bands_are_the_whole_map(size, max_values, align_corners):
    x = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    seen = []

    def double(band):
        seen.append(band.shape)
        return 2 * band[:1]

    result = resize_and_apply(x, size, double, align_corners, max_values)
    torch.testing.assert_close(result, 2 * resize_to(x[None], size, align_corners)[0, :1], atol=1e-5, rtol=0)
    assert sum(shape[1] for shape in seen) == size[0]
    assert all(shape.numel() <= max_values or shape[1] == 1 for shape in seen)


def test_bands_far_down_are_as_exact_as_the_first():
    """Rows alternate between 0 and 1: float32 would misplace them by a thousandth of a row."""
    stripes = torch.arange(20001.0).remainder(2)[None, :, None]
    found = resize_rows(stripes, 30000, 29990, 29999).flatten()
    position = [(i + 0.5) * 20001 / 30000 - 0.5 for i in range(29990, 29999)]
    expected = [min(p % 2, 2 - p % 2) for p in position]
    torch.testing.assert_close(found, torch.tensor(expected), rtol=0, atol=1e-6)
