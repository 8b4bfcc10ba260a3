"""The block file: its layout by a golden file, what is refused, and that nothing overlaps."""

from __future__ import annotations

import json
import struct
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lab.trial.block import (
    CONCURRENT,
    EVICTED,
    EVIDENCE_RECORD_WORDS,
    EXPLICIT,
    GC_FLAGS,
    HEADER_WORDS,
    MISS,
    Block,
    BlockFile,
    BlockFileError,
    ErrorCode,
    Operation,
    Phase,
    Word,
    header,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "block-header-v1.json"
COLUMNS = ("due", "keys", "arguments", "started", "finished", "operations", "outcomes")


@pytest.fixture
def golden() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="ascii"))
    return read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "blocks"


def create(
    path: Path,
    blocks: int = 2,
    block_size: int = 64,
    gc_capacity: int = 3,
    evidence_capacity: int = 2,
) -> BlockFile:
    return BlockFile.create(
        path,
        blocks=blocks,
        block_size=block_size,
        gc_capacity=gc_capacity,
        evidence_capacity=evidence_capacity,
    )


# The format


def test_the_header_is_the_golden_one(golden: dict[str, Any]) -> None:
    assert [(word.value, word.name) for word in Word] == [
        (entry["place"], entry["name"]) for entry in golden["words"]
    ]
    values = [entry["value"] for entry in golden["words"]]
    padding = [0] * (golden["header_words"] - len(values))
    assert header(**golden["made_with"]) == values + padding


def test_the_file_begins_with_the_golden_header(golden: dict[str, Any], path: Path) -> None:
    create(path, **golden["made_with"])
    words = struct.unpack_from(f"={golden['header_words']}q", path.read_bytes())
    assert list(words[: len(golden["words"])]) == [entry["value"] for entry in golden["words"]]
    assert path.read_bytes()[:8] == (b"GCLABBLK" if sys.byteorder == "little" else b"KLBBALCG")
    assert path.stat().st_size == words[Word.FILE_BYTES]


def test_the_numbers_on_the_wire_are_the_golden_ones(golden: dict[str, Any]) -> None:
    assert {phase.name: phase.value for phase in Phase} == golden["phases"]
    assert {operation.name: operation.value for operation in Operation} == golden["operations"]
    assert golden["outcome_bits"] == {"MISS": MISS, "EVICTED": EVICTED}
    assert {error.name: error.value for error in ErrorCode} == golden["errors"]
    assert golden["gc_flags"] == {"EXPLICIT": EXPLICIT, "CONCURRENT": CONCURRENT}
    assert golden["gc_record"].index("flags") == GC_FLAGS
    assert len(golden["evidence_record"]) == EVIDENCE_RECORD_WORDS
    assert len(golden["gc_record"]) == header(**golden["made_with"])[Word.GC_RECORD_WORDS]


def test_records_are_where_the_header_says(path: Path) -> None:
    file = create(path)
    block = file.blocks[1]
    block.count, block.phase = 7, Phase.MEASURE
    block.due[3], block.keys[3], block.arguments[3] = 1, -2, 2**64 - 3
    block.started[3], block.finished[3] = 4, 5
    block.operations[3], block.outcomes[3] = 3, MISS | EVICTED
    file.gc_events[6:12] = memoryview(bytes(struct.pack("=6q", *range(10, 16)))).cast("q")
    file.evidence[12:24] = memoryview(bytes(struct.pack("=12q", *range(20, 32)))).cast("q")
    raw = path.read_bytes()
    # from the golden header: the table at 512, GC events at 544, evidence at 688, block 1 at
    # 880 + 2,688
    assert struct.unpack_from("=4q", raw, 512) == (0, 0, 7, 4)
    assert struct.unpack_from("=6q", raw, 544 + 6 * 8) == (10, 11, 12, 13, 14, 15)
    assert struct.unpack_from("=12q", raw, 688 + 12 * 8) == tuple(range(20, 32))
    base = 880 + 2688
    stamps = [struct.unpack_from("=q", raw, base + column + 3 * 8)[0] for column in (0, 1536, 2048)]
    assert stamps == [1, 4, 5]
    assert struct.unpack_from("=q", raw, base + 512 + 3 * 8) == (-2,)
    assert struct.unpack_from("=Q", raw, base + 1024 + 3 * 8) == (2**64 - 3,)
    assert (raw[base + 2560 + 3], raw[base + 2624 + 3]) == (3, 3)


@pytest.mark.parametrize(
    ("blocks", "block_size", "gc_capacity"),
    [(1, 64, 1), (2, 72, 3), (4, 16_384, 4_096), (3, 1_000, 5)],
)
def test_nothing_overlaps_and_the_file_is_full(
    blocks: int, block_size: int, gc_capacity: int
) -> None:
    words = header(blocks=blocks, block_size=block_size, gc_capacity=gc_capacity)
    spans = [(0, 8 * HEADER_WORDS)]
    spans.append((words[Word.TABLE_OFFSET], 16 * blocks))
    spans.append((words[Word.GC_OFFSET], 8 * words[Word.GC_RECORD_WORDS] * gc_capacity))
    spans.append((words[Word.EVIDENCE_OFFSET], 0))
    items = {Word.OPERATION_COLUMN: 1, Word.OUTCOME_COLUMN: 1}
    for number in range(blocks):
        base = words[Word.BLOCKS_OFFSET] + number * words[Word.BLOCK_STRIDE]
        for column in range(Word.DUE_COLUMN, Word.OUTCOME_COLUMN + 1):
            item = items.get(Word(column), 8)
            assert (base + words[column]) % item == 0
            spans.append((base + words[column], item * block_size))
    spans.sort()
    for (begin, length), (following, _) in pairwise(spans):
        assert begin + length <= following
    unused = words[Word.FILE_BYTES] - sum(spans[-1])
    assert 0 <= unused < 64


@pytest.mark.parametrize("block_size", [0, 8, 56, 65, 100, 16_385, 16_392])
def test_a_block_size_that_is_none(block_size: int, path: Path) -> None:
    message = rf"^block size {block_size}: a multiple of 8 from 64 to 16,384$"
    with pytest.raises(ValueError, match=message):
        create(path, block_size=block_size)
    assert not path.exists()


@pytest.mark.parametrize("block_size", [64, 16_384])
def test_the_limits_of_a_block_are_allowed(block_size: int, path: Path) -> None:
    file = create(path, blocks=1, block_size=block_size)
    assert {len(getattr(file.blocks[0], column)) for column in COLUMNS} == {block_size}


# Both sides


def fill(block: Block, seed: int) -> None:
    for number, column in enumerate(COLUMNS):
        view = getattr(block, column)
        for row in range(len(view)):
            view[row] = (seed * 31 + number * 7 + row) % 251
    block.count, block.phase = seed, seed + 1


def test_what_one_side_writes_the_other_one_reads(path: Path) -> None:
    outside = create(path, blocks=3, block_size=72, gc_capacity=4)
    inside = BlockFile.open(path)
    for number, block in enumerate(outside.blocks):
        fill(block, number + 1)
    for place in range(len(inside.gc_events)):
        inside.gc_events[place] = -place
    inside.words[Word.T0_NS] = 123
    for number, block in enumerate(inside.blocks):
        for place, column in enumerate(COLUMNS):
            expected = [((number + 1) * 31 + place * 7 + row) % 251 for row in range(72)]
            assert getattr(block, column).tolist() == expected
        assert (block.count, block.phase) == (number + 1, number + 2)
    assert outside.gc_events.tolist() == [-place for place in range(4 * 6)]
    assert outside.words[Word.T0_NS] == 123


def test_the_ring_goes_round(path: Path) -> None:
    file = create(path, blocks=3)
    ring = file.cycle()
    assert [next(ring) for _ in range(7)] == [*file.blocks, *file.blocks, file.blocks[0]]


def test_the_file_is_gone_once_the_worker_has_it(path: Path) -> None:
    create(path)
    assert path.exists()
    BlockFile.open(path)
    assert not path.exists()


def test_an_existing_file_is_not_overwritten(path: Path) -> None:
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        create(path)
    assert path.read_bytes() == b"mine"


# What is refused


@pytest.mark.parametrize(
    ("word", "value", "message"),
    [
        (Word.MAGIC, 0, "not a block file: wrong magic"),
        (Word.VERSION, 2, "block format version 2, this worker speaks version 1"),
        (
            Word.BYTE_ORDER,
            0x0807060504030201,
            f"byte order differs from this machine's ({sys.byteorder})",
        ),
        (Word.CLOCK, 7, "clock 7 is unknown; expected CLOCK_MONOTONIC (1)"),
        (Word.FILE_BYTES, 6063, "block file is 6256 bytes, its header says 6063"),
    ],
)
def test_a_wrong_header_is_refused_in_one_line(
    word: Word, value: int, message: str, path: Path
) -> None:
    create(path).words[word] = value
    with pytest.raises(BlockFileError) as refused:
        BlockFile.open(path)
    assert str(refused.value) == message


@pytest.mark.parametrize("size", [0, 8, 511])
def test_a_file_shorter_than_a_header_is_refused(size: int, path: Path) -> None:
    path.write_bytes(bytes(size))
    with pytest.raises(BlockFileError) as refused:
        BlockFile.open(path)
    assert str(refused.value) == f"block file of {size} bytes is shorter than its header"


def test_a_truncated_file_is_refused(path: Path) -> None:
    create(path)
    with path.open("r+b") as file:
        file.truncate(6000)
    with pytest.raises(BlockFileError, match=r"^block file is 6000 bytes, its header says 6256$"):
        BlockFile.open(path)
