import re

from tools.analysis_tools.get_flops import main

CONFIG = """
custom_imports = dict(imports=['mtcp_mm'])
model = dict(
    type='MultiTaskSegmentor',
    tasks=[dict(type='DepthMap', name='depth')],
    backbone=dict(type='EfficientNetLite'),
    neck=dict(type='FPN', in_channels=[24, 40, 112, 320], out_channels=8, num_outs=4),
    decode_head=dict(type='MultiTaskHead', in_channels=8, channels=8),
)
"""


def test_parts_and_the_rest_make_up_the_total(tmp_path, capsys):
    (tmp_path / 'net.py').write_text(CONFIG)
    assert main([str(tmp_path / 'net.py'), '--shape', '320', '320']) == 0
    table = capsys.readouterr().out
    assert 'GFLOP at 320x320' in table
    rows = {cells[0]: cells[-1] for cells in re.findall(r'^\| (\w+) .*\| +([\d.]+) \|$', table, flags=re.M)}
    assert rows.keys() == {'backbone', 'neck', 'decode_head', 'rest', 'total'}
    counts = {name: float(value) for name, value in rows.items()}
    assert abs(sum(counts.values()) - 2 * counts['total']) < 0.03
    assert counts['backbone'] > 0.5


def test_a_config_without_a_model_is_reported(tmp_path, capsys):
    (tmp_path / 'empty.py').write_text('x = 1')
    assert main([str(tmp_path / 'empty.py')]) == 1
    assert capsys.readouterr().err.startswith('error: the config has no model')
