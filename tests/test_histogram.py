from __future__ import annotations

import base64
import re
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lab.histogram import HIGHEST_NS, Histogram, HlogWriter, IntervalLog, read_hlog

MS = 1_000_000
# Written by HdrHistogram 2.2.2 in Java, new Histogram(1, 3600000000000L, 3), of 0 twice, 250 a
# hundred thousand times, and 7, 1023, 1024, 2047, 2048, 2049, 1000000, 300000000, 3600000000000.
FROM_JAVA = (
    "HISTFAAAAD54nJNpmSzMwMAgwwABzFCaEch0M9ixgMH+A0SAhZvpMfOBWTztPExMv/mZWPb3"
    "MTKtbmZkWnqDkQkAPr4MbA=="
)
EDGES = sorted(
    {0, 1, HIGHEST_NS - 1, HIGHEST_NS}
    | {2**n + d for n in range(42) for d in (-1, 0, 1) if 0 <= 2**n + d <= HIGHEST_NS}
)
settings.register_profile("no time limits", deadline=None)
settings.load_profile("no time limits")
durations = st.one_of(st.integers(0, HIGHEST_NS), st.integers(0, 5_000), st.sampled_from(EDGES))


def ns(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def filled(*values: int) -> Histogram:
    histogram = Histogram()
    histogram.add(ns(*values))
    return histogram


def one_by_one(values: list[int]) -> HdrHistogram:
    hdr = HdrHistogram(1, HIGHEST_NS, 3)
    for value in values:
        assert hdr.record_value(value)
    return hdr


def same_counts(histogram: Histogram, hdr: HdrHistogram) -> bool:
    return bytes(histogram.hdr.counts) == bytes(hdr.counts)


def as_dict(histogram: Histogram) -> dict[int, int]:
    highest, counts = histogram.buckets()
    return dict(zip(highest.tolist(), counts.tolist(), strict=True))


class TestCounting:
    def test_the_edges_of_all_buckets_count_as_one_by_one(self) -> None:
        hdr = one_by_one(EDGES)
        histogram = filled(*EDGES)
        assert same_counts(histogram, hdr)
        assert histogram.total == hdr.total_count == len(EDGES)
        assert (histogram.min, histogram.max) == (0, HIGHEST_NS)

    @given(st.lists(durations, max_size=60), st.integers(0, 60))
    def test_any_values_in_any_portions_count_as_one_by_one(
        self, values: list[int], cut: int
    ) -> None:
        hdr = one_by_one(values)
        histogram = Histogram()
        histogram.add(ns(*values[:cut]))
        histogram.add(ns(*values[cut:]))
        assert same_counts(histogram, hdr)
        for field in ("total_count", "min_value", "max_value"):
            assert getattr(histogram.hdr, field) == getattr(hdr, field)

    def test_many_values_count_as_one_by_one(self) -> None:
        values = np.random.default_rng(3).lognormal(10, 4, 20_000).astype(np.int64)
        histogram = Histogram()
        histogram.add(values)
        assert same_counts(histogram, one_by_one(values.tolist()))

    def test_values_above_an_hour_are_counted_apart(self) -> None:
        histogram = filled(5, HIGHEST_NS, HIGHEST_NS + 1, 2**62, 7)
        assert histogram.over_range == 2
        assert histogram.total == 3
        assert histogram.max == HIGHEST_NS
        only = filled(HIGHEST_NS + 1)
        assert (only.over_range, only.total, only.max) == (1, 0, 0)

    def test_a_negative_value_is_an_error_and_counts_nothing(self) -> None:
        histogram = filled(5)
        with pytest.raises(ValueError, match="-1 ns"):
            histogram.add(ns(6, -1, HIGHEST_NS + 1))
        assert as_dict(histogram) == {5: 1}
        assert histogram.over_range == 0

    def test_buckets_give_the_highest_value_that_each_stands_for(self) -> None:
        # 2**20 has buckets of 2**10, the smallest that is below a thousandth.
        histogram = filled(0, 2047, 2048, 2049, 2050, 2**20, 2**20 + 1023, 2**20 + 1024)
        assert as_dict(histogram) == {
            0: 1,
            2047: 1,
            2049: 2,
            2051: 1,
            2**20 + 1023: 2,
            2**20 + 2047: 1,
        }

    def test_an_empty_histogram_is_all_zero(self) -> None:
        histogram = filled()
        assert (histogram.total, histogram.min, histogram.max) == (0, 0, 0)
        assert histogram.mean == 0.0
        assert histogram.percentile(99.9) == 0
        assert histogram.value_at_quantiles(np.array([0.0, 1.0])).tolist() == [0, 0]
        assert as_dict(histogram) == {}

    def test_merge_adds_all_and_leaves_the_other(self) -> None:
        one, other = filled(3, 5_000, HIGHEST_NS + 1), filled(2, 70_000, 2**62)
        one.merge(other)
        assert same_counts(one, one_by_one([3, 5_000, 2, 70_000]))
        assert (one.total, one.min, one.max, one.over_range) == (4, 2, 70_000, 2)
        assert (other.total, other.over_range) == (2, 1)
        one.merge(Histogram())
        assert (one.total, one.min, one.max, one.over_range) == (4, 2, 70_000, 2)

    def test_merge_into_an_empty_one(self) -> None:
        histogram = Histogram()
        histogram.merge(filled(30, 40))
        assert (histogram.total, histogram.min, histogram.max) == (2, 30, 40)

    def test_reset_forgets_everything(self) -> None:
        histogram = filled(0, 12, HIGHEST_NS, HIGHEST_NS + 1)
        histogram.reset()
        assert not any(bytes(histogram.hdr.counts))
        assert (histogram.total, histogram.over_range, histogram.max) == (0, 0, 0)
        histogram.add(ns(9))
        assert (histogram.total, histogram.min, histogram.max) == (1, 9, 9)


class TestPercentiles:
    def test_of_one_to_a_hundred(self) -> None:
        histogram = filled(*range(1, 101))
        asked = [0, 1, 50, 50.4, 50.5, 99, 99.9, 100]
        assert [histogram.percentile(q) for q in asked] == [1, 1, 50, 50, 51, 99, 100, 100]

    def test_give_the_highest_value_of_the_bucket(self) -> None:
        # 1,000,000 >> 9 = 1953: the bucket is 999,936 to 1,000,447.
        histogram = filled(1_000_000)
        assert histogram.percentile(50) == 1_000_447
        assert histogram.percentile(0) == 999_936
        assert histogram.max == 1_000_000

    def test_a_single_stall_shows_where_its_rank_is(self) -> None:
        histogram = filled(*[900] * 9_999, 300 * MS)
        assert histogram.percentile(99.99) == 900
        assert histogram.percentile(99.995) == 300_154_879

    @settings(max_examples=25)  # the library takes 50 ms for a figure
    @given(st.lists(durations, min_size=1, max_size=60), st.floats(0, 100))
    def test_agree_with_the_library(self, values: list[int], q: float) -> None:
        histogram = filled(*values)
        assert histogram.percentile(q) == histogram.hdr.get_value_at_percentile(q)
        assert histogram.mean == pytest.approx(histogram.hdr.get_mean_value())

    def test_quantiles_are_the_same_at_once(self) -> None:
        histogram = filled(*range(1, 101))
        quantiles = np.array([0.0, 0.5, 1.0, 0.99])
        assert histogram.value_at_quantiles(quantiles).tolist() == [1, 50, 100, 99]

    @pytest.mark.parametrize("q", [-0.1, 100.1, float("nan")])
    def test_outside_the_scale_is_an_error(self, q: float) -> None:
        with pytest.raises(ValueError, match="0 to 100"):
            filled(1).percentile(q)
        with pytest.raises(ValueError, match="0 to 1"):
            filled(1).value_at_quantiles(np.array([q / 100]))

    def test_mean_uses_the_middle_of_the_bucket(self) -> None:
        assert filled(2, 4).mean == 3.0
        assert filled(2**20, 2**20 + 3).mean == 2**20 + 512


class TestEncoding:
    def test_java_is_read(self) -> None:
        histogram = Histogram.decode(FROM_JAVA)
        assert as_dict(histogram) == {
            0: 2,
            7: 1,
            250: 100_000,
            1023: 1,
            1024: 1,
            2047: 1,
            2049: 2,
            1_000_447: 1,
            300_154_879: 1,
            3_601_330_077_695: 1,
        }
        assert (histogram.total, histogram.min) == (100_011, 0)

    @given(st.lists(durations, max_size=60))
    def test_the_library_reads_identical_counts(self, values: list[int]) -> None:
        assert same_counts(filled(*values), HdrHistogram.decode(filled(*values).encode()))

    def test_decoded_bounds_are_those_of_the_buckets_but_a_known_maximum(self) -> None:
        text = filled(999_999, 1_000_000).encode()
        decoded = Histogram.decode(text)
        assert (decoded.total, decoded.min, decoded.max) == (2, 999_936, 1_000_447)
        assert Histogram.decode(text, 1_000_000).max == 1_000_000
        assert Histogram.decode(text, 1_000_448).max == 1_000_447

    def test_a_decoded_histogram_can_be_used_on(self) -> None:
        decoded = Histogram.decode(filled(0, 5).encode())
        decoded.add(ns(9_000_000))
        decoded.merge(filled(5))
        assert same_counts(decoded, one_by_one([0, 5, 5, 9_000_000]))
        assert (decoded.min, decoded.max) == (0, 9_000_000)
        assert same_counts(Histogram.decode(decoded.encode()), decoded.hdr)

    def test_an_empty_histogram_survives(self) -> None:
        decoded = Histogram.decode(Histogram().encode())
        assert (decoded.total, decoded.min, decoded.max) == (0, 0, 0)
        decoded.add(ns(4))
        assert (decoded.min, decoded.max) == (4, 4)

    def test_cut_off_text_is_one_clear_error(self) -> None:
        text = filled(5, 50_000, 10**9).encode()
        for length in range(len(text)):
            with pytest.raises(ValueError, match="not an encoded histogram"):
                Histogram.decode(text[:length])

    @pytest.mark.parametrize(
        "payload",
        [b"hi", b"\x02" * 40_000, b"\xff" * 8 + b"\x01", b"\x80"],
        ids=["no header", "too many counters", "overflow", "half a number"],
    )
    def test_damaged_counts_are_one_clear_error(self, payload: bytes) -> None:
        header = struct.pack(">IIIIQQd", 0x1C849313, len(payload), 0, 3, 1, HIGHEST_NS, 1.0)
        body = zlib.compress(payload if payload == b"hi" else header + payload)
        text = base64.b64encode(struct.pack(">II", 0x1C849314, len(body)) + body).decode()
        with pytest.raises(ValueError, match="not an encoded histogram"):
            Histogram.decode(text)

    def test_another_range_is_refused_by_name(self) -> None:
        other = HdrHistogram(1, 10_000_000, 2)
        with pytest.raises(ValueError, match=r"\(1, 10000000, 2\)"):
            Histogram.decode(other.encode().decode())


def write_two_rows(path: Path) -> tuple[Histogram, Histogram]:
    first, second = filled(900, 1_234_567), filled(0, 2_048)
    writer = HlogWriter(path, 1_700_000_000.25)
    writer.write(0, 100 * MS, first)
    writer.write(1_300 * MS, 100 * MS, second, tag="A")
    writer.close()
    return first, second


class TestHlog:
    def test_the_lines_are_the_format_to_the_letter(self, tmp_path: Path) -> None:
        path = tmp_path / "x.hlog"
        first, second = write_two_rows(path)
        assert path.read_text().splitlines() == [
            "#[Histogram log format version 1.3]",
            "#[StartTime: 1700000000.250 (seconds since epoch), 2023-11-14T22:13:20+00:00]",
            "#[BaseTime: 1700000000.250 (seconds since epoch)]",
            '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
            f"0.000,0.100,1.234567,{first.encode()}",
            f"Tag=A,1.300,0.100,0.002048,{second.encode()}",
        ]

    def test_reading_gives_back_what_was_written(self, tmp_path: Path) -> None:
        first, second = write_two_rows(tmp_path / "x.hlog")
        log = read_hlog(tmp_path / "x.hlog")
        assert log.start_epoch_s == 1_700_000_000.25
        assert not log.truncated
        assert [(r.start_s, r.length_s, r.max_ns, r.tag) for r in log.rows] == [
            (0.0, 0.1, 1_234_567, None),
            (1.3, 0.1, 2_048, "A"),
        ]
        for row, written in zip(log.rows, (first, second), strict=True):
            assert same_counts(row.histogram(), written.hdr)
            assert row.histogram().max == written.max

    @pytest.mark.parametrize("start_epoch_s", [0.0, 5.0, 1_700_000_000.25])
    def test_the_library_reads_it(self, tmp_path: Path, start_epoch_s: float) -> None:
        path = tmp_path / "x.hlog"
        written = filled(900, 1_234_567), filled(0, 2_048)
        writer = HlogWriter(path, start_epoch_s)
        for number, histogram in enumerate(written):
            writer.write(number * 500 * MS, 100 * MS, histogram, tag="B")
        writer.close()
        reader = HistogramLogReader(str(path), HdrHistogram(1, HIGHEST_NS, 3))
        for number, histogram in enumerate(written):
            hdr = reader.get_next_interval_histogram()
            assert same_counts(histogram, hdr)
            assert hdr.get_total_count() == 2
            assert hdr.get_tag() == "B"
            assert hdr.get_start_time_stamp() == (start_epoch_s + number / 2) * 1000
        assert reader.get_next_interval_histogram() is None
        assert reader.get_start_time_sec() == start_epoch_s
        reader.close()

    def test_each_row_is_on_disk_at_once(self, tmp_path: Path) -> None:
        writer = HlogWriter(tmp_path / "x.hlog", 0.0)
        assert read_hlog(tmp_path / "x.hlog").rows == ()
        writer.write(0, 100 * MS, filled(5))
        assert len(read_hlog(tmp_path / "x.hlog").rows) == 1
        writer.close()

    def test_a_cut_off_last_line_is_left_out_and_reported(self, tmp_path: Path) -> None:
        path = tmp_path / "x.hlog"
        write_two_rows(path)
        whole = path.read_bytes()
        last = whole.rindex(b"Tag=")
        for length in range(last + 1, len(whole) - 1):
            path.write_bytes(whole[:length])
            log = read_hlog(path)
            assert log.truncated, length
            assert len(log.rows) == 1
        path.write_bytes(whole[:-1])
        assert not read_hlog(path).truncated
        assert len(read_hlog(path).rows) == 2

    def test_a_damaged_line_before_the_last_is_an_error_with_its_number(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "x.hlog"
        write_two_rows(path)
        path.write_text(path.read_text().replace("0.000,0.100,", "0.000,"))
        with pytest.raises(ValueError, match=r"x\.hlog: line 5 is not a row"):
            read_hlog(path)

    @pytest.mark.parametrize(
        ("content", "lacking"),
        [
            (b"", "format version"),
            (b"due_ns,service_ns\n1,2\n", "format version"),
            (b"\x93NUMPY\x01\x00\xff\xfe\n\n", "format version"),
            (b"#[Histogram log format version 2.0]\n", "format version"),
            (b"#[Histogram log format version 1.3]\n", "StartTime"),
        ],
    )
    def test_another_file_is_refused(self, tmp_path: Path, content: bytes, lacking: str) -> None:
        (tmp_path / "x.hlog").write_bytes(content)
        with pytest.raises(ValueError, match=f"x\\.hlog: not a histogram log: no {lacking}"):
            read_hlog(tmp_path / "x.hlog")

    @pytest.mark.parametrize(("stamp", "start_s"), [("1441812279.601", 0.127), ("0.127", 0.127)])
    def test_stamps_of_others_are_told_apart_as_java_does(
        self, tmp_path: Path, stamp: str, start_s: float
    ) -> None:
        path = tmp_path / "x.hlog"
        path.write_text(
            "#[Logged with jHiccup version 2.0.6]\n"
            "#[Histogram log format version 1.2]\n"
            "#[StartTime: 1441812279.474 (seconds since epoch), Wed Sep 09 08:24:39 PDT 2015]\n"
            '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\r\n'
            f"{stamp},1.007,2.769,{FROM_JAVA}\r\n"
        )
        (row,) = read_hlog(path).rows
        assert row.start_s == pytest.approx(start_s, abs=1e-6)
        assert (row.length_s, row.max_ns) == (1.007, 2_769_000)
        # The stated maximum lies in another bucket than the counts': the counts are believed.
        assert row.histogram().max == 3_601_330_077_695

    def test_a_log_is_never_overwritten(self, tmp_path: Path) -> None:
        write_two_rows(tmp_path / "x.hlog")
        with pytest.raises(FileExistsError):
            HlogWriter(tmp_path / "x.hlog", 0.0)
        assert len(read_hlog(tmp_path / "x.hlog").rows) == 2

    @pytest.mark.parametrize("tag", ["", "a,b", "a b", "a\n", "\N{MICRO SIGN}s"])
    def test_a_tag_that_readers_would_break_on_is_refused(self, tmp_path: Path, tag: str) -> None:
        writer = HlogWriter(tmp_path / "x.hlog", 0.0)
        with pytest.raises(ValueError, match="tag"):
            writer.write(0, 100 * MS, filled(1), tag=tag)
        with pytest.raises(ValueError, match="cannot start 1 ns before"):
            writer.write(-1, 100 * MS, filled(1))
        writer.close()
        assert read_hlog(tmp_path / "x.hlog").rows == ()


T0 = 77 * MS


def rows_of(path: Path) -> list[tuple[float, dict[int, int]]]:
    return [(row.start_s, as_dict(row.histogram())) for row in read_hlog(path).rows]


class TestIntervalLog:
    def test_a_value_belongs_to_the_interval_of_its_moment(self, tmp_path: Path) -> None:
        path = tmp_path / "x.hlog"
        log = IntervalLog(path, 1_700_000_000.0, T0)
        at = ns(0, 100 * MS - 1, 100 * MS, 100 * MS + 1, 550 * MS) + T0
        log.record(at, ns(1, 2, 3, 3, 5))
        log.close()
        assert rows_of(path) == [(0.0, {1: 1, 2: 1}), (0.1, {3: 2}), (0.5, {5: 1})]
        assert {row.length_s for row in read_hlog(path).rows} == {0.1}
        assert read_hlog(path).start_epoch_s == 1_700_000_000.0

    def test_an_interval_may_come_in_several_blocks(self, tmp_path: Path) -> None:
        path = tmp_path / "x.hlog"
        log = IntervalLog(path, 0.0, T0, interval_ns=20 * MS)
        log.record(ns(1 * MS, 19 * MS) + T0, ns(1, 2))
        log.record(ns(), ns())
        log.record(ns(19 * MS, 20 * MS) + T0, ns(3, 4))
        log.record(ns(20 * MS) + T0, ns(4))
        log.close()
        assert rows_of(path) == [(0.0, {1: 1, 2: 1, 3: 1}), (0.02, {4: 2})]

    def test_the_cut_into_blocks_makes_no_difference(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(4)
        at = T0 + np.cumsum(rng.integers(0, 3 * MS, 2_000))
        values = rng.lognormal(9, 3, at.size).astype(np.int64)
        for name, size in (("one", at.size), ("many", 7)):
            log = IntervalLog(tmp_path / name, 0.0, T0)
            for start in range(0, at.size, size):
                log.record(at[start : start + size], values[start : start + size])
            log.close()
            assert same_counts(log.total, one_by_one(values.tolist()))
        assert (tmp_path / "one").read_text() == (tmp_path / "many").read_text()
        expected = np.unique((at - T0) // (100 * MS))
        rows = read_hlog(tmp_path / "one").rows
        assert [round(row.start_s * 10) for row in rows] == expected.tolist()
        merged = Histogram()
        for row in rows:
            merged.merge(row.histogram())
        assert same_counts(merged, log.total.hdr)
        assert merged.max == log.total.max == values.max()

    def test_the_total_is_there_before_the_interval_is_over(self, tmp_path: Path) -> None:
        log = IntervalLog(tmp_path / "x.hlog", 0.0, T0)
        log.record(ns(0, 1) + T0, ns(30, HIGHEST_NS + 1))
        assert (log.total.total, log.total.percentile(50), log.total.over_range) == (1, 30, 1)
        assert rows_of(tmp_path / "x.hlog") == []
        log.record(ns(250 * MS) + T0, ns(40))
        assert rows_of(tmp_path / "x.hlog") == [(0.0, {30: 1})]
        log.close()
        log.close()
        assert rows_of(tmp_path / "x.hlog") == [(0.0, {30: 1}), (0.2, {40: 1})]

    def test_without_a_file_only_the_total_is_kept(self) -> None:
        log = IntervalLog(None, 0.0, T0)
        log.record(ns(0, 500 * MS) + T0, ns(1, 2))
        log.close()
        assert as_dict(log.total) == {1: 1, 2: 1}

    @pytest.mark.parametrize(
        ("at", "values", "message"),
        [
            ((4, 6), (1, 1), "go back"),
            ((9, 8), (1, 1), "go back"),
            ((9, 9), (1,), "2 moments for 1 values"),
            ((9, 9), (1, -1), "-1 ns"),
        ],
    )
    def test_a_wrong_block_is_refused_whole(
        self, tmp_path: Path, at: tuple[int, ...], values: tuple[int, ...], message: str
    ) -> None:
        log = IntervalLog(tmp_path / "x.hlog", 0.0, T0)
        log.record(ns(5) + T0, ns(7))
        with pytest.raises(ValueError, match=message):
            log.record(ns(*at) + T0, ns(*values))
        log.record(ns(5) + T0, ns(7))
        log.close()
        assert as_dict(log.total) == {7: 2}
        assert rows_of(tmp_path / "x.hlog") == [(0.0, {7: 2})]

    def test_a_moment_before_the_start_is_refused(self) -> None:
        with pytest.raises(ValueError, match="before t0"):
            IntervalLog(None, 0.0, T0).record(ns(T0 - 1), ns(1))

    @pytest.mark.parametrize("interval_ns", [0, -100 * MS, 1_500_000])
    def test_an_interval_that_stamps_cannot_resolve_is_refused(self, interval_ns: int) -> None:
        with pytest.raises(ValueError, match=re.escape(f"{interval_ns} ns")):
            IntervalLog(None, 0.0, T0, interval_ns)

    def test_memory_does_not_grow_with_duration(self, tmp_path: Path) -> None:
        log = IntervalLog(tmp_path / "x.hlog", 0.0, T0)
        values = np.full(500, 1_000, dtype=np.int64)

        def feed(first: int, last: int) -> None:
            for interval in range(first, last):
                log.record(np.full(500, T0 + interval * 100 * MS), values)

        tracemalloc.start()
        try:
            feed(0, 20)
            before, _ = tracemalloc.get_traced_memory()
            feed(20, 1_020)
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        log.close()
        assert len(read_hlog(tmp_path / "x.hlog").rows) == 1_020
        # A thousand rows of text alone are more than 100 kB, a thousand histograms 270 MB.
        assert after - before < 20_000
