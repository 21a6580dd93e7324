from collections.abc import Sequence

from torch import Tensor

from mtcp_mm.utils import ConfigError


def pick_map(maps: Sequence[Tensor], index: int, part: str) -> Tensor:
    """Picks the input map of a part by its ``in_index``.

    Args:
        maps: The maps (B, C_i, h_i, w_i) that the part receives.
        index: Its ``in_index``.
        part: Its name, for the message.

    Raises:
        ConfigError: There is no such map.
    """
    if not -len(maps) <= index < len(maps):
        raise ConfigError(f'{part} has in_index {index}, but receives {len(maps)} maps; choose 0 to {len(maps) - 1}')
    return maps[index]
