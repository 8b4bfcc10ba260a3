"""Heap, heat map, period and trade-off: what is put where, fitted, grouped and left out."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from drawn import all_texts, line, texts, xy
from fake_run import fake_run, figures, matrix_run, sized, small
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from lab.report import charts
from lab.report.charts import NoiseView, RunView, TrialView
from lab.report.charts.heatmap import _cells, _words
from lab.report.charts.series import ENTRIES, RATE, families
from lab.report.charts.style import bytes_tick

pytestmark = pytest.mark.filterwarnings("error")
NOISE = NoiseView(2e4, 6e5, 3e6, 1.2e7)


def paused(trial: TrialView, worst_ns: float, full: int = 2) -> TrialView:
    """Give a trial full collections of one length only."""
    return figures(
        replace(
            trial,
            pause_start_s=np.arange(1.0, 1.0 + full) if full else np.array([1.0]),
            pause_ns=np.full(max(full, 1), worst_ns),
            pause_generation=np.full(max(full, 1), 2 if full else 0),
        ),
        **{
            name: getattr(trial.figures, name)
            for name in ("entries", "rate", "updates_per_s", "factors")
        },
    )


def exact(
    strategy: str = "slots", sizes: tuple[int, ...] = (10**5, 10**6, 10**7)
) -> list[TrialView]:
    """Return trials whose pause is 100 ns an entry, exactly."""
    return [paused(sized(strategy, entries), 100.0 * entries) for entries in sizes]


def applies(name: str, *trials: TrialView) -> bool:
    return charts.why_not(charts.available()[name], fake_run(*trials)) is None


# Heap


def test_heap_fits_the_worst_pause_of_each_trial() -> None:
    figure = charts.draw("heap", fake_run(*exact()))
    (axes,) = figure.axes
    x, y = xy(line(axes, "slots rate=20k, fitted"))
    assert y == pytest.approx([100 * each for each in x])
    assert (x[0], x[-1]) == pytest.approx((1e5, 1e7))
    assert xy(line(axes, "slots rate=20k")) == ([1e5, 1e6, 1e7], [1e7, 1e8, 1e9])
    assert "walked^1.00 (1.00 to 1.00)" in texts(figure)


def test_heap_extends_the_line_to_a_large_cache_and_says_that_nobody_saw_it() -> None:
    figure = charts.draw("heap", fake_run(*exact()))
    x, y = xy(line(figure.axes[0], "slots rate=20k, extrapolated"))
    assert (x[0], x[-1]) == pytest.approx((1e7, 2e7))
    assert y[-1] == pytest.approx(2e9)
    assert "extrapolated to 20M: 2.00 s (2.00 s to 2.00 s)" in texts(figure)
    assert "extrapolated, not measured" in texts(figure)
    assert "20M is 2 times the largest size measured" in texts(figure)


def test_heap_extends_however_small_the_sizes_and_says_how_far_that_is() -> None:
    figure = charts.draw("heap", fake_run(*exact(sizes=(10**3, 10**4, 10**5))))
    assert "extrapolated to 20M: 2.00 s" in texts(figure)
    assert "20M is 200 times the largest size measured" in texts(figure)


@pytest.mark.parametrize("largest", [2 * 10**7, 3 * 10**7])
def test_heap_does_not_extend_what_is_long_enough(largest: int) -> None:
    figure = charts.draw("heap", fake_run(*exact(sizes=(10**6, 10**7, largest))))
    assert "extrapolated" not in texts(figure)


def test_heap_has_room_for_the_whole_interval_of_what_is_extrapolated() -> None:
    pauses = ((10**5, 1e7), (5 * 10**5, 5.4e7), (10**6, 1e8))
    figure = charts.draw("heap", fake_run(*[paused(sized("slots", n), ns) for n, ns in pauses]))
    (axes,) = figure.axes
    band = [path for each in axes.collections for path in each.get_paths()]
    assert max(path.vertices[:, 1].max() for path in band) <= axes.get_ylim()[1]
    assert "extrapolated to 20M" in texts(figure)


def test_heap_does_not_extend_a_line_that_says_nothing_and_says_so() -> None:
    pauses = ((10**5, 1e7), (5 * 10**5, 6.2e7), (10**6, 1e8))  # 210 times more, or less
    trials = [paused(sized("slots", entries), ns) for entries, ns in pauses]
    figure = charts.draw("heap", fake_run(*trials))
    assert "too uncertain to extrapolate to 20M" in texts(figure)
    assert "slots rate=20k, extrapolated" not in [
        each.get_label() for each in figure.axes[0].get_lines()
    ]


def test_heap_counts_what_it_would_take_lines_to_name() -> None:
    others = [sized(f"flat-{n}", 10**5, pause_per_entry_ns=0) for n in range(6)]
    words = texts(charts.draw("heap", fake_run(*exact(), *others)))
    assert "no GC pause at any size: 6 series" in words


def test_heap_leaves_trials_without_a_full_collection_out_of_the_fit() -> None:
    young = paused(sized("slots", 10_000), 5e5, full=0)
    figure = charts.draw("heap", fake_run(young, *exact()))
    assert xy(line(figure.axes[0], "slots rate=20k"))[0] == [1e5, 1e6, 1e7]
    assert "without a full collection, not in the fit: slots entries=10k" in texts(figure)


def test_heap_of_a_collector_without_full_collections_takes_all_pauses() -> None:
    trials = [paused(sized("slots", n), 10.0 * n, full=0) for n in (10**5, 10**6, 10**7)]
    assert applies("heap", *trials)
    assert "walked^1.00" in texts(charts.draw("heap", fake_run(*trials)))


def test_heap_needs_three_sizes_with_pauses() -> None:
    assert applies("heap", *exact())
    assert not applies("heap", *exact(sizes=(10**5, 10**6)))
    assert not applies("heap", *exact(sizes=(10**5, 10**5, 10**6)))
    assert not applies("heap", *[sized("flat", n, pause_per_entry_ns=0) for n in (1, 2, 3)])


def test_heap_names_what_it_does_not_draw() -> None:
    never = [sized("flat", n, pause_per_entry_ns=0) for n in (10**5, 10**6, 10**7)]
    few = exact("dict", (10**5, 10**6))
    words = texts(charts.draw("heap", fake_run(*exact(), *never, *few)))
    assert "no GC pause at any size: flat rate=20k" in words
    assert "pauses at fewer than 3 sizes, not drawn: dict rate=20k" in words


def test_heap_draws_the_six_longest_and_names_the_others() -> None:
    trials = [
        paused(sized(f"s{number}", entries), (number + 1.0) * entries)
        for number in range(8)
        for entries in (10**4, 10**5, 2 * 10**5)
    ]
    figure = charts.draw("heap", fake_run(*trials))
    drawn = {str(each.get_label()) for each in figure.axes[0].get_lines()}
    assert {f"s{number} rate=20k" for number in range(2, 8)} <= drawn
    assert "shorter pauses, not drawn: s0 rate=20k, s1 rate=20k" in texts(figure)


def test_heap_draws_the_worst_of_the_machine() -> None:
    figure = charts.draw("heap", fake_run(*exact(), noise=NOISE))
    assert xy(line(figure.axes[0], "machine noise"))[1] == [1.2e7, 1.2e7]
    assert "machine noise, worst" in texts(figure)
    assert "machine noise" not in texts(charts.draw("heap", fake_run(*exact())))


# Heat map


def cells(figure: Figure) -> dict[tuple[float, float], tuple[Rectangle, list[str]]]:
    (axes,) = figure.axes
    found: dict[tuple[float, float], tuple[Rectangle, list[str]]] = {}
    for patch in axes.patches:
        assert isinstance(patch, Rectangle)
        x, y = patch.get_x() + 0.5, patch.get_y() + 0.5
        inside = [t for t in axes.texts if t.get_position()[0] == x]
        near = [t for t in inside if abs(t.get_position()[1] - y) < 0.5]
        found[x, y] = patch, [t.get_text() for t in near]
    return found


def grid(noise: NoiseView | None = None) -> RunView:
    trials = [
        paused(sized("slots", entries, rate), ns, full)
        for entries, rate, ns, full in (
            (100_000, 10_000.0, 5e6, 0),
            (100_000, 20_000.0, 2e7, 3),
            (200_000, 10_000.0, 4e7, 1),
        )
    ]
    return fake_run(*trials, noise=noise)


def test_heatmap_has_sizes_to_the_right_and_rates_upwards() -> None:
    figure = charts.draw("heatmap", grid())
    found = cells(figure)
    assert found[0, 0][1] == ["5.00 ms", "0 full GCs", "0.05 % paused"]
    assert found[0, 1][1] == ["20.0 ms", "3 full GCs", "0.6 % paused"]
    assert found[1, 0][1] == ["40.0 ms", "1 full GC", "0.4 % paused"]
    assert found[1, 1][1] == ["no valid", "trial"]
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["100k", "200k"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["9k/s", "18k/s"]


def test_heatmap_is_darker_where_pauses_are_longer() -> None:
    found = cells(charts.draw("heatmap", grid()))
    light = [sum(found[at][0].get_facecolor()[:3]) for at in ((0, 0), (0, 1), (1, 0))]
    assert light == sorted(light, reverse=True)
    assert len(set(light)) == 3


def test_heatmap_hatches_what_the_machine_does_by_itself() -> None:
    figure = charts.draw("heatmap", grid(NOISE))
    hatched = {at for at, (patch, _) in cells(figure).items() if patch.get_hatch()}
    assert hatched == {(0, 0)}
    assert "hatched: within the machine's noise, whose worst was 12.0 ms" in texts(figure)
    assert "hatched" not in texts(charts.draw("heatmap", grid()))


def test_heatmap_takes_the_worst_of_the_repeats_and_the_mean_number() -> None:
    again = paused(sized("slots", 100_000, 20_000.0, repeat=2), 9e7, 4)
    figure = charts.draw("heatmap", fake_run(*grid().trials, again))
    assert cells(figure)[0, 1][1][:2] == ["90.0 ms", "3.5 full GCs"]
    assert "full GCs: in 10 s, mean" in texts(figure)


def test_heatmap_is_of_the_first_strategy_that_pauses_and_names_the_others() -> None:
    words = texts(charts.draw("heatmap", matrix_run()))
    assert "Worst GC pause of slots, by size" in words
    assert "not drawn: msgspec, flat" in words


def test_heatmap_needs_two_sizes_and_two_rates() -> None:
    assert applies("heatmap", *grid().trials)
    assert not applies("heatmap", *grid().trials[:2])
    assert not applies("heatmap", grid().trials[0], grid().trials[2])
    flat = [
        sized("flat", entries, rate, pause_per_entry_ns=0) for entries in (1, 2) for rate in (1, 2)
    ]
    assert not applies("heatmap", *flat)


def test_heatmap_words_are_short_in_narrow_cells() -> None:
    cell = _cells(families(grid(), ENTRIES, RATE)[0])[100_000, 9_000.0]
    assert _words(cell, 3.0)[1:] == ["0 full GCs", "0.05 % paused"]
    assert _words(cell, 0.9)[1:] == ["0 full", "0.05 %"]


# Period


def timed(label: str, predicted_s: float | None, measured_s: float | None) -> TrialView:
    return figures(small(label), predicted_s=predicted_s, period_s=measured_s)


def test_period_has_a_dot_per_trial_and_the_diagonal() -> None:
    trials = [timed("slots", 4.0, 4.2), timed("dict", 8.0, 11.0), timed("flat", None, None)]
    figure = charts.draw("period", fake_run(*trials))
    (axes,) = figure.axes
    assert xy(line(axes, "slots")) == ([4.0], [4.2])
    assert xy(line(axes, "dict")) == ([8.0], [11.0])
    x, y = xy(line(axes, "as predicted"))
    assert x == y == list(axes.get_xlim()) == list(axes.get_ylim())
    words = texts(figure)
    assert "1 of 2 trials within 20 % of the prediction" in words
    assert "no full collection, or none that rules predict: flat" in words
    assert "measured 4.20 s" in words


@pytest.mark.parametrize(("measured_s", "inside"), [(8.01, 1), (7.99, 0), (11.99, 1), (12.01, 0)])
def test_period_counts_what_is_within_a_fifth(measured_s: float, inside: int) -> None:
    words = texts(charts.draw("period", fake_run(timed("slots", 10.0, measured_s))))
    assert f"{inside} of 1 trial within 20 %" in words


def test_period_axes_are_no_magnifying_glass() -> None:
    (axes,) = charts.draw("period", fake_run(timed("slots", 4.0, 4.01))).axes
    low, high = axes.get_xlim()
    assert high / low > 5


def test_period_of_a_matrix_has_one_series_per_strategy() -> None:
    figure = charts.draw("period", matrix_run())
    drawn = {str(each.get_label()) for each in figure.axes[0].get_lines()}
    assert drawn == {"as predicted", "slots", "msgspec"}
    assert "894 ms to 7.14 s" in texts(figure)


def test_period_needs_both_figures_of_one_trial() -> None:
    assert applies("period", timed("slots", 4.0, 4.2))
    assert not applies("period", timed("slots", 4.0, None), timed("dict", None, 4.0))


# Trade-off


def spot(label: str, bytes_per_entry: float | None = 200.0, **known: object) -> TrialView:
    return figures(small(label), bytes_per_entry=bytes_per_entry, busy_share=0.2, **known)


def bubble(axes: Axes, label: str) -> tuple[float, float, float]:
    found = line(axes, label)
    (x,), (y,) = xy(found)
    return x, y, float(found.get_markersize())


def test_tradeoff_puts_memory_to_the_right_and_the_tail_upwards() -> None:
    trials = [spot("slots", 232.0), spot("flat", 43.0)]
    figure = charts.draw("tradeoff", fake_run(*trials))
    for trial, memory in zip(trials, (232.0, 43.0), strict=True):
        x, y, _ = bubble(figure.axes[0], trial.label)
        assert (x, y) == (memory, trial.curve_ns[trial.curve_quantile == 0.999][0])
    assert "Response time, p99.9" in texts(figure)
    assert "Bytes per entry" in texts(figure)


def test_tradeoff_areas_compare_as_the_shares_of_the_processor_do() -> None:
    busy = [replace(spot(label), figures=None) for label in ("slots", "flat")]
    trials = [figures(t, busy_share=b) for t, b in zip(busy, (0.4, 0.1), strict=True)]
    (axes,) = charts.draw("tradeoff", fake_run(*trials)).axes
    large, little = (bubble(axes, label)[2] for label in ("slots", "flat"))
    assert large**2 / little**2 == pytest.approx(4)


def test_tradeoff_takes_medians_and_draws_the_range() -> None:
    tails = [2e6, 9e6, 3e6]
    trials = [
        replace(
            spot("slots", memory),
            repeat=n,
            curve_quantile=np.array([0.999, 1.0]),
            curve_ns=np.array([tail, 1e9]),
        )
        for n, (tail, memory) in enumerate(zip(tails, (100.0, 300.0, 120.0), strict=True), 1)
    ]
    figure = charts.draw("tradeoff", fake_run(*trials, spot("flat", 43.0)))
    (axes,) = figure.axes
    assert bubble(axes, "slots")[:2] == (120.0, 3e6)
    assert xy(line(axes, "slots, all repeats")) == ([120.0, 120.0], [2e6, 9e6])
    assert "medians over the valid trials" in texts(figure)


def test_tradeoff_falls_back_to_what_two_strategies_have() -> None:
    short = [replace(spot(label), requests=2000) for label in ("slots", "flat")]
    assert "Response time, p99" in texts(charts.draw("tradeoff", fake_run(*short)))
    assert "p99.9" not in texts(charts.draw("tradeoff", fake_run(*short)))
    older = [spot("slots", None), spot("flat", None), spot("dict", 50.0)]
    words = texts(charts.draw("tradeoff", fake_run(*older)))
    assert "Resident memory of the worker" in words
    assert not applies("tradeoff", spot("slots"))
    assert not applies("tradeoff", spot("slots"), spot("flat", None, rss_bytes=None))


def test_tradeoff_names_a_strategy_without_all_figures() -> None:
    trials = [spot("slots"), spot("flat"), spot("moka", None, rss_bytes=None)]
    words = texts(charts.draw("tradeoff", fake_run(*trials)))
    assert "a figure is missing: moka" in words


def test_tradeoff_shades_what_the_machine_does_by_itself() -> None:
    trials = [spot("slots", 232.0), spot("flat", 43.0)]
    low = charts.draw("tradeoff", fake_run(*trials, noise=NoiseView(p999_ns=6e5)))
    assert "within the machine's noise (p99.9 600 us)" in texts(low)
    (axes,) = low.axes
    (band,) = axes.patches
    assert isinstance(band, Rectangle)
    assert band.get_y() + band.get_height() == pytest.approx(6e5)
    assert charts.draw("tradeoff", fake_run(*trials)).axes[0].patches[:] == []


def test_tradeoff_compares_strategies_at_one_setting_only() -> None:
    figure = charts.draw("tradeoff", matrix_run())
    assert {"slots", "msgspec", "flat"} <= {str(t.get_text()) for t in figure.axes[0].texts}
    assert len(figure.axes[0].texts) == 3
    assert "entries=1000k, rate=40k only: 11 other settings not drawn" in texts(figure)


def test_tradeoff_of_thirteen_strategies_is_readable() -> None:
    rng = np.random.default_rng(3)
    trials = [
        figures(
            replace(small(f"strategy-{n}"), curve_ns=small("flat").curve_ns * rng.uniform(1, 3)),
            bytes_per_entry=float(rng.uniform(40, 400)),
            busy_share=float(rng.uniform(0.05, 0.3)),
        )
        for n in range(13)
    ]
    figure = charts.draw("tradeoff", fake_run(*trials))
    figure.draw_without_rendering()
    names = [text for text in all_texts(figure) if text in figure.axes[0].texts]
    assert len(names) == 13
    boxes = [Text.get_window_extent(name) for name in names]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (40, "40 B"), (1500, "1.5 kB"), (2e6, "2 MB"), (3e9, "3 GB")]
)
def test_memory_ticks_have_a_unit(value: float, text: str) -> None:
    assert bytes_tick(value) == text
