import pickle
import zipfile
from io import BytesIO

import pytest
import torch

from mtcp_mm.engine.checkpoint import CheckpointError, load_checkpoint_file

WHOLE = torch.arange(12.0).view(3, 4)
TENSORS = {
    'whole': WHOLE, 'turned': WHOLE.t(), 'part': WHOLE[1:, 2], 'number': torch.tensor(3), 'empty': torch.zeros(0, 3),
    'repeated': torch.zeros(1).expand(5, 5), 'parameter': torch.nn.Parameter(WHOLE), 'half': WHOLE.half(),
    'bfloat': WHOLE.bfloat16(), 'mask': WHOLE > 2, 'complex': torch.complex(WHOLE, WHOLE), 'bytes': WHOLE.byte(),
}  # fmt: skip


def save(path, content, legacy=False):
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


def rewrite(path, change) -> None:
    """Rewrites a zip archive, with a function that changes its entries."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    packing = change(entries) or zipfile.ZIP_STORED
    with zipfile.ZipFile(path, 'w', packing) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


@pytest.mark.parametrize('legacy', [False, True])
@pytest.mark.parametrize('place', ['cpu', None, torch.device('cpu'), {'cpu': 'cpu'}, lambda storage, location: storage])
def test_reads_what_torch_reads(tmp_path, legacy, place):
    path = save(tmp_path / 'net.pth', TENSORS, legacy)
    loaded, expected = load_checkpoint_file(path, place), torch.load(path, weights_only=True)
    assert list(loaded) == list(expected)
    for name, tensor in loaded.items():
        assert tensor.dtype == expected[name].dtype and tensor.stride() == expected[name].stride(), name
        assert torch.equal(tensor, expected[name]), name
    assert loaded['turned'].data_ptr() == loaded['whole'].data_ptr()


def test_a_torchscript_program_is_refused(tmp_path):
    module = torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2))
    module.save(tmp_path / 'net.pth')
    with pytest.raises(CheckpointError, match=r'net\.pth is refused.*TorchScript'):
        load_checkpoint_file(tmp_path / 'net.pth')


def shorten(entries: dict) -> None:
    name = next(name for name in entries if name.endswith('data/0'))
    entries[name] = entries[name][:-4]


def lengthen(entries: dict) -> None:
    entries[next(name for name in entries if name.endswith('data/0'))] += bytes(4)


def forget(entries: dict) -> None:
    del entries[next(name for name in entries if name.endswith('data/0'))]


def swap(entries: dict) -> None:
    entries[next(name for name in entries if name.endswith('byteorder'))] = b'big'


def empty(entries: dict) -> None:
    entries.clear()


@pytest.mark.parametrize('change', [shorten, lengthen, forget, swap, empty, lambda entries: zipfile.ZIP_DEFLATED])
def test_an_archive_that_does_not_hold_what_it_declares(tmp_path, change):
    path = save(tmp_path / 'net.pth', TENSORS)
    rewrite(path, change)
    with pytest.raises(CheckpointError, match=r'net\.pth'):
        load_checkpoint_file(path)


def test_every_byte_of_a_tensor_is_compared_with_its_checksum(tmp_path):
    path = save(tmp_path / 'net.pth', TENSORS)
    content = bytearray(path.read_bytes())
    place = content.index(WHOLE.numpy().tobytes())
    content[place + 5] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r'net\.pth cannot be read.*CRC'):
        load_checkpoint_file(path)


def test_a_legacy_file_is_not_given_more_than_it_has(tmp_path):
    path = save(tmp_path / 'net.pth', dict(a=torch.zeros(1000)), legacy=True)
    content = path.read_bytes()
    assert content.count(pickle.BININT2 + (1000).to_bytes(2, 'little')) == 2  # of the storage, and of the size
    path.write_bytes(
        content.replace(pickle.BININT2 + (1000).to_bytes(2, 'little'), pickle.BININT + b'\xff\xff\xff\x7f')
    )
    with pytest.raises(CheckpointError, match=r'net\.pth is refused.*declares more than its'):
        load_checkpoint_file(path)
    assert content[-4008:-4000] == (1000).to_bytes(8, 'little')  # of the values that follow
    path.write_bytes(content[:-4008] + (999).to_bytes(8, 'little') + content[-4000:])
    with pytest.raises(CheckpointError, match=r'net\.pth is refused.*does not have the 1000 values'):
        load_checkpoint_file(path)
    for kept in (4001, 100, 20):
        path.write_bytes(content[:-kept])
        with pytest.raises(CheckpointError, match=r'net\.pth'):
            load_checkpoint_file(path)


@pytest.mark.parametrize(
    'content', [b'', b'PK\x05\x06' + bytes(18), b'no checkpoint', pickle.dumps(dict(a=1), 2), bytes(99)]
)
def test_files_that_are_not_checkpoints(tmp_path, content):
    path = tmp_path / 'net.pth'
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r'net\.pth'):
        load_checkpoint_file(path)


def test_the_oldest_form_is_refused_and_nothing_is_unpacked(tmp_path):
    import tarfile

    path = tmp_path / 'net.pth'
    with tarfile.open(path, 'w') as archive:
        for name in ('storages', 'tensors', 'pickle'):
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, BytesIO(b'.'))
    with pytest.raises(CheckpointError, match=r'net\.pth'):
        load_checkpoint_file(path)
