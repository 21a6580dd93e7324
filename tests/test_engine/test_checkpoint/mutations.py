"""Damages a checkpoint's pickle in many ways and loads each: python mutations.py FOLDER COUNT CHECKPOINT...

A child process of a test, since what is looked for may end the interpreter. It prints how often each outcome occurred,
and ends with an error at the first that must not be: an error other than CheckpointError, or an act that reading a file
does not need. The name of a checkpoint seeds its mutations.
"""

import os
import pickle
import pickletools
import random
import sys
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import torch

from mtcp_mm.engine.checkpoint import CheckpointError, check_training, load_checkpoint_file
from mtcp_mm.model_converters.publishing import slim_checkpoint

NAMES = (
    'os system', 'posix system', 'builtins eval', '__builtin__ getattr', '__builtin__ set', '__builtin__ bytearray',
    'numpy ndarray', 'numpy dtype', 'numpy recarray', 'numpy._core.multiarray _reconstruct', 'torch load',
    'numpy.core.multiarray scalar', 'mmengine.logging.history_buffer HistoryBuffer', 'collections Counter',
    'collections OrderedDict', '_codecs encode', 'torch Tensor', 'torch FloatStorage', 'torch DoubleStorage',
    'torch.storage UntypedStorage', 'torch.nn.parameter Parameter', 'torch Size', 'torch device', 'torch float32',
    'torch._utils _rebuild_tensor', 'torch._utils _rebuild_tensor_v2', 'torch._utils _rebuild_parameter',
    'torch._utils _rebuild_sparse_tensor', 'torch._utils _rebuild_qtensor', 'torch._tensor _rebuild_from_type_v2',
)  # fmt: skip
NUMBERS = (0, 1, 2, 3, 7, 255, -1, 2**31 - 1, -(2**31))
CODES = [code.code.encode('latin1') for code in pickletools.opcodes]
ACTS = ('os.', 'subprocess.', 'shutil.', 'socket.', 'ctypes.', 'import', 'exec', 'compile', 'code.', 'pickle.')
HARMLESS = ('os.listdir', 'os.scandir')

acts: list[str] = []
watching = False


def watch(event: str, args: tuple) -> None:
    """Notes what a read of a file does not need."""
    if not watching:
        return
    writes = event == 'open' and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes or (event.startswith(ACTS) and event not in HARMLESS):
        acts.append(f'{event}{args!r:.200}')


def split(pickled: bytes) -> list[bytes]:
    """Splits a pickle into its instructions."""
    places = [place for _, _, place in pickletools.genops(pickled)] + [len(pickled)]
    return [pickled[start:end] for start, end in zip(places, places[1:], strict=False)]


def name(chance: random.Random) -> bytes:
    return b'c' + chance.choice(NAMES).replace(' ', '\n').encode() + b'\n'


def number(chance: random.Random) -> bytes:
    return pickle.BININT + chance.choice(NUMBERS).to_bytes(4, 'little', signed=True)


def get(chance: random.Random) -> bytes:
    return pickle.BINGET + bytes([chance.randrange(256)])


def text(chance: random.Random) -> bytes:
    word = chance.choice([b'O', b'f8', b'V9', b'mean', b'latin1', b'cpu', b'_metadata', b'__class__'])
    return pickle.BINUNICODE + len(word).to_bytes(4, 'little') + word


def act(chance: random.Random) -> bytes:
    return chance.choice([b'R', b'b', b'\x81', b'a', b's', b'\x85', b'\x86', b'}', b']', b')', b'(', b't', b'Q', b'N'])


def insert(parts: list[bytes], chance: random.Random) -> None:
    make = chance.choice([name, number, get, text, act])
    parts.insert(chance.randrange(len(parts)), make(chance))


def swap(parts: list[bytes], chance: random.Random) -> None:
    """Replaces an instruction by one of the same kind if there is any, else by any other."""
    place = chance.randrange(len(parts))
    kinds = {b'c': name, b'K': number, b'M': number, b'J': number, b'h': get, b'j': get, b'X': text}
    parts[place] = kinds.get(parts[place][:1], act)(chance)


def swap_name(parts: list[bytes], chance: random.Random) -> None:
    parts[chance.choice([place for place, part in enumerate(parts) if part[:1] == b'c'])] = name(chance)


def recode(parts: list[bytes], chance: random.Random) -> None:
    place = chance.randrange(len(parts))
    parts[place] = chance.choice(CODES) + parts[place][1:]


def flip(parts: list[bytes], chance: random.Random) -> None:
    place = chance.randrange(len(parts))
    part = bytearray(parts[place])
    part[chance.randrange(min(len(part), 40))] ^= 1 << chance.randrange(8)
    parts[place] = bytes(part)


def leave_out(parts: list[bytes], chance: random.Random) -> None:
    start = chance.randrange(len(parts))
    del parts[start : start + chance.randint(1, 8)]


def repeat(parts: list[bytes], chance: random.Random) -> None:
    start, target = chance.randrange(len(parts)), chance.randrange(len(parts))
    parts[target:target] = parts[start : start + chance.randint(1, 8)]


MUTATIONS: tuple[Callable, ...] = (insert, swap, swap_name, recode, flip, leave_out, repeat)


def mutate(parts: list[bytes], chance: random.Random) -> bytes:
    changed = list(parts)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 5])):
        if changed:
            chance.choice(MUTATIONS)(changed, chance)
    return b''.join(changed)


def take_apart(path: Path) -> tuple[bytes, Callable[[bytes], bytes]]:
    """Returns the pickle of a checkpoint's content, and a function that replaces it."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            entries = {entry: archive.read(entry) for entry in archive.namelist()}
        place = next(entry for entry in entries if entry.endswith('data.pkl'))

        def assemble(pickled: bytes) -> bytes:
            made = BytesIO()
            with zipfile.ZipFile(made, 'w') as archive:
                for entry, data in (entries | {place: pickled}).items():
                    archive.writestr(entry, data)
            return made.getvalue()

        return entries[place], assemble
    file = BytesIO(content)
    ends = [0]
    for _ in range(4):
        list(pickletools.genops(file))
        ends.append(file.tell())
    return content[ends[3] : ends[4]], lambda pickled: content[: ends[3]] + pickled + content[ends[4] :]


def use(path: Path) -> None:
    """Loads a checkpoint and uses it like a program."""
    content = load_checkpoint_file(path)
    repr(content)
    check_training(content, path)
    for history in content['message_hub'].get('log_scalars', {}).values():
        history.update(1.0)
        history.statistics('mean')
        history.current()
    slim_checkpoint(path)


def try_mutations(checkpoint: Path, path: Path, seed: str, count: int) -> Counter[str]:
    """Loads mutations of a checkpoint, each written to the path, and counts the outcomes."""
    global watching
    pickled, assemble = take_apart(checkpoint)
    parts = split(pickled)
    path.write_bytes(assemble(pickled))
    use(path)  # imports what is imported late
    outcomes: Counter[str] = Counter()
    for step in range(count):
        path.write_bytes(assemble(mutate(parts, random.Random(f'{seed} {step}'))))
        watching = True
        try:
            use(path)
            outcomes['loaded'] += 1
        except CheckpointError as error:
            outcomes['refused' if 'is refused' in str(error) else 'damaged'] += 1
            if str(path) not in str(error):
                raise AssertionError(f'step {step}: no file is named') from error
        except Exception as error:
            raise AssertionError(f'step {step}: {type(error).__name__} {error}') from error
        finally:
            watching = False
        if acts:
            raise AssertionError(f'step {step}: {acts}')
    return outcomes


def main(folder: str, count: str, *checkpoints: str) -> None:
    warnings.simplefilter('ignore')
    torch.set_num_threads(1)
    sys.addaudithook(watch)
    for checkpoint in checkpoints:
        print(dict(try_mutations(Path(checkpoint), Path(folder, 'mutated.pth'), Path(checkpoint).stem, int(count))))


if __name__ == '__main__':
    main(*sys.argv[1:])
