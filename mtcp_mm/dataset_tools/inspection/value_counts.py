import numpy as np

HALVES = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float64)
ORDER = HALVES.argsort()  # NaN last
LARGEST = float(np.finfo(np.float16).max)


class ValueCounts:
    """A histogram of all half-precision numbers, which takes half a megabyte for any number of values.

    Number, minimum, mean and maximum are exact. Percentiles and standard deviation have a relative error of up to
    0.05 % (11 bits) for values from 6e-5 to 65,504. Larger values count as 65,504.
    """

    def __init__(self) -> None:
        self.counts = np.zeros(len(HALVES), np.int64)
        self.total = 0.0
        self.min, self.max = np.inf, -np.inf

    def add(self, values: np.ndarray) -> None:
        """Adds finite numbers in an array of any shape."""
        if not values.size:
            return
        halves = np.clip(values, -LARGEST, LARGEST).astype(np.float16)
        self.counts += np.bincount(halves.view(np.uint16).ravel(), minlength=len(HALVES))
        self.total += float(values.sum(dtype=np.float64))
        self.min = min(self.min, float(values.min()))
        self.max = max(self.max, float(values.max()))

    def merge(self, other: 'ValueCounts') -> None:
        """Adds the values of another instance."""
        self.counts += other.counts
        self.total += other.total
        self.min, self.max = min(self.min, other.min), max(self.max, other.max)

    @property
    def number(self) -> int:
        """Number of values."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """Mean of the values, NaN without values."""
        return self.total / self.number if self.number else np.nan

    @property
    def std(self) -> float:
        """Standard deviation of the values, NaN without values."""
        seen = self.counts > 0
        spread = ((HALVES[seen] - self.mean) ** 2 * self.counts[seen]).sum()
        return float(np.sqrt(spread / self.number)) if self.number else np.nan

    def share(self, value: float) -> float:
        """Returns the share of values that equal ``value`` in half precision, NaN without values."""
        return float(self.counts[HALVES == value].sum() / self.number) if self.number else np.nan

    def percentile(self, percent: float) -> float:
        """Returns the smallest value that ``percent`` percent of all values do not exceed, NaN without values."""
        if not self.number:
            return np.nan
        place = np.searchsorted(self.counts[ORDER].cumsum(), max(1, percent / 100 * self.number))
        return float(np.clip(HALVES[ORDER[place]], self.min, self.max))
