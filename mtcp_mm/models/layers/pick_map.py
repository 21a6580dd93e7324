from collections.abc import Sequence

from torch import Tensor

from mtcp_mm.utils import ConfigError


def pick_map(maps: Sequence[Tensor], index: int, part: str) -> Tensor:
    """Picks the map that ``in_index`` of a part names.

    Args:
        maps: The maps (B, C, h, w) that the part is given.
        index: Its ``in_index``.
        part: Its name, for the message.

    Raises:
        ConfigError: There is no such map.
    """
    if not -len(maps) <= index < len(maps):
        raise ConfigError(f'{part} has in_index {index} and is given {len(maps)} maps; choose 0 to {len(maps) - 1}')
    return maps[index]
