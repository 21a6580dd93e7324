import hashlib

import torch

from tools.model_converters.publish_model import main


def test_writes_a_small_checkpoint_and_its_checksum(tmp_path, capsys):
    source, out = tmp_path / 'epoch_1.pth', tmp_path / 'net.pth'
    torch.save(dict(meta=dict(epoch=1), state_dict=dict(w=torch.ones(64, 64)), optimizer=torch.ones(4096)), source)
    assert main([str(source), str(out)]) == 0
    content = torch.load(out, weights_only=True)
    assert content['state_dict']['w'].dtype == torch.float16 and 'optimizer' not in content
    assert hashlib.sha256(out.read_bytes()).hexdigest() in capsys.readouterr().out


def test_no_checkpoint(tmp_path, capsys):
    assert main([str(tmp_path / 'no.pth'), str(tmp_path / 'net.pth')]) == 1
    assert 'no.pth' in capsys.readouterr().err
    assert not (tmp_path / 'net.pth').exists()
