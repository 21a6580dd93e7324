import pytest
from mmengine.model import PretrainedInit

from mtcp_mm.apis.network import without_pretrained


@pytest.mark.parametrize('kind', ['Pretrained', 'mmengine.Pretrained', 'mmengine.model.PretrainedInit', PretrainedInit])
def test_drops_pretrained_weights_only(kind):
    cfg = dict(
        pretrained='x',
        backbone=dict(depth=3, init_cfg=dict(type=kind, checkpoint='y')),
        head=dict(init_cfg=[dict(type='Normal'), dict(type=kind, checkpoint='z')]),
        necks=[dict(init_cfg=dict(type='Xavier')), 5],
        widths=(4, 8),  # some parts insist on a tuple
    )
    necks = [dict(init_cfg=dict(type='Xavier')), 5]
    head = dict(init_cfg=[dict(type='Normal')])
    expected = dict(pretrained=None, backbone=dict(depth=3), head=head, necks=necks, widths=(4, 8))
    assert without_pretrained(cfg) == expected
    assert cfg['backbone']['init_cfg']['checkpoint'] == 'y'
