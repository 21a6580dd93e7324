"""Limits of files with nested values, in which a small file can demand gigabytes and hours."""

LARGEST = 1 << 28
"""Bytes of the values of a file: a thousand masks of PASCAL-Part, whose images have 500x500 pixels."""
MOST_VALUES = 20_000
"""Values of a file: arrays, texts, cells, fields of structures. Annotations have up to some thousands."""


class Budget:
    """The remaining budget of a file: at first :data:`LARGEST` bytes and :data:`MOST_VALUES` values."""

    def __init__(self) -> None:
        self.size = LARGEST
        self.values = MOST_VALUES

    def spend(self, size: int) -> None:
        """Accounts for a value of ``size`` bytes, before it is read.

        Raises:
            ValueError: It is too much.
        """
        self.size -= size
        self.values -= 1
        if self.size < 0:
            raise ValueError(f'it grows beyond {LARGEST} bytes')
        if self.values < 0:
            raise ValueError(f'it has more than {MOST_VALUES} values')
