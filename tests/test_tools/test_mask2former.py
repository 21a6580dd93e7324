import re
import shutil
from pathlib import Path

import pytest
import torch

from tools.model_converters.mask2former import main

DOCUMENT = Path(__file__).parents[2] / 'docs/checkpoints.md'


@pytest.fixture
def src(tmp_path):
    """A small Mask2Former, with only two tensors of an encoder."""
    shapes = {
        'query_feat.weight': (5, 8), 'query_embed.weight': (5, 8), 'level_embed.weight': (1, 8),
        'pixel_decoder.input_convs.0.conv.weight': (8, 4, 1, 1), 'pixel_decoder.input_convs.0.conv.bias': (8,),
        'pixel_decoder.input_convs.0.gn.weight': (8,), 'pixel_decoder.input_convs.0.gn.bias': (8,),
        'pixel_decoder.level_encoding.weight': (1, 8), 'pixel_decoder.mask_feature.weight': (8, 8, 1, 1),
        'pixel_decoder.mask_feature.bias': (8,), 'cls_embed.weight': (3, 8),
        'transformer_decoder.post_norm.weight': (8,), 'transformer_decoder.post_norm.bias': (8,),
    }  # fmt: skip
    shapes |= {f'mask_embed.{layer}.{leaf}': (8,) for layer in (0, 2, 4) for leaf in ('weight', 'bias')}
    tensors = {f'decode_head.{name}': torch.zeros(shape) for name, shape in shapes.items()}
    tensors |= {f'backbone.conv{i}.weight': torch.full((2,), float(i)) for i in range(20)}
    torch.save(dict(state_dict=tensors), tmp_path / 'src.pth')
    return tmp_path / 'src.pth'


def test_writes_a_checkpoint_and_reports(src, tmp_path, capsys):
    out = tmp_path / 'new' / 'out.pth'
    assert main([str(src), str(out)]) == 0
    state = torch.load(out, weights_only=True)['state_dict']
    assert len(state) == 20 + 18 and all(name.startswith('backbone.') for name in state)
    assert state['backbone.encoder.conv3.weight'].tolist() == [3, 3]
    report = capsys.readouterr().out
    assert f'{src}, MMSegmentation' in report
    assert f'{out}: written, 38 of the 42 tensors of the backbone' in report
    assert 'decode_head.cls_embed.weight: class head' in report


def test_errors_name_the_file_and_leave_nothing(src, tmp_path, capsys):
    out = tmp_path / 'out.pth'
    other = tmp_path / 'other.pth'
    torch.save(dict(state_dict={'conv.weight': torch.zeros(1)}), other)
    for path in (tmp_path / 'none.pth', other):
        assert main([str(path), str(out)]) == 1
        assert str(path) in capsys.readouterr().err
    assert main([str(src), str(src)]) == 1
    assert 'exists already' in capsys.readouterr().err
    assert not out.exists()


def test_the_commands_of_the_documentation(src, tmp_path, monkeypatch, capsys):
    commands = re.findall(r'^python tools/model_converters/mask2former\.py (.+)$', DOCUMENT.read_text(), re.MULTILINE)
    assert len(commands) == 2
    monkeypatch.chdir(tmp_path)
    for command in commands:
        name, out, *_ = arguments = command.split()
        path = Path(name) if name.endswith('.pth') else Path(name, 'pytorch_model.bin')
        path.parent.mkdir(exist_ok=True)
        shutil.copy(src, path)
        assert main(arguments) == 0
        assert 'backbone.query_feat.weight' in torch.load(out, weights_only=True)['state_dict']
    assert 'decode_head.mask_embed.2.bias -> backbone.mask_embed.2.bias' in capsys.readouterr().out
