from numbers import Integral

import numpy as np
import pytest

from mtcp_mm.tasks.settings import check_class_weights, check_number, is_number_within
from mtcp_mm.utils import ConfigError


@pytest.mark.parametrize('value', [0, 0.5, np.float32(2), np.int64(3)])
def test_valid_numbers_are_accepted(value):
    check_number('x', value)
    check_number('x', value, least=0)
    check_number('x', value, above=-0.1)


@pytest.mark.parametrize('value', [float('nan'), float('inf'), '1', None, True, [1]])
def test_anything_but_a_finite_number_is_refused(value):
    with pytest.raises(ConfigError, match='x is .*; it has to be a finite number$'):
        check_number('x', value)


@pytest.mark.parametrize(('limit', 'words'), [(dict(least=2), ', 2 or more'), (dict(above=1), ' above 1')])
def test_a_number_beyond_a_bound_is_refused_with_the_bound(limit, words):
    with pytest.raises(ConfigError, match=f'x is 1; it has to be a finite number{words}$'):
        check_number('x', 1, **limit)


@pytest.mark.parametrize('values', [[1, 0.5], (0, 2), np.array([1.0, 0.0])])
def test_valid_class_weights_are_accepted(values):
    check_class_weights('w', values, 2)
    with pytest.raises(ConfigError, match='w has 2 values where there are 3 classes'):
        check_class_weights('w', values, 3)


def test_a_number_may_have_an_upper_bound():
    check_number('x', 1, least=0, most=1)
    with pytest.raises(ConfigError, match='x is 1.5; it has to be a finite number, 0 or more and 1 or less$'):
        check_number('x', 1.5, least=0, most=1)


def test_numbers_are_unbounded_by_default_and_may_have_to_be_integers():
    assert all(map(is_number_within, (-1e300, 1e300)))
    assert is_number_within(3, kind=Integral) and not is_number_within(3.0, kind=Integral)
    assert is_number_within(2, least=2, most=2) and not is_number_within(2, above=2)
    assert not is_number_within(1, least=2) and not is_number_within(3, most=2)
