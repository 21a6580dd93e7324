import numpy as np

from mtcp_mm.dataset_tools.inspection.leaks import find_repeated_samples, find_shared_samples
from mtcp_mm.dataset_tools.inspection.split_summary import Identity, digest

A, B = Identity('1', 'images/1.jpg', 'a'), Identity('2', 'images/2.jpg', 'b')


def test_shared_samples_and_renamed_copies_are_found():
    copy, own = Identity('7', 'images/7.jpg', 'a'), Identity('8', 'images/8.jpg', 'c')
    assert find_shared_samples([A, B], [own, B, copy]) == [('2', '2'), ('1', '7')]


def test_equal_ids_in_different_folders_are_no_leak():
    assert find_shared_samples([A], [Identity('1', 'other/1.jpg', 'c')]) == []


def test_unreadable_images_are_identified_by_their_files():
    broken = Identity('1', 'images/1.jpg', None), Identity('2', 'images/2.jpg', None)
    assert find_shared_samples(broken, broken[:1]) == [('1', '1')]
    assert find_repeated_samples(broken) == []


def test_repeated_samples():
    assert find_repeated_samples([A, B, A, Identity('9', 'images/9.jpg', 'b')]) == [['1', '1'], ['2', '9']]


def test_digest_depends_on_shape_and_pixels():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    others = [image.reshape(4, 2, 3), image + 1, image[::-1], image[..., ::-1]]
    assert digest(image) == digest(image.copy()) and digest(None) is None
    assert len({digest(x) for x in [image, *others]}) == 5
