import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader
from mmengine.runner import checkpoint as mmengine_checkpoint
from mmengine.runner.checkpoint import _load_checkpoint

from mtcp_mm.engine.checkpoint import CheckpointError, load_checkpoint_file, safe_loading


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function, *args) -> None:
        self.call = function, args

    def __reduce__(self):
        return self.call


class Reach:
    """Pickles as a HistoryBuffer whose state comes from a forbidden getattr."""

    def __reduce__(self):
        return getattr, (HistoryBuffer.mean, '__globals__')


def attacks(witness) -> dict:
    """Returns payloads. If they ran, they would create a folder."""
    return {
        'os.mkdir': Call(os.mkdir, str(witness)),
        'eval': Call(eval, f'__import__("os").mkdir({str(witness)!r})'),
        'getattr': Reach(),
        'torch.load': Call(torch.load, str(witness)),
        'shutil.move': Call(shutil.move, str(witness), str(witness)),
    }


@pytest.fixture
def checkpoint(make_runner):
    """Returns a real checkpoint of a training with a validation, and its file."""
    runner = make_runner(scores=[1.0, 2.0, 3.0], checkpoint=dict(save_best='score', rule='greater', max_keep_ckpts=2))
    runner.message_hub.update_info('some_state', dict(history=[{'depth': 0.5}], scalar=np.float64(2.5)))
    runner.train()
    return f'{runner.work_dir}/epoch_3.pth'


def test_reads_all_that_mmengine_saves(checkpoint):
    loaded = load_checkpoint_file(checkpoint)
    expected = torch.load(checkpoint, weights_only=False)
    assert loaded.keys() == expected.keys() >= {'meta', 'state_dict', 'message_hub', 'optimizer', 'param_schedulers'}
    assert loaded['meta'] == expected['meta']
    assert loaded['param_schedulers'] == expected['param_schedulers']
    hub, expected_hub = loaded['message_hub'], expected['message_hub']
    assert hub['runtime_info'] == expected_hub['runtime_info']
    assert hub['runtime_info']['best_score'] == 3.0
    assert hub['log_scalars'].keys() == expected_hub['log_scalars'].keys() >= {'train/loss', 'train/grad_norm'}
    for name, buffer in hub['log_scalars'].items():
        assert isinstance(buffer, HistoryBuffer)
        np.testing.assert_array_equal(buffer.data, expected_hub['log_scalars'][name].data)
        assert buffer.statistics('mean') == expected_hub['log_scalars'][name].mean()
    assert all(torch.equal(tensor, expected['state_dict'][name]) for name, tensor in loaded['state_dict'].items())


@pytest.mark.parametrize('core', ['core', '_core'])
def test_reads_arrays_of_either_numpy(checkpoint, tmp_path, core):
    path = tmp_path / 'other_numpy.pth'
    with zipfile.ZipFile(checkpoint) as source, zipfile.ZipFile(path, 'w') as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith('data.pkl'):
                assert b'cnumpy._core.multiarray\n' in content or b'cnumpy.core.multiarray\n' in content
                for module in (b'cnumpy._core.multiarray\n', b'cnumpy.core.multiarray\n'):
                    content = content.replace(module, f'cnumpy.{core}.multiarray\n'.encode())
            target.writestr(name, content)
    histories = load_checkpoint_file(path)['message_hub']['log_scalars']
    expected = load_checkpoint_file(checkpoint)['message_hub']['log_scalars']
    np.testing.assert_array_equal(histories['train/loss'].data, expected['train/loss'].data)


@pytest.mark.parametrize('attack', attacks(''))
@pytest.mark.parametrize('legacy', [False, True])
def test_runs_no_code(tmp_path, attack, legacy):
    path, witness = tmp_path / 'evil.pth', tmp_path / 'witness'
    content = dict(state_dict={'weight': torch.ones(2)}, extra=attacks(witness)[attack])
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(CheckpointError, match=r'evil\.pth is refused.*weights_only=False'):
        load_checkpoint_file(path)
    with safe_loading(), pytest.raises(CheckpointError, match=r'evil\.pth is refused'):
        _load_checkpoint(str(path))
    assert not witness.exists()


def test_the_attack_is_real_and_mmengine_stays_as_it_was(tmp_path):
    path, witness = tmp_path / 'evil.pth', tmp_path / 'witness'
    torch.save(attacks(witness)['os.mkdir'], path)

    def surroundings() -> tuple:
        safe = set(torch.serialization.get_safe_globals())
        return dict(CheckpointLoader._schemes), dict(os.environ), vars(mmengine_checkpoint).copy(), safe, torch.load

    before = surroundings()
    with pytest.raises(RuntimeError), safe_loading():
        raise RuntimeError
    assert surroundings() == before
    torch.load(path, weights_only=False)
    assert witness.is_dir()


def test_other_schemes_run_no_code_either(tmp_path, monkeypatch):
    path, witness = tmp_path / 'evil.pth', tmp_path / 'witness'
    torch.save(attacks(witness)['os.mkdir'], path)

    def load_from_elsewhere(filename, map_location):
        return torch.load(path, map_location=map_location, weights_only=False)

    monkeypatch.setitem(CheckpointLoader._schemes, 'http://', load_from_elsewhere)
    with safe_loading(), pytest.raises(CheckpointError, match=r'evil\.pth is refused'):
        _load_checkpoint('http://example.org/evil.pth')
    assert not witness.exists()


@pytest.mark.parametrize('kept', [0, 10, 0.5, 0.99])
def test_damaged_file_is_named(checkpoint, tmp_path, kept):
    content = open(checkpoint, 'rb').read()
    path = tmp_path / 'cut.pth'
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(CheckpointError, match=r'cut\.pth'):
        load_checkpoint_file(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'nowhere\.pth; correct the path'):
        load_checkpoint_file(tmp_path / 'nowhere.pth')


def test_no_mutation_ends_the_interpreter_or_runs_code(checkpoint, tmp_path):
    legacy = tmp_path / 'legacy.pth'
    torch.save(torch.load(checkpoint, weights_only=False), legacy, _use_new_zipfile_serialization=False)
    script = Path(__file__).with_name('mutations.py')
    command = [sys.executable, str(script), str(tmp_path), '400', checkpoint, str(legacy)]
    environment = os.environ | dict(PYTHONPATH=str(Path(__file__).parents[3]))
    child = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    outcomes = child.stdout.splitlines()
    assert len(outcomes) == 2 and all('refused' in line and 'loaded' in line for line in outcomes)
