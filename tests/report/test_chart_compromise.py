"""The size of the cache as a compromise: two lines, the best size, and when there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drawn import line, texts, xy
from fake_run import cache_sizes, fake_run, figures, sized

from lab.report import charts
from lab.report.charts import RunView, TrialView, plain_charts

pytestmark = pytest.mark.filterwarnings("error")
SIZES = [1e4, 2e4, 5e4, 1e5, 2e5]


def of_sizes(*trials: TrialView) -> RunView:
    return fake_run(*trials)


def known(trial: TrialView, **changed: object) -> TrialView:
    """Change figures of a trial."""
    assert trial.figures is not None
    return replace(trial, figures=replace(trial.figures, **changed))  # type: ignore[arg-type]


def test_both_percentiles_are_drawn_against_the_entries() -> None:
    (axes,) = charts.draw("compromise", cache_sizes()).axes
    assert xy(line(axes, "p99 in a spike")) == (SIZES, [500 * n for n in SIZES])
    assert xy(line(axes, "p99 normal")) == (SIZES, [4e11 / n for n in SIZES])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_the_best_size_is_that_of_the_lowest_tail() -> None:
    figure = charts.draw("compromise", cache_sizes())
    (axes,) = figure.axes
    tails = dict(zip(*xy(line(axes, "p99.9 of all")), strict=True))
    best = min(tails, key=lambda entries: tails[entries])
    assert best == 2e4
    assert set(xy(line(axes, "best size"))[0]) == {best}
    assert "best size: 20k p99.9 29.0 ms" in texts(figure)
    assert "so that the least may lie beyond" not in texts(figure)


@pytest.mark.parametrize(("kept", "end"), [((1, 2, 3), "smallest"), ((0, 1), "largest")])
def test_a_best_size_at_an_end_is_no_compromise(kept: tuple[int, ...], end: str) -> None:
    trials = cache_sizes().trials
    tiny = known(sized("slots", 5_000), spike_p99_ns=1e9, normal_p99_ns=1e9)
    tiny = replace(tiny, curve_ns=tiny.curve_ns * 1e6)
    chosen = [trials[number] for number in kept] + ([tiny] if end == "largest" else [])
    words = texts(charts.draw("compromise", of_sizes(*chosen)))
    assert f"it is the {end} that was measured, so that the least may lie beyond" in words


def test_misses_that_cost_nothing_leave_no_compromise() -> None:
    cheap = [known(trial, normal_p99_ns=1e6) for trial in cache_sizes().trials]
    words = texts(charts.draw("compromise", of_sizes(*cheap)))
    assert "no compromise: the normal p99 of a smaller cache is not longer" in words
    assert "no compromise" not in texts(charts.draw("compromise", cache_sizes()))


def test_repeats_are_their_median() -> None:
    first, *others = cache_sizes().trials
    again = [known(replace(first, repeat=n), spike_p99_ns=ns) for n, ns in ((2, 9e6), (3, 7e6))]
    figure = charts.draw("compromise", of_sizes(first, *again, *others))
    assert xy(line(figure.axes[0], "p99 in a spike"))[1][0] == 7e6
    assert "medians over the valid trials" in texts(figure)


def test_a_size_without_a_spike_has_only_its_normal_p99_and_is_named() -> None:
    first, *others = cache_sizes().trials
    figure = charts.draw("compromise", of_sizes(known(first, spike_p99_ns=None), *others))
    assert xy(line(figure.axes[0], "p99 in a spike"))[0] == SIZES[1:]
    assert xy(line(figure.axes[0], "p99 normal"))[0] == SIZES
    assert "no full collection, or too few requests in one: 10k" in texts(figure)


def test_the_key_space_may_follow_the_size() -> None:
    trials = [
        known(t, factors={**t.figures.factors, "key_space": str(400_000 / t.figures.entries)})
        for t in cache_sizes().trials
        if t.figures
    ]
    assert charts.why_not(charts.available()["compromise"], of_sizes(*trials)) is None


def test_it_takes_three_sizes_and_spikes_at_two() -> None:
    chart = charts.available()["compromise"]
    trials = cache_sizes().trials
    assert charts.why_not(chart, of_sizes(*trials[:3])) is None
    assert charts.why_not(chart, of_sizes(*trials[:2])) is not None
    quiet = [known(trial, spike_p99_ns=None) for trial in trials[1:]]
    assert charts.why_not(chart, of_sizes(trials[0], *quiet)) is not None


def test_another_strategy_is_said_to_be_left_out() -> None:
    flat = [figures(sized("flat", 10**n, pause_per_entry_ns=0)) for n in (4, 5, 6)]
    figure = charts.draw("compromise", of_sizes(*flat, *cache_sizes().trials))
    assert "of slots rate=20k, by size of the cache" in texts(figure)
    assert "not drawn: flat" in texts(figure)


def test_the_page_has_the_lines_the_mark_and_a_row_per_size() -> None:
    chart = plain_charts(cache_sizes())["compromise"]
    assert [series.name for series in chart.series] == [
        "p99 in a spike",
        "p99 normal",
        "p99.9 of all",
        "best size: 20k",
    ]
    assert [(row[0], row[4]) for row in chart.rows] == [
        ("10,000", "no"),
        ("20,000", "yes"),
        ("50,000", "no"),
        ("100,000", "no"),
        ("200,000", "no"),
    ]
