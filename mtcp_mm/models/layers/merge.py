from mtcp_mm.tasks.settings import is_number_within
from mtcp_mm.utils import ConfigError

from .affinity_attention import AffinityAttention
from .linear_affinity_attention import LinearAffinityAttention
from .window_affinity_attention import WindowAffinityAttention

MERGES = ('global', 'window', 'linear')
"""Attention between all positions, within windows, or between all positions at linear cost."""


def build_affinity_attention(
    merge: str = 'global',
    scale: float | None = None,
    q_stride: int = 1,
    kv_stride: int = 1,
    window_size: int = 16,
) -> AffinityAttention:
    """Builds the attention of a Coherence Fusion Module. None has parameters, so checkpoints fit all of them.

    Args:
        merge: Which positions a position attends to: ``global`` for all (:class:`AffinityAttention`), ``window`` for
            those in its window (:class:`WindowAffinityAttention`), ``linear`` for all at linear cost
            (:class:`LinearAffinityAttention`).
        scale: Factor of the affinity; 1 / sqrt(C) by default. There is none with ``linear``.
        q_stride: Queries are averaged over q_stride x q_stride positions.
        kv_stride: Keys and values are averaged over kv_stride x kv_stride positions.
        window_size: Side of the windows in positions, with ``window``.

    Raises:
        ConfigError: ``merge`` is unknown, a size is not a positive integer, or settings do not go together.
    """
    if merge not in MERGES:
        raise ConfigError(f'merge="{merge}" of CoherenceFusion is unknown; use one of {", ".join(MERGES)}')
    for name, value in dict(q_stride=q_stride, kv_stride=kv_stride, window_size=window_size).items():
        if not is_number_within(value, least=1, kind=int):
            raise ConfigError(f'{name}={value!r} of CoherenceFusion must be a positive integer')
    if merge == 'global':
        return AffinityAttention(scale, q_stride, kv_stride)
    if merge == 'linear':
        if scale is not None:
            raise ConfigError(
                f'CoherenceFusion cannot have scale={scale} with merge="linear", which forms no affinity; remove scale'
            )
        return LinearAffinityAttention(q_stride, kv_stride)
    if window_size % q_stride or window_size % kv_stride:
        raise ConfigError(
            f'window_size={window_size} of CoherenceFusion must be a multiple of q_stride={q_stride} and '
            f'kv_stride={kv_stride}'
        )
    return WindowAffinityAttention(window_size, scale, q_stride, kv_stride)
