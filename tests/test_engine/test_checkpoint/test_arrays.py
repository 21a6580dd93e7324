import pickle

import numpy as np
import pytest

from mtcp_mm.engine.checkpoint.arrays import begin_array, check_dtype_state, fill_array, make_dtype, make_scalar


@pytest.mark.parametrize('code', ['b1', 'u1', 'i2', 'u4', 'i8', 'f2', 'f4', 'f8'])
@pytest.mark.parametrize('shape', [(0,), (), (3,), (2, 3)])
@pytest.mark.parametrize('order', ['C', 'F'])
def test_arrays_are_those_that_numpy_pickles(code, shape, order):
    array = np.arange(6, dtype=code if code != 'b1' else 'u1').reshape(2, 3).astype(code, order=order)
    array = array if shape == (2, 3) else np.resize(array, shape).astype(code)
    (kind, (dtype_code, *others)), (_, dtype_state) = array.dtype.__reduce__()[:2], array.dtype.__reduce__()[1:]
    assert kind is np.dtype
    dtype = make_dtype(dtype_code, *others)
    check_dtype_state(dtype, dtype_state)
    made = begin_array()
    version, shape, _, fortran, data = array.__reduce__()[2]
    fill_array(made, (version, shape, dtype, fortran, data))
    assert type(made) is np.ndarray and made.dtype == array.dtype and made.flags.writeable
    np.testing.assert_array_equal(made, array)
    scalar = array.dtype.type(1)
    assert make_scalar(dtype, scalar.tobytes()) == scalar


@pytest.mark.parametrize(
    'code', ['O', 'O8', 'V8', 'S3', 'U2', 'M8', 'm8', 'f16', 'c16', 'f8,f8', '(2,)f8', 'b2', '', 8]
)
def test_no_other_dtype_can_be_made(code):
    with pytest.raises(pickle.UnpicklingError, match='not allowed'):
        make_dtype(code)


@pytest.mark.parametrize(
    'state',
    [
        (3, '>', None, None, None, -1, -1, 0),
        (3, '<', (np.dtype('f8'), (2,)), None, None, -1, -1, 0),
        (3, '|', None, ('a',), {'a': (np.dtype('O'), 0)}, 8, 1, 0),
        (3, '<', None, None, None, 80, -1, 0),
        (3, '<', None, None, None, -1, -1, 63),
        (4, '<', None, None, None, -1, -1, 0, {}),
        (3, '<'),
        None,
    ],
)
def test_no_other_state_of_a_dtype(state):
    with pytest.raises(pickle.UnpicklingError, match='not allowed'):
        check_dtype_state(np.dtype('f8'), state)


@pytest.mark.parametrize(
    'state',
    [
        (1, (1,), np.dtype('O'), False, [object()]),
        (1, (1,), np.dtype('O'), False, bytes(8)),
        (1, (2,), np.dtype('f8'), False, bytes(8)),
        (1, (-1,), np.dtype('f8'), False, bytes(8)),
        (1, (-1, -1), np.dtype('f8'), False, bytes(8)),
        (1, (True,), np.dtype('f8'), False, bytes(8)),
        (1, [1], np.dtype('f8'), False, bytes(8)),
        (1, (1,), 'f8', False, bytes(8)),
        (1, (1,), np.dtype('f8'), 7, bytes(8)),
        (1, (8,), np.dtype('u1'), False, bytearray(8)),
        (0, (1,), np.dtype('f8'), False, bytes(8)),
    ],
)
def test_no_other_state_of_an_array(state):
    with pytest.raises(pickle.UnpicklingError, match='not allowed'):
        fill_array(begin_array(), state)


@pytest.mark.parametrize('parts', [('f8', bytes(8)), (np.dtype('f8'), bytes(7)), (np.dtype('f8'), '8 chars!')])
def test_no_other_scalar(parts):
    with pytest.raises(pickle.UnpicklingError, match='not allowed'):
        make_scalar(*parts)
