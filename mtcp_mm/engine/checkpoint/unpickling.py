import pickle
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from pickle import UnpicklingError
from typing import Any, BinaryIO

import torch
from mmengine.logging import HistoryBuffer
from torch import Tensor

from .stand_ins import BUILDERS, CLASS_NAMES, FUNCTIONS, HISTORY, Allowed, are_counts, describe_value, set_items

REPEATED = 16
"""Maximum ratio of the size of all tensors to that of the file: tensors may share or repeat values."""
SMALLEST = 2**20
"""Size in bytes that a smaller file counts as in this ratio."""

DIMENSIONS = 64
"""Maximum number of dimensions of a tensor, as in torch."""

PROTOCOL = 2
DATA_OPCODES = (
    pickle.STOP, pickle.MARK, pickle.GLOBAL, pickle.BINPERSID, pickle.NONE, pickle.NEWTRUE,
    pickle.NEWFALSE, pickle.BININT, pickle.BININT1, pickle.BININT2, pickle.LONG1, pickle.BINFLOAT, pickle.BINUNICODE,
    pickle.SHORT_BINSTRING, pickle.EMPTY_LIST, pickle.EMPTY_DICT, pickle.EMPTY_SET, pickle.EMPTY_TUPLE, pickle.TUPLE,
    pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3, pickle.BINPUT, pickle.LONG_BINPUT, pickle.BINGET, pickle.LONG_BINGET,
)  # fmt: skip
"""What :func:`torch.save` writes, apart from the opcodes that call, build or fill something."""

STORAGES = {
    'BoolStorage': torch.bool, 'ByteStorage': torch.uint8, 'CharStorage': torch.int8, 'ShortStorage': torch.int16,
    'IntStorage': torch.int32, 'LongStorage': torch.int64, 'HalfStorage': torch.float16,
    'BFloat16Storage': torch.bfloat16, 'FloatStorage': torch.float32, 'DoubleStorage': torch.float64,
    'ComplexFloatStorage': torch.complex64, 'ComplexDoubleStorage': torch.complex128,
}  # fmt: skip


@dataclass(frozen=True)
class Storage:
    """The values of one or several tensors."""

    data: torch.UntypedStorage
    dtype: torch.dtype


StorageOpener = Callable[[str, torch.dtype, int, str], torch.UntypedStorage]
"""Returns values by their key, dtype, count and the tag of a device."""


class CheckpointUnpickler(pickle._Unpickler):
    """Reads the pickle of a checkpoint. It builds only containers, tensors, arrays of numbers and MMEngine's histories.

    :meth:`find_class` lists the names that a pickle may use. Only an :class:`Allowed` function can be called. The parts
    of arrays, histories and tensors are checked one by one; no other object gets a state, an item or an attribute from
    the file.

    Args:
        file: Where the pickle begins.
        size: Size of the checkpoint in bytes, which limits the size of its tensors.
        open_storage: Returns the values of tensors. If None, the pickle must not hold tensors.
    """

    dispatch = {code[0]: pickle._Unpickler.dispatch[code[0]] for code in DATA_OPCODES}

    def __init__(self, file: BinaryIO, size: int, open_storage: StorageOpener | None = None) -> None:
        super().__init__(file, encoding='utf-8')
        self.open_storage = open_storage
        self.storages: dict[str, torch.UntypedStorage] = {}
        self.room = REPEATED * max(size, SMALLEST)

    def load_proto(self) -> None:
        """Reads the protocol number.

        Raises:
            UnpicklingError: It is not that of :func:`torch.save`.
        """
        protocol = self.read(1)[0]
        if protocol != PROTOCOL:
            raise UnpicklingError(f'its pickle has protocol {protocol}, and torch.save writes {PROTOCOL} by default')

    def find_class(self, module: str, name: str) -> Any:
        """Returns what a name stands for.

        Raises:
            UnpicklingError: No checkpoint of MMEngine or PyTorch needs this name.
        """
        full = f'{module}.{name}'.replace('__builtin__.', 'builtins.')
        if full in FUNCTIONS:
            return Allowed(FUNCTIONS[full])
        if full in ('torch._utils._rebuild_tensor', 'torch._utils._rebuild_tensor_v2'):
            return Allowed(self.rebuild_tensor)
        if full in CLASS_NAMES:
            return CLASS_NAMES[full]
        attribute = getattr(torch, name, None) if module == 'torch' else None
        dtype = STORAGES.get(name) if module in ('torch', 'torch.cuda') else None
        if dtype is None and isinstance(attribute, torch.dtype):
            dtype = attribute
        if dtype is None:
            raise UnpicklingError(f'{full} is not allowed')
        return dtype

    def persistent_load(self, pid: Any) -> Storage:
        """Returns the values that tensors refer to."""
        kind, dtype, key, location, count, *view = pid
        if not (
            kind == 'storage'
            and dtype in STORAGES.values()
            and isinstance(key, str)
            and isinstance(location, str)
            and are_counts([count])
            and view in ([], [None])
            and self.open_storage
        ):
            raise UnpicklingError('the reference to the values of a tensor is not allowed')
        if key not in self.storages:
            self.storages[key] = self.open_storage(key, dtype, count, location)
        return Storage(self.storages[key], dtype)

    def rebuild_tensor(self, storage: Storage, offset: int, size: Sequence, stride: Sequence, *_: Any) -> Tensor:
        """Stands in for torch's function of this name; returns a leaf tensor that shares the storage.

        Raises:
            UnpicklingError: The tensor reaches beyond its storage, or repeats its values too often.
        """
        if not (isinstance(storage, Storage) and are_counts([offset, *size, *stride]) and len(size) == len(stride)):
            raise UnpicklingError('the parts of a tensor are not allowed')
        if len(size) > DIMENSIONS:
            raise UnpicklingError(f'a tensor of {len(size)} dimensions is not allowed')
        count = storage.data.nbytes() // storage.dtype.itemsize
        last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
        if offset > count or (all(size) and last >= count):
            raise UnpicklingError(f'a tensor of size {tuple(size)!r:.100} reaches beyond its {count} values')
        self.room -= prod(max(length, 1) for length in size) * storage.dtype.itemsize
        if self.room < 0:
            raise UnpicklingError(f'a tensor of size {tuple(size)!r:.100} repeats {count} values: it is too large')
        empty = torch.empty(0, dtype=storage.dtype, device=storage.data.device)
        return empty.set_(storage.data, offset, tuple(size), tuple(stride))

    def load_reduce(self) -> None:
        """Calls a function."""
        args, function = self.stack.pop(), self.stack.pop()
        if not (isinstance(function, Allowed) and type(args) is tuple):
            raise UnpicklingError(f'a call of {describe_value(function)} is not allowed')
        self.append(function.call(*args))

    def load_newobj(self) -> None:
        """Makes an object of a class; only histories are allowed."""
        args, kind = self.stack.pop(), self.stack.pop()
        if not (isinstance(kind, str) and kind == HISTORY and args == ()):
            raise UnpicklingError(f'an object of {describe_value(kind)} is not allowed')
        self.append(HistoryBuffer())

    def load_build(self) -> None:
        """Gives an object its state."""
        state, built = self.stack.pop(), self.stack[-1]
        for kind, build in BUILDERS.items():
            if isinstance(built, kind):
                return build(built, state)
        raise UnpicklingError(f'a state of a {type(built).__name__} is not allowed')

    def load_append(self) -> None:
        """Appends to a list."""
        self._extend([self.stack.pop()])

    def load_appends(self) -> None:
        """Extends a list."""
        self._extend(self.pop_mark())

    def load_setitem(self) -> None:
        """Sets an item of a dict."""
        value, key = self.stack.pop(), self.stack.pop()
        self._set([key, value])

    def load_setitems(self) -> None:
        """Sets items of a dict."""
        self._set(self.pop_mark())

    def _extend(self, items: list) -> None:
        """Extends the list on top of the stack."""
        if type(self.stack[-1]) is not list:
            raise UnpicklingError(f'items of a {type(self.stack[-1]).__name__} are not allowed')
        self.stack[-1].extend(items)

    def _set(self, items: list) -> None:
        """Sets items (key, value, key, value, ...) of the dict on top of the stack."""
        target = self.stack[-1]
        if type(target) not in (dict, OrderedDict, Counter):
            raise UnpicklingError(f'items of a {type(target).__name__} are not allowed')
        set_items(target, zip(items[::2], items[1::2], strict=True))

    dispatch |= {
        pickle.PROTO[0]: load_proto,
        pickle.REDUCE[0]: load_reduce,
        pickle.NEWOBJ[0]: load_newobj,
        pickle.BUILD[0]: load_build,
        pickle.APPEND[0]: load_append,
        pickle.APPENDS[0]: load_appends,
        pickle.SETITEM[0]: load_setitem,
        pickle.SETITEMS[0]: load_setitems,
    }
