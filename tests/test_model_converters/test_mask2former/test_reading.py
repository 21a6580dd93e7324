import json
import os
import random
import sys

import pytest
import torch

from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.model_converters.mask2former import read_tensors

safetensors = pytest.importorskip('safetensors.torch')
TENSORS = {'a.weight': torch.arange(6.0).view(2, 3), 'b.bias': torch.ones(2), 'c.bias': torch.zeros(1)}


class Call:
    """Pickles as a call that makes a folder."""

    def __init__(self, path) -> None:
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def write_index(folder, files):
    path = folder / 'model.safetensors.index.json'
    path.write_text(json.dumps(dict(metadata={}, weight_map=files)))
    return path


def assert_same(tensors, expected=TENSORS):
    assert tensors.keys() == expected.keys()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in tensors.items())


def test_every_kind_of_file(tmp_path):
    torch.save(TENSORS, tmp_path / 'plain.bin')
    torch.save(dict(state_dict=TENSORS | dict(epoch=3), meta=dict(epoch=1)), tmp_path / 'epoch.pth')
    torch.save({f'module.{name}': tensor for name, tensor in TENSORS.items()}, tmp_path / 'wrapped.pth')
    safetensors.save_file(TENSORS, tmp_path / 'model.safetensors')
    for name in ('plain.bin', 'epoch.pth', 'wrapped.pth', 'model.safetensors', ''):
        assert_same(read_tensors(tmp_path / name))


def test_shards_of_both_kinds(tmp_path):
    first, second = ({name: TENSORS[name]} for name in ('a.weight', 'b.bias'))
    safetensors.save_file(first, tmp_path / '1.safetensors')
    torch.save(second, tmp_path / '2.bin')
    index = write_index(tmp_path, {'a.weight': '1.safetensors', 'b.bias': '2.bin'})
    assert_same(read_tensors(index), first | second)
    assert_same(read_tensors(tmp_path), first | second)
    write_index(tmp_path, {'a.weight': '1.safetensors', 'c.bias': '1.safetensors'})
    with pytest.raises(CheckpointError, match=r'index.json lists 1 tensors that its files lack \(c.bias'):
        read_tensors(index)
    write_index(tmp_path, {'a.weight': '3.safetensors'})
    with pytest.raises(FileNotFoundError, match='3.safetensors'):
        read_tensors(index)


@pytest.mark.parametrize(
    'name',
    [
        '../outside.bin',
        '/etc/outside.bin',
        'sub/inside.bin',
        r'..\outside.bin',
        r'C:\x.bin',
        '..',
        '',
        'x.json',
        'x.pth',
        3,
    ],
)
def test_an_index_cannot_lead_elsewhere(tmp_path, name):
    folder = tmp_path / 'folder'
    folder.mkdir()
    torch.save(TENSORS, tmp_path / 'outside.bin')
    with pytest.raises(CheckpointError, match=r'index.json is refused: .* is not a file of tensors in its folder'):
        read_tensors(write_index(folder, {'a.weight': name}))


@pytest.mark.parametrize(
    'text',
    [
        '',
        '{"weight_map": ',
        '[]',
        '{}',
        '{"weight_map": {}}',
        '{"weight_map": ["a"]}',
        '[' * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_a_broken_index(tmp_path, text):
    path = tmp_path / 'model.safetensors.index.json'
    path.write_text(text)
    with pytest.raises(CheckpointError, match='index.json is no'):
        read_tensors(path)


@pytest.mark.parametrize('name', ['pytorch_model.bin', 'network.pth'])
def test_a_file_that_runs_code_is_refused(tmp_path, name):
    witness = tmp_path / 'witness'
    torch.save(dict(state_dict={'decode_head.query_feat.weight': Call(witness)}), tmp_path / name)
    with pytest.raises(CheckpointError, match=f'{name} is refused'):
        read_tensors(tmp_path / name)
    assert not witness.exists()


@pytest.mark.parametrize('share', [0, 0.01, 0.5, 0.999])
def test_a_truncated_safetensors_names_the_file(tmp_path, share):
    path = tmp_path / 'model.safetensors'
    safetensors.save_file(dict(x=torch.zeros(1000)), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match='model.safetensors cannot be read'):
        read_tensors(path)


def test_missing_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'has none of model.safetensors, .*index.json'):
        read_tensors(tmp_path)
    for name in ('a.pth', 'a.safetensors', 'a.index.json'):
        with pytest.raises(FileNotFoundError, match=name):
            read_tensors(tmp_path / name)
    torch.save([1, 2], tmp_path / 'list.pth')
    with pytest.raises(CheckpointError, match='list.pth holds no dict of tensors'):
        read_tensors(tmp_path / 'list.pth')


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    safetensors.save_file(TENSORS, tmp_path / 'model.safetensors')
    monkeypatch.setitem(sys.modules, 'safetensors.torch', None)
    with pytest.raises(ImportError, match='pip install safetensors'):
        read_tensors(tmp_path)


@pytest.mark.parametrize('name', ['model.safetensors', 'network.pth'])
def test_weights_that_are_not_finite(tmp_path, name):
    tensors = TENSORS | {'d.bias': torch.tensor([float('nan')])}
    (safetensors.save_file if name.endswith('safetensors') else torch.save)(tensors, tmp_path / name)
    with pytest.raises(CheckpointError, match=rf'{name} has values that are not finite in 1 tensors \(d\.bias'):
        read_tensors(tmp_path / name)


def test_no_damage_of_a_safetensors_escapes(tmp_path):
    path = tmp_path / 'model.safetensors'
    safetensors.save_file(TENSORS, path)
    content = path.read_bytes()
    generator = random.Random(0)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(generator.choice([1, 2, 4])):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        path.write_bytes(damaged)
        try:
            read_tensors(path)
        except CheckpointError as error:
            assert 'model.safetensors' in str(error)
