"""The charts as plain data, for the page: the same figures as in the drawings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import line, xy
from fake_run import Shape, fake_run, frozen_trial, matrix_run, small

from lab.report import charts
from lab.report.charts import NoiseView, RunView, plain_charts
from lab.report.charts.plain import Plain, PlainChart, Series

NOISE = NoiseView(2e4, 6e5, 3e6, 1.2e7)


def frozen() -> RunView:
    without = small("slots", shape=Shape(3.0, 0.5, 10))
    return fake_run(without, frozen_trial(1), frozen_trial(2), small("flat"), noise=NOISE)


def series(chart: Plain, name: str) -> Series:
    (found,) = [each for each in chart.series if each.name == name]
    return found


def test_a_chart_is_plain_exactly_where_it_applies() -> None:
    for run in (matrix_run(), frozen(), fake_run(small("flat"))):
        able = {n: c for n, c in charts.available().items() if isinstance(c, PlainChart)}
        assert set(able) >= {"before-after", "decay", "heap", "heatmap", "mmu", "period"}
        assert set(plain_charts(run)) == {n for n, c in able.items() if not charts.why_not(c, run)}


@pytest.mark.parametrize("run", [matrix_run(noise=NOISE), frozen()])
def test_every_row_is_as_wide_as_its_head_and_every_name_has_a_look(run: RunView) -> None:
    for chart in plain_charts(run).values():
        assert chart.rows
        assert all(len(row) == len(chart.head) for row in chart.rows)
        own = [each for each in chart.series if each.look is not None]
        assert len({each.name for each in own}) == len(own)
        assert len({each.look for each in own}) == len(own)
        assert own or chart.grid


def test_heap_has_the_law_the_dashed_part_and_a_band_over_both() -> None:
    run = matrix_run(noise=NOISE)
    chart = plain_charts(run)["heap"]
    one = series(chart, "slots rate=40k")
    (axes,) = charts.draw("heap", run).axes
    for part, words in ((one.line, "fitted"), (one.beyond, "extrapolated")):
        x, y = xy(line(axes, f"slots rate=40k, {words}"))
        assert np.array(part).T.tolist() == [pytest.approx(x), pytest.approx(y)]
    assert (one.band[0][0], one.band[-1][0]) == pytest.approx((one.line[0][0], 2e7))
    assert series(chart, "machine noise, worst").line[0][1] == 1.2e7
    (row,) = [row for row in chart.rows if row[:2] == ("slots rate=40k", "extrapolated")]
    assert row[2:4] == ("20,000,000", "not measured")
    said = [words for words in chart.said if words.startswith("slots rate=20k: ")]
    assert said[0].endswith("too uncertain to extrapolate to 20M")


def test_decay_has_the_marks_of_all_repeats_and_the_line_of_one() -> None:
    chart = plain_charts(frozen())["decay"]
    one = series(chart, "slots+freeze")
    assert len(one.points) == 2 * len(one.line)
    assert [row[1] for row in chart.rows if row[0] == "slots+freeze"] == ["1"] * 6 + ["2"] * 6
    assert series(chart, "slots").points
    assert "neither frozen nor the same unfrozen, not drawn: flat" in chart.said


def test_period_has_the_diagonal_and_its_band() -> None:
    chart = plain_charts(frozen())["period"]
    reference = series(chart, "as predicted, ±20 %")
    assert reference.look is None
    assert all(x == y for x, y in reference.line)
    assert all((low, high) == (0.8 * x, 1.2 * x) for x, low, high in reference.band)
    assert chart.rows[0][3] == "0.962"


def test_mmu_is_read_off_at_round_windows_and_not_beyond_the_trial() -> None:
    chart = plain_charts(frozen())["mmu"]
    assert chart.head[2:] == ("1 ms", "10 ms", "100 ms", "1 s", "10 s")
    (row,) = [row for row in chart.rows if row[0] == "slots"]
    assert row[2:5] == ("0.0 %", "0.0 %", "0.0 %")
    short = replace(small("slots", shape=Shape(1.0, 0.1)), figures=None)
    short = replace(short, time_s=short.time_s[:50])
    assert plain_charts(fake_run(short))["mmu"].rows[0][-1] == "-"


def test_before_and_after_of_a_long_trial_is_merged_by_the_largest() -> None:
    long = small(shape=Shape(full_every_s=3, full_s=0.5))
    times = np.arange(1500) * 0.1
    worst = np.full(1500, 1e6)
    worst[1234] = 7e8
    long = replace(long, time_s=times, max_ns=worst)
    before = plain_charts(fake_run(long, small("flat")))["before-after"].series[0]
    assert len(before.line) <= 3 * 600
    assert max(y for _, y in before.line) == 7e8
    (top, *_) = [x for x, y in before.line if y == 7e8]
    assert top <= 123.4 <= top + 0.3


def test_heatmap_has_a_cell_per_size_and_rate_and_marks_the_machines_noise() -> None:
    chart = plain_charts(matrix_run(noise=NOISE))["heatmap"]
    assert chart.grid is not None
    assert (list(chart.grid.columns), list(chart.grid.rows)) == (
        ["100k", "250k", "500k", "1M"],
        ["4.5k/s", "18k/s", "36k/s"],
    )
    assert len(chart.grid.cells) == len(chart.rows) == 12
    noisy = [cell for cell in chart.grid.cells if "within the machine's noise" in cell.words]
    assert len(noisy) == 4
    assert not any("hatched" in words for words in chart.said)
