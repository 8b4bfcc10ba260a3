"""The histogram itself: HdrHistogram filled by whole numpy arrays.

The only file that imports `hdrh`. Its `record_value` takes 1.3 to 2.8 us a value; here the bucket
of every value is computed at once, and `numpy.bincount` adds to the library's own counters, so
that its encoder and its percentile functions go on working.
"""

from __future__ import annotations

import sys
import zlib
from typing import Any, Self, TypeAlias

import numpy as np
from hdrh.codec import HdrCookieException, HdrHistogramEncoder, HdrLengthException
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

LOWEST_NS = 1
HIGHEST_NS = 3_600_000_000_000
DIGITS = 3

Int64s: TypeAlias = NDArray[np.int64]

# Three digits need buckets of 1/1024 of a power of two: below 2048 ns each value has its own,
# above, a value is known by its power of two and the 10 bits behind the leading one.
_SUB_BITS = 10
_SUB_COUNT = 1 << _SUB_BITS
_MANTISSA_BITS = 52
_EXPONENT_BIAS = 1023

# What the library raises on damaged text; a counter too many is an IndexError.
_DECODING_ERRORS = (
    ArithmeticError,
    LookupError,
    ValueError,
    zlib.error,
    HdrCookieException,
    HdrLengthException,
)


def _index_of(value: int) -> int:
    shift = max(value.bit_length() - _SUB_BITS - 1, 0)
    return (shift << _SUB_BITS) + (value >> shift)


def _indexes_of(values: Int64s) -> Int64s:
    """Give the counter of each value of 0 to `HIGHEST_NS`.

    A float64 already is an exponent and a mantissa: its leading bits, taken as an integer, count
    the buckets. Exact, as the values are far below 2**53.
    """
    bits = values.astype(np.float64).view(np.int64)
    indexes = bits >> (_MANTISSA_BITS - _SUB_BITS)
    indexes -= (_EXPONENT_BIAS + _SUB_BITS - 1) << _SUB_BITS
    # Below 1024 a float has more buckets than the histogram, which has one per integer.
    np.copyto(indexes, values, where=values < _SUB_COUNT)
    return indexes


def _bounds_of(indexes: Int64s) -> tuple[Int64s, Int64s]:
    """Give the lowest and the highest value that each counter stands for."""
    shifts = np.maximum((indexes >> _SUB_BITS) - 1, 0)
    lowest = (indexes - (shifts << _SUB_BITS)) << shifts
    return lowest, lowest + (np.int64(1) << shifts) - 1


class Histogram:
    """Counts of integer nanoseconds, 0 to 1 h, 3 significant digits.

    A percentile costs tens of microseconds however many values were counted: it can be asked for
    while the histogram is being filled.

    Attributes
    ----------
    over_range : int
        How many values above `HIGHEST_NS` were added. They are in no other figure, nor in the
        encoded text: whoever stores a histogram stores this beside it.
    """

    over_range: int

    def __init__(self) -> None:
        self._adopt(HdrHistogram(LOWEST_NS, HIGHEST_NS, DIGITS))

    def _adopt(self, hdr: Any) -> None:
        self._hdr = hdr
        self._counts: Int64s = np.frombuffer(hdr.counts, dtype=np.int64)
        self.over_range = 0

    @property
    def hdr(self) -> Any:
        """The library's own object with the same counters, for its tools: look, do not record."""
        return self._hdr

    @property
    def total(self) -> int:
        """How many values are counted, those over range left out."""
        return int(self._hdr.total_count)

    @property
    def max(self) -> int:
        """The largest value in ns, exact (decoded: the highest of its bucket); 0 when empty."""
        return int(self._hdr.max_value)

    @property
    def min(self) -> int:
        """The smallest value in ns, exact (decoded: the lowest of its bucket); 0 when empty."""
        return int(self._hdr.min_value) if self.total else 0

    @property
    def mean(self) -> float:
        """The mean in ns of the buckets' midpoints, as HdrHistogram defines it; 0 when empty."""
        if not self.total:
            return 0.0
        indexes = self._filled()
        lowest, highest = _bounds_of(indexes)
        # Weighted in floats: the sum in 64-bit integers overflows at 292 years of latency, which
        # 2.6 million over-loaded requests of an hour each reach.
        return float((self._counts[indexes] / self.total) @ ((lowest + highest + 1) >> 1))

    def add(self, values: Int64s) -> None:
        """Count values.

        Parameters
        ----------
        values : array of int64, shape (n,)
            Nanoseconds, in any order. Those above `HIGHEST_NS` are counted in `over_range`.

        Raises
        ------
        ValueError
            A value is negative; nothing of the array is counted then.
        """
        if not values.size:
            return
        lowest, highest = int(values.min()), int(values.max())
        if lowest < 0:
            raise ValueError(f"cannot count {lowest} ns: a duration is never negative")
        if highest > HIGHEST_NS:
            inside = values[values <= HIGHEST_NS]
            self.over_range += values.size - inside.size
            self.add(inside)
            return
        added = np.bincount(_indexes_of(values))
        self._counts[: added.size] += added
        self._count(values.size, lowest, highest)

    def _count(self, number: int, lowest: int, highest: int) -> None:
        hdr = self._hdr
        hdr.total_count += number
        hdr.min_value = min(hdr.min_value, lowest)
        hdr.max_value = max(hdr.max_value, highest)

    def merge(self, other: Histogram) -> None:
        """Add all that another histogram counts; the other stays as it is."""
        self.over_range += other.over_range
        if other.total:
            length = other._used()
            self._counts[:length] += other._counts[:length]
            self._count(other.total, other.min, other.max)

    def reset(self) -> None:
        """Forget everything; clears only the counters that were in use."""
        self._counts[: self._used()] = 0
        self._hdr.total_count = 0
        self._hdr.min_value = sys.maxsize
        self._hdr.max_value = 0
        self.over_range = 0

    def _used(self) -> int:
        return _index_of(self.max) + 1

    def _filled(self) -> Int64s:
        return np.flatnonzero(self._counts[: self._used()]).astype(np.int64, copy=False)

    def buckets(self) -> tuple[Int64s, Int64s]:
        """Give the non-empty buckets in ascending order.

        Returns
        -------
        tuple of two arrays of int64, shape (m,)
            The highest value in ns that each bucket stands for, and its count.
        """
        indexes = self._filled()
        return _bounds_of(indexes)[1], self._counts[indexes]

    def percentile(self, q: float) -> int:
        """Give the value in ns that ``q`` percent of the counted values do not exceed.

        As HdrHistogram has it: the highest value of the bucket that holds the value of rank
        round(q / 100 * total), at least 1. It may thus exceed `max` by less than a thousandth.
        ``q = 0`` gives the lowest value of the first bucket, an empty histogram 0.

        Raises
        ------
        ValueError
            ``q`` is not within 0 to 100.
        """
        if not 0 <= q <= 100:
            raise ValueError(f"percentile {q} is not within 0 to 100")
        # The same operations in the same order as the library: other roundings move the rank.
        rank = np.array([q * self.total / 100 + 0.5])
        return int(self._at_ranks(rank, np.array([q == 0]))[0])

    def value_at_quantiles(self, quantiles: NDArray[np.float64]) -> Int64s:
        """Give the values at many quantiles at once, each defined as in `percentile`.

        Parameters
        ----------
        quantiles : array of float, shape (n,)
            Fractions: 0.999 for the 99.9th percentile.

        Returns
        -------
        array of int64, shape (n,)
            Nanoseconds.

        Raises
        ------
        ValueError
            A quantile is not within 0 to 1.
        """
        if not np.all((quantiles >= 0) & (quantiles <= 1)):
            raise ValueError("quantiles must be within 0 to 1 (percentiles are divided by 100)")
        return self._at_ranks(quantiles * self.total + 0.5, quantiles == 0)

    def _at_ranks(self, ranks: NDArray[np.float64], lowest_wanted: NDArray[np.bool_]) -> Int64s:
        if not self.total:
            return np.zeros(ranks.shape, dtype=np.int64)
        reached = np.cumsum(self._counts[: self._used()])
        indexes = np.searchsorted(reached, np.maximum(ranks.astype(np.int64), 1))
        lowest, highest = _bounds_of(indexes.astype(np.int64, copy=False))
        return np.where(lowest_wanted, lowest, highest)

    def encode(self) -> str:
        """Give the counts as base64 text: the compressed V2 form that every HdrHistogram reads."""
        return str(self._hdr.encode(), "ascii")

    @classmethod
    def decode(cls, text: str, max_ns: int | None = None) -> Self:
        """Read a histogram from its encoded text.

        Parameters
        ----------
        text : str
            What `encode` gave, here or in another HdrHistogram with the same range and digits.
        max_ns : int, optional
            The exact maximum where it is known, which the text does not hold. Ignored unless it
            falls into the highest bucket in use.

        Raises
        ------
        ValueError
            The text is damaged or of another kind, or its range or digits are not ours.
        """
        try:
            payload = HdrHistogramEncoder.decode(text)
            header = payload.payload
            settings = (
                header.lowest_trackable_value,
                header.highest_trackable_value,
                header.significant_figures,
            )
            if settings != (LOWEST_NS, HIGHEST_NS, DIGITS):
                raise ValueError(f"lowest, highest and digits are {settings}")
            hdr = HdrHistogram(*settings, hdr_payload=payload)
        except _DECODING_ERRORS as error:
            why = str(error) or type(error).__name__
            raise ValueError(f"not an encoded histogram of 1 ns to 1 h, 3 digits: {why}") from error
        histogram = cls.__new__(cls)
        histogram._adopt(hdr)
        if max_ns is not None and histogram.total and _index_of(max_ns) == _index_of(hdr.max_value):
            hdr.max_value = max_ns
        return histogram
