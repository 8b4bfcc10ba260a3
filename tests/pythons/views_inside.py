"""Run in another interpreter, which may have no pytest: the views of `strategies.buffers`."""

from __future__ import annotations

import mmap
import struct
import sys
from array import array

sys.path.insert(0, sys.argv[1])
from strategies.buffers import bits, field, rows, viewer


def main() -> None:
    with_fields = memoryview(bytearray(3 * 32))
    keys, counts = field(with_fields, "q", 0, 4), field(with_fields, "I", 4, 8)
    for row in range(3):
        keys[row], counts[row] = -row, 2**32 - 1 - row
    found = [struct.unpack_from("=q8xI", with_fields, 32 * row) for row in range(3)]
    assert found == [(-row, 2**32 - 1 - row) for row in range(3)], found

    memory = mmap.mmap(-1, 4_096)
    view = viewer(memory)
    column = view(16, 3, "Q")
    column[2] = 2**64 - 1
    assert list(column) == [0, 0, 2**64 - 1], list(column)
    assert memory[32:40] == b"\xff" * 8
    assert list(view(0, 5, "q")[2:5]) == [0, 0, -1]

    made = rows("I", 2)
    made[1] = 2**32 - 1
    assert list(made) == [0, 2**32 - 1], list(made)

    items = array("q", [0, 0])
    bits(items)[1] = 2**63
    assert list(items) == [0, -(2**63)], items


if __name__ == "__main__":
    main()
