"""Zstandard files: frames, their faults, and the modules that read them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from trace_maker import U32_BYTES, U32_KEYS, error_of, keys_of, make, zst

from lab.workload.traces.zstd import MODULES
from strategies.errors import UsageError

SKIPPABLE = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"


def test_without_a_module_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = zst(U32_BYTES)
    for module in MODULES:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError) as refused:
        make(tmp_path, data, "cache2k-u32")
    assert str(refused.value) == (
        f"trace {tmp_path / 'trace'}: compressed with zstd, which cannot be read here: "
        "pip install zstandard, or decompress the file"
    )


def test_the_standard_library_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Upper:
        """One frame of data that is compressed by being written small."""

        eof, unused_data = False, b""

        def decompress(self, data: bytes) -> bytes:
            self.eof = data.endswith(b".")
            return data.removeprefix(b"\x28\xb5\x2f\xfd").upper()

    module: Any = ModuleType(MODULES[0])
    module.ZstdDecompressor, module.ZstdError = Upper, ValueError
    monkeypatch.setitem(sys.modules, MODULES[0].partition(".")[0], ModuleType("compression"))
    monkeypatch.setitem(sys.modules, MODULES[0], module)
    monkeypatch.setitem(sys.modules, MODULES[1], None)
    trace = make(tmp_path, b"\x28\xb5\x2f\xfdk\n1\n2\n3.", "csv:K")
    assert [len(chunk.keys) for chunk in trace.chunks()] == [3]


def test_frames_that_are_to_be_skipped(tmp_path: Path) -> None:
    data = zst(U32_BYTES) + SKIPPABLE + zst(U32_BYTES) + SKIPPABLE
    assert keys_of(make(tmp_path, data, "cache2k-u32")) == 2 * U32_KEYS


@pytest.mark.parametrize("cut", [1, 3, 6])
def test_a_cut_second_frame_is_truncation(tmp_path: Path, cut: int) -> None:
    data = zst(U32_BYTES) + zst(U32_BYTES)[:cut]
    message = error_of(make(tmp_path, data, "cache2k-u32"))
    assert "truncated after 6 accesses: the zstd data ends before its end mark" in message


def test_what_expands_a_thousandfold_is_read_in_slices(tmp_path: Path) -> None:
    assert keys_of(make(tmp_path, zst(bytes(4_000_000)), "cache2k-u32")) == [0] * 1_000_000


def test_a_wrong_checksum_is_damage(tmp_path: Path) -> None:
    data = bytearray(zst(U32_BYTES))
    data[-1] ^= 1
    assert ": damaged after 0 accesses: the zstd data is corrupt (" in error_of(
        make(tmp_path, bytes(data), "cache2k-u32")
    )
