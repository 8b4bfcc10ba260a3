"""The flat layout over the standard library's arrays, for interpreters without numpy."""

from __future__ import annotations

from strategies.buffers import rows
from strategies.interface import Typed, layout
from strategies.parts.flat_table import FlatTable


@layout(
    "flat-array",
    use="as `flat`, where numpy is not there",
    avoid="numpy is there: the two are the same",
    sees="nothing: a dozen arrays, whatever the number of entries",
    updates=("replace", "in-place"),
    rehash="none",
    bytes_per_entry=60,
)
class FlatArray(FlatTable):
    """The code of `flat` over array.array: standard library only.

    Source: `flat`; docs.python.org/3/library/array.html.
    Left out: what `flat` leaves out.
    """

    def column(self, typecode: str, length: int) -> Typed:
        # what takes slices of bytes is one everywhere: the records and the payload
        return memoryview(bytearray(length)) if typecode == "B" else rows(typecode, length)
