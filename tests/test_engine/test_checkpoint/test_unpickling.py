import pickle
import pickletools
from collections import Counter, OrderedDict
from io import BytesIO
from pickle import UnpicklingError

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from mtcp_mm.engine.checkpoint.stand_ins import FUNCTIONS
from mtcp_mm.engine.checkpoint.unpickling import CheckpointUnpickler

GLOBAL, REDUCE, BUILD, NEWOBJ, STOP = b'c%s\n%s\n', b'R', b'b', b'\x81', b'.'


def name(module: str, attribute: str) -> bytes:
    return GLOBAL % (module.encode(), attribute.encode())


def plain(value) -> bytes:
    """Pickles data, without the frame."""
    return pickletools.optimize(pickle.dumps(value, protocol=2))[2:-1]


def history(logs: bytes, counts: bytes, **others) -> bytes:
    state = b'}' + plain('_log_history') + logs + b's' + plain('_count_history') + counts + b's'
    state += b''.join(plain(key) + value + b's' for key, value in others.items())
    return name('mmengine.logging.history_buffer', 'HistoryBuffer') + b')' + NEWOBJ + state + BUILD


def load(pickled: bytes, data: torch.UntypedStorage | None = None):
    return CheckpointUnpickler(BytesIO(b'\x80\x02' + pickled + STOP), 0, lambda *_: data).load()


FLOATS, ONES = plain(np.array([1.5, 2.5])), plain(np.array([1, 1]))


def test_data_is_read_unchanged():
    data = dict(
        a=[1, 2**70, -1.5, True, None, 'é'], b=(1, (2, 3)), c=b'\x00\xff', d=b'', e={1, 2}, f=1j, g=bytearray(b'x')
    )
    data |= dict(h=Counter('aab'), i=OrderedDict(x=1), j=torch.Size([2, 3]), k=torch.float16, l=torch.device('cpu'))
    data |= {3.5: 4, -7: 5, None: 6}
    assert load(plain(data)) == data
    assert [type(value) for value in load(plain(data)).values()] == [type(value) for value in data.values()]


@pytest.mark.parametrize('key', [2**61 * 3, -(2**60), (0, 1)])
def test_keys_whose_hashes_may_collide_are_refused(key):
    for value in ({key: 1}, {key}, OrderedDict({key: 1}), Counter({key: 1})):
        with pytest.raises(UnpicklingError, match='not allowed as a key'):
            load(plain(value))


def test_histories_are_read():
    buffer = HistoryBuffer([1.0, 2.0], [1, 1], max_length=3)
    made = load(plain(buffer))
    assert type(made) is HistoryBuffer and made.max_length == 3 and made.mean() == 1.5
    made.update(6.0)
    assert made.statistics('mean') == 3.0 and made.statistics('current') == 6.0


def test_a_history_cannot_change_others():
    before = dict(HistoryBuffer._statistics_methods)
    loaded = load(history(FLOATS, ONES, max_length=plain(9), statistics_methods=plain(dict(mean='x')), mean=plain('x')))
    assert HistoryBuffer._statistics_methods == before
    assert loaded.statistics('mean') == 2.0 and vars(loaded).keys() == {'_log_history', '_count_history', 'max_length'}


def attribute_of_history(attribute: str) -> bytes:
    """Pickles a call of ``getattr``, with which a history refers to its statistics."""
    owner = name('mmengine.logging.history_buffer', 'HistoryBuffer')
    return name('__builtin__', 'getattr') + b'(' + owner + plain(attribute) + b't' + REDUCE


@pytest.mark.parametrize('statistic', ['min', 'max', 'current', 'mean'])
def test_a_history_may_name_its_statistics(statistic):
    assert load(attribute_of_history(statistic)) == statistic


@pytest.mark.parametrize('attribute', ['', '__init__', '__class__', '_statistics_methods', 'register_statistics'])
def test_a_history_may_name_nothing_else_of_its_class(attribute):
    with pytest.raises(UnpicklingError, match=f'attribute {attribute!r} of .*HistoryBuffer.* is not allowed'):
        load(attribute_of_history(attribute))


@pytest.mark.parametrize(
    'pickled',
    [
        history(plain([1.5]), plain([1]), max_length=plain(9)),
        history(FLOATS, plain(np.array([1])), max_length=plain(9)),
        history(FLOATS, ONES, max_length=plain('9')),
        history(FLOATS, ONES, max_length=plain(-1)),
        history(plain(np.eye(2)), plain(np.eye(2)), max_length=plain(9)),
        name('mmengine.logging.history_buffer', 'HistoryBuffer') + plain(([1], [1])) + NEWOBJ,
        name('mmengine.logging.history_buffer', 'HistoryBuffer') + plain(([1], [1])) + REDUCE,
        name('numpy', 'ndarray') + plain(((2,), 'O', bytes(16))) + REDUCE,
        name('numpy', 'ndarray') + plain(((2,),)) + NEWOBJ,
        name('numpy', 'ndarray') + b')' + NEWOBJ,
        name('numpy', 'dtype') + plain(('O',)) + REDUCE,
        name('numpy', 'dtype') + plain(('f8',)) + NEWOBJ,
        plain(np.array([object, None])[1:]),
        plain(np.array(['text'])),
        plain(np.zeros(2, [('x', 'f8')])),
        plain(np.zeros(2, '>f8')),
        name('_codecs', 'encode') + plain(('x', 'rot13')) + REDUCE,
        name('__builtin__', 'bytearray') + plain((10**12,)) + REDUCE,
        name('__builtin__', 'bytes') + plain((10**12,)) + REDUCE,
        name('__builtin__', 'getattr') + plain(('x', '__class__')) + REDUCE,
        name('__builtin__', 'getattr') + b'(' + name('numpy', 'ndarray') + plain('min') + b't' + REDUCE,
        name('collections', 'OrderedDict') + b')' + REDUCE + plain(dict(copy=1)) + BUILD,
        name('collections', 'OrderedDict') + BUILD,
        name('collections', 'Counter') + b'}\x85' + REDUCE + plain(dict(_metadata=1)) + BUILD,
        plain([]) + plain(dict(x=1)) + BUILD,
        plain('text') + plain(()) + REDUCE,
        FLOATS + plain(0) + plain(1.0) + b's',
        FLOATS + plain(1.0) + b'a',
        plain(set()) + plain(1) + b'a',
        b'}' + plain(((1, (2,)),)) + plain(1) + b's',
        name('os', 'getcwd') + b')' + REDUCE,
        name('torch', 'Tensor') + b')' + REDUCE,
        name('torch.storage', 'UntypedStorage') + plain((8,)) + REDUCE,
        name('torch._tensor', '_rebuild_from_type_v2'),
        name('torch._utils', '_rebuild_sparse_tensor'),
        name('torch', 'load'),
        name('torch', 'nn'),
        name('mtcp_mm.engine.checkpoint.stand_ins', 'FUNCTIONS'),
    ],
)  # fmt: skip
def test_nothing_else_can_be_built(pickled):
    with pytest.raises((pickle.UnpicklingError, IndexError)):
        load(pickled)


def test_no_class_can_be_called():
    assert not any(isinstance(load(name(*full.rsplit('.', 1))), type) for full in FUNCTIONS)
    marks = [load(name('numpy', 'ndarray')), load(name('mmengine.logging.history_buffer', 'HistoryBuffer'))]
    assert not any(callable(mark) for mark in [*marks, load(name('torch', 'FloatStorage'))])


def tensor(offset=0, size=(2, 3), stride=(3, 1), count=6, view: bytes = b'') -> bytes:
    storage = b'(' + plain('storage') + name('torch', 'FloatStorage') + plain('0') + plain('cpu') + plain(count)
    parts = storage + view + b'tQ' + plain(offset) + plain(size) + plain(stride) + plain(False) + plain(None)
    return name('torch._utils', '_rebuild_tensor_v2') + b'(' + parts + b't' + REDUCE


VALUES = torch.arange(6.0).untyped_storage()


def test_tensors_lie_in_their_storage():
    assert load(tensor(), VALUES).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert load(tensor(1, (2,), (3,)), VALUES).tolist() == [1, 4]
    assert load(tensor(view=plain(None)), VALUES).tolist() == load(tensor(), VALUES).tolist()
    assert load(tensor(6, (0,), (1,)), VALUES).shape == (0,)
    assert load(tensor(0, (4, 2), (0, 1)), VALUES).tolist() == [[0, 1]] * 4  # as expand() makes them


@pytest.mark.parametrize(
    'parts',
    [
        dict(offset=1),
        dict(offset=-1),
        dict(offset=7, size=(0,), stride=(1,)),
        dict(size=(3, 3)),
        dict(size=(-2, 3)),
        dict(stride=(-3, 1)),
        dict(stride=(4, 1)),
        dict(stride=(1,)),
        dict(size=(2.0, 3)),
        dict(size=(True, 3)),
        dict(size=(10**6, 10**6), stride=(0, 0)),
        dict(size=(10**30, 1), stride=(0, 0)),
        dict(size=(0, 2**62, 2**62), stride=(0, 0, 0)),
        dict(size=(1,) * 65, stride=(1,) * 65),
        dict(count=-1),
        dict(count=None),
        dict(view=plain(('1', 1, 5))),
        dict(view=plain(None) * 2),
    ],
)
def test_no_tensor_reaches_beyond_its_storage_or_repeats_it_without_end(parts):
    with pytest.raises(pickle.UnpicklingError, match='not allowed|reaches beyond|too large'):
        load(tensor(**parts), VALUES)


def test_tensors_that_share_values_are_bounded_together():
    repeated = tensor(0, (10**6,), (0,))
    assert len(load(b'](' + repeated * 4 + b'e', VALUES)) == 4
    with pytest.raises(pickle.UnpicklingError, match='too large'):
        load(b'](' + repeated * 5 + b'e', VALUES)


@pytest.mark.parametrize(
    'state',
    [(torch.ones(1).untyped_storage(), 10**6, (10**6,), (1,)), dict(isfinite=1), dict(__class__=1)],
)
def test_a_tensor_gets_no_state(state):
    state = plain(state) if isinstance(state, dict) else plain((None, *state[1:]))
    with pytest.raises(pickle.UnpicklingError, match='a state of a Tensor is not allowed'):
        load(tensor() + state + BUILD, VALUES)
    with pytest.raises(pickle.UnpicklingError, match='items of a Tensor are not allowed'):
        load(tensor() + plain(99) + plain(1.0) + b's', VALUES)
