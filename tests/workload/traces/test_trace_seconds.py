"""Times in whole seconds: where in its second each access falls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from trace_maker import error_of, make, times_in, times_of

from lab.workload.traces import CHUNK_ACCESSES, Chunk, seconds
from lab.workload.traces.interface import MalformedError, TruncatedError
from lab.workload.traces.seconds import Part, offsets_ns, spread

S = 10**9


def part(*values: int) -> Part:
    times = np.array(values, np.int64)
    return Part(Chunk(times, skipped=3), times, lambda index: f"place {index}")


def offset(second: int, seed: int = 1) -> int:
    return int(offsets_ns(np.array([second]), seed)[0])


def test_offsets_are_the_published_numbers_of_splitmix64() -> None:
    # the first five outputs of the public reference implementation for the seed 1234567
    published = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert offsets_ns(np.arange(5), 1234567).tolist() == [number % S for number in published]


def test_accesses_of_a_second_lie_evenly_within_it() -> None:
    times = times_in(list(spread([part(4, 4, 4, 4, 6, 6)], seed=1)))
    at = [4 * S + (rank * S + offset(4)) // 4 for rank in range(4)]
    at += [6 * S + (rank * S + offset(6)) // 2 for rank in range(2)]
    assert at == sorted(at)
    assert 4 * S <= at[0] < 4 * S + S // 4
    assert 6 * S + S // 2 <= at[-1] < 7 * S
    assert times == [time - at[0] for time in at]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_the_cuts_between_chunks_change_nothing(size: int) -> None:
    values = [0, 0, 0, 2, 2, 3, 5, 5, 5, 5, 5, 5, 5, 6, 9, 9]
    whole = times_in(list(spread([part(*values)], seed=1)))
    parts = [part(*values[begin : begin + size]) for begin in range(0, len(values), size)]
    chunks = list(spread(parts, seed=1))
    assert times_in(chunks) == whole
    assert [key for chunk in chunks for key in chunk.keys.tolist()] == values
    assert sum(chunk.skipped for chunk in chunks) == 3 * len(parts)


def test_the_seed_decides_and_nothing_else() -> None:
    values = [0, 0, 1, 2, 2]
    one, again, other = (times_in(list(spread([part(*values)], seed=seed))) for seed in (1, 1, 2))
    assert one == again != other


def test_a_part_without_requests_passes() -> None:
    chunks = list(spread([part(1), part(), part(1, 1)], seed=1))
    assert len(times_in(chunks)) == 3
    assert sum(chunk.skipped for chunk in chunks) == 9


def test_a_chunk_is_held_until_its_last_second_is_over() -> None:
    taken: list[int] = []

    def parts() -> Iterator[Part]:
        for number, values in enumerate([(1, 2), (2, 2), (2, 3), (4, 5)]):
            taken.append(number)
            yield part(*values)

    chunks = spread(parts(), seed=1)
    next(chunks)
    assert taken == [0, 1, 2]
    next(chunks)
    assert taken == [0, 1, 2]
    next(chunks)
    assert taken == [0, 1, 2, 3]


def test_what_is_held_comes_out_before_the_end_is_called_truncated() -> None:
    def cut() -> Iterator[Part]:
        yield part(1, 1)
        yield part(1)
        raise TruncatedError

    chunks = spread(cut(), seed=1)
    assert len(next(chunks).keys) + len(next(chunks).keys) == 3
    with pytest.raises(TruncatedError):
        next(chunks)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([part(5, 6, 4)], "place 2: the time goes backwards, by 2 s: sort the trace"),
        ([part(5, 6), part(5)], "place 0: the time goes backwards, by 1 s"),
    ],
)
def test_backwards(parts: list[Part], expected: str) -> None:
    with pytest.raises(MalformedError) as refused:
        list(spread(parts, seed=1))
    assert str(refused.value).startswith(expected)


def test_a_trace_that_never_leaves_a_second_is_refused_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seconds, "SECOND_ACCESSES", CHUNK_ACCESSES)
    data = bytes(24 * (3 * CHUNK_ACCESSES))
    message = error_of(make(tmp_path, data, "oracle-general"))
    assert f"access {2 * CHUNK_ACCESSES + 1:,} (byte " in message
    assert "more than 65,536 accesses at second 0, too many for a real time: leave" in message
    assert len(times_of(make(tmp_path, data[: 24 * 2 * CHUNK_ACCESSES], "oracle-general"))) == (
        2 * CHUNK_ACCESSES
    )
    chunks = list(make(tmp_path, data, "oracle-general:times=none").chunks())
    assert [chunk.times_ns for chunk in chunks] == [None] * 3
