"""Limits for files with nested values: without them, a small file could take gigabytes and hours to read."""

LARGEST = 1 << 28
"""Maximum bytes of all values in a file: a thousand masks of PASCAL-Part, at 500x500 pixels."""
MOST_VALUES = 20_000
"""Maximum number of values in a file: arrays, texts, cells, struct fields. Annotations have a few thousand."""


class Budget:
    """The remaining budget of a file. It starts at :data:`LARGEST` bytes and :data:`MOST_VALUES` values."""

    def __init__(self) -> None:
        self.size = LARGEST
        self.values = MOST_VALUES

    def spend(self, size: int) -> None:
        """Subtracts a value of ``size`` bytes from the budget, before it is read.

        Raises:
            ValueError: The budget is exceeded.
        """
        self.size -= size
        self.values -= 1
        if self.size < 0:
            raise ValueError(f'it grows beyond {LARGEST} bytes')
        if self.values < 0:
            raise ValueError(f'it has more than {MOST_VALUES} values')
