import pytest
import torch
from torch import Tensor

from mtcp_mm.models.layers import (
    AffinityAttention,
    LinearAffinityAttention,
    WindowAffinityAttention,
    build_affinity_attention,
)
from mtcp_mm.utils import ConfigError


def test_each_merge_has_its_class_and_settings():
    attention = build_affinity_attention('global', 1.0, 4, 2)
    assert type(attention) is AffinityAttention
    assert (attention.scale, attention.q_stride, attention.kv_stride) == (1.0, 4, 2)
    attention = build_affinity_attention('window', 1.0, 4, 2, window_size=8)
    assert type(attention) is WindowAffinityAttention
    assert (attention.scale, attention.q_stride, attention.kv_stride, attention.window_size) == (1.0, 4, 2, 8)
    attention = build_affinity_attention('linear', None, 4, 2)
    assert type(attention) is LinearAffinityAttention
    assert (attention.q_stride, attention.kv_stride) == (4, 2)


def test_the_default_is_the_papers():
    attention = build_affinity_attention()
    assert type(attention) is AffinityAttention
    assert (attention.scale, attention.q_stride, attention.kv_stride) == (None, 1, 1)


def test_none_has_parameters():
    for merge in ('global', 'window', 'linear'):
        assert not build_affinity_attention(merge).state_dict()


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(merge='local'), 'merge="local" .* use one of global, window, linear'),
        (dict(merge='linear', scale=1.0), 'cannot have scale=1.0 with merge="linear"'),
        (dict(merge='window', window_size=6, q_stride=4), 'window_size=6 .* multiple of q_stride=4'),
        (dict(merge='window', window_size=6, kv_stride=4), 'window_size=6 .* kv_stride=4'),
        (dict(merge='window', window_size=0), 'window_size=0 .* positive integer'),
        (dict(q_stride=0), 'q_stride=0 .* positive integer'),
        (dict(kv_stride=1.5), 'kv_stride=1.5 .* positive integer'),
        (dict(merge='window', window_size=(8, 8)), r'window_size=\(8, 8\) .* positive integer'),
    ],
    ids=str,
)
def test_settings_that_cannot_work(settings, message):
    with pytest.raises(ConfigError, match=message):
        build_affinity_attention(**settings)


@pytest.mark.parametrize('merge', ['global', 'window', 'linear'])
def test_export_keeps_the_batch_free(merge):
    attention = build_affinity_attention(merge, q_stride=2, window_size=4)

    def maps(batch: int) -> tuple[Tensor, ...]:
        return tuple(torch.randn(batch, 8, 10, 13) for _ in range(3))

    batch = {0: torch.export.Dim('batch')}
    program = torch.export.export(attention, maps(2), dynamic_shapes=(batch, batch, batch))
    inputs = maps(3)
    torch.testing.assert_close(program.module()(*inputs), attention(*inputs))
