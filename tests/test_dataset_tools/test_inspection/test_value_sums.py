import numpy as np
import pytest
import torch

from mtcp_mm.dataset_tools.inspection.value_sums import ValueSums, VectorSums


def add(sums, target, valid, values):
    sums.add(torch.as_tensor(target), torch.as_tensor(valid), np.asarray(values))
    return sums


@pytest.mark.parametrize(('values', 'positives'), [([0.0, 1.0, 1.0, 1.0], 0.75), ([0.0, 0.0, 0.0, 0.0], 0)])
def test_positives_of_a_binary_map(values, positives):
    figures = add(ValueSums(1), [[[*values, 255.0]]], [[True] * 4 + [False]], [values]).figures()
    assert figures['positives'] == positives
    assert figures['values'][0]['max'] <= 1  # void was left out


def test_numbers_have_no_positives():
    assert 'positives' not in add(ValueSums(1), [[[0.0, 1.0, 0.5]]], [[True] * 3], [[0, 1, 0.5]]).figures()
    assert 'positives' not in ValueSums(1).figures()


def test_vector_lengths_are_those_in_the_file():
    unit = np.array([[[0, 0, 1], [0.6, 0.8, 0], [0, 0, 0.5], [0, 0, 9]]], np.float32)
    valid = np.array([[True, True, True, False]])  # the last is void
    floats = add(VectorSums(3), unit.transpose(2, 0, 1), valid, unit)
    assert floats.figures()['off_length'] == pytest.approx(1 / 3)
    bytes_ = np.array([[[127, 127, 255], [204, 229, 127], [127, 127, 191], [0, 0, 0]]], np.uint8)  # the same, 8 bits
    floats.merge(add(VectorSums(3), unit.transpose(2, 0, 1), valid, bytes_))
    assert floats.figures()['off_length'] == pytest.approx(2 / 6)
    assert [channel['max'] for channel in floats.figures()['values']] == pytest.approx([0.6, 0.8, 1])


def test_vector_lengths_may_be_unknown():
    target = np.ones((3, 1, 2), np.float32)
    assert np.isnan(add(VectorSums(3), target, [[True, True]], [[7, 9]]).figures()['off_length'])
