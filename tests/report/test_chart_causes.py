"""The chart of the causes: its bars, its words, and what it must not overstate."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from drawn import all_texts, texts
from fake_run import NO_CAUSE, failed_trial, fake_run, known_trial, small
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lab.causes.kinds import CAUSES
from lab.report import charts
from lab.report.charts import CausesView, NoiseView, TrialView
from lab.report.charts.causes import _LOOKS, WITHIN_NOISE, applies

pytestmark = pytest.mark.filterwarnings("error")
GC, COMMIT, REST = "garbage collection", "commit", "unexplained"
BARS = list[list[tuple[str, float, float]]]


def caused(trial: TrialView, **shares: float) -> TrialView:
    """Give a trial the same causes in all three quantities."""
    each = {**NO_CAUSE, **shares}
    return replace(trial, causes=CausesView(each, each, each))


def rectangles(axes: Axes) -> list[Rectangle]:
    """Return the parts of the bars, from the left and from the top."""
    found = [patch for bars in axes.containers for patch in bars]
    assert all(isinstance(patch, Rectangle) for patch in found)
    return sorted(found, key=lambda part: (round(part.get_y(), 6), part.get_x()))


def bars(axes: Axes) -> BARS:
    """Return the bars from the top: cause, left edge and share of each part."""
    words = {patch: str(group.get_label()) for group in axes.containers for patch in group}
    rows: dict[float, list[tuple[str, float, float]]] = {}
    for part in rectangles(axes):
        row = rows.setdefault(round(part.get_y(), 6), [])
        row.append((words[part], round(part.get_x(), 6), round(part.get_width(), 6)))
    return list(rows.values())


def numbers(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def draw(*trials: TrialView, noise: NoiseView | None = None) -> Figure:
    return charts.draw("causes", fake_run(*trials, noise=noise))


def test_every_cause_has_words_and_a_colour_of_its_own() -> None:
    assert tuple(_LOOKS) == CAUSES
    assert len({words for words, _ in _LOOKS.values()}) == len(CAUSES)
    assert len({colour for _, colour in _LOOKS.values()}) == len(CAUSES)


def test_neighbours_differ_in_lightness() -> None:
    grey = [
        sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), to_rgb(colour), strict=True))
        for _, colour in _LOOKS.values()
    ]
    assert all(abs(a - b) > 0.1 for a, b in pairwise(grey))


def test_a_bar_per_strategy_and_quantity() -> None:
    views = CausesView(
        {**NO_CAUSE, "gc": 0.75, "commit": 0.25},
        {**NO_CAUSE, "gc": 1.0},
        {**NO_CAUSE, "commit": 0.5, "unexplained": 0.5},
    )
    figure = draw(replace(small("slots"), causes=views), caused(small("flat"), commit=1.0))
    above_p99, above_p999, waiting = figure.axes
    assert bars(above_p99) == [[(GC, 0.0, 0.75), (COMMIT, 0.75, 0.25)], [(COMMIT, 0.0, 1.0)]]
    assert bars(above_p999) == [[(GC, 0.0, 1.0)], [(COMMIT, 0.0, 1.0)]]
    assert bars(waiting) == [[(COMMIT, 0.0, 0.5), (REST, 0.5, 0.5)], [(COMMIT, 0.0, 1.0)]]
    words = texts(figure)
    assert "Requests above p99 " in words
    assert "Requests above p99.9 " in words
    assert "Waiting time of all requests" in words
    assert {axes.get_xlim() for axes in figure.axes} == {(0.0, 1.0)}


def test_the_order_of_the_causes_is_one_in_all_bars_and_in_the_key() -> None:
    figure = draw(caused(small("a"), **dict.fromkeys(reversed(CAUSES), 0.125)))
    expected = [_LOOKS[cause][0] for cause in CAUSES]
    for axes in figure.axes:
        assert [words for words, _, _ in bars(axes)[0]] == expected
    assert [text.get_text() for text in figure.legends[0].get_texts()] == expected


def test_the_key_names_only_what_can_be_seen() -> None:
    first = caused(small("a"), gc=0.991, fault=0.005, load=0.004)
    figure = draw(first, caused(small("b"), gc=1.0))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [GC, "page fault"]


def test_a_share_is_written_where_there_is_room() -> None:
    figure = draw(caused(small("a"), gc=0.846, load=0.08, commit=0.074))
    assert numbers(figure.axes[0]) == ["85 %", "8 %"]


def test_letters_stand_out_from_what_they_are_written_on() -> None:
    figure = draw(caused(small("a"), **dict.fromkeys(CAUSES, 0.125)))
    dark = dict(zip(CAUSES, (text.get_color() for text in figure.axes[0].texts), strict=True))
    assert [cause for cause in CAUSES if dark[cause] == "white"] == ["drop", "commit", "fault"]


def test_each_bar_stands_beside_the_latency_that_it_speaks_of() -> None:
    figure = draw(known_trial(10_000))
    words = [text.get_text() for text in all_texts(figure)]
    assert words.count("p99 4.00 us") == 1
    assert words.count("p99.9 5.00 us") == 1
    assert sum(word.startswith("p99") for word in words) == 2  # waiting time has none


def test_repeats_are_means_of_shares_and_medians_of_latencies() -> None:
    trials = [
        replace(caused(known_trial(10_000), **shares), repeat=repeat, curve_ns=curve)
        for repeat, shares, curve in (
            (1, {"gc": 1.0}, known_trial(1).curve_ns),
            (2, {"gc": 0.5, "commit": 0.5}, known_trial(1).curve_ns * 1000),
            (3, {"gc": 0.0, "commit": 1.0}, known_trial(1).curve_ns * 2),
        )
    ]
    figure = draw(*trials)
    assert bars(figure.axes[0]) == [[(GC, 0.0, 0.5), (COMMIT, 0.5, 0.5)]]
    words = texts(figure)
    assert "p99 8.00 us" in words
    assert "means, percentiles: medians, over the valid trials" in words
    assert "shown" not in words


def test_a_trial_without_any_request_above_does_not_dilute_the_others() -> None:
    nothing = CausesView({}, {}, {})
    trials = [caused(small("a", repeat=1), gc=1.0), replace(small("a", repeat=2), causes=nothing)]
    assert bars(draw(*trials).axes[0]) == [[(GC, 0.0, 1.0)]]


@pytest.mark.parametrize("change", [{"valid": False}, {"status": "invalid"}])
def test_trials_that_do_not_count_are_left_out_of_the_means(change: dict[str, object]) -> None:
    bad = replace(caused(small("a", repeat=1), commit=1.0), **change)  # type: ignore[arg-type]
    figure = draw(bad, caused(small("a", repeat=2), gc=1.0))
    assert bars(figure.axes[0]) == [[(GC, 0.0, 1.0)]]


def test_without_a_valid_trial_the_bars_are_faint_and_say_so() -> None:
    bad = replace(caused(small("a"), gc=1.0), valid=False)
    figure = draw(bad, caused(small("b"), gc=1.0))
    faint, full = (part.get_facecolor() for part in rectangles(figure.axes[0]))
    assert to_rgb(full) == pytest.approx(to_rgb(_LOOKS["gc"][1]))
    assert min(to_rgb(faint)) > 0.6
    assert "a (not valid)" in texts(figure)
    assert WITHIN_NOISE not in texts(figure)


@pytest.mark.parametrize(("floor_ns", "within"), [(5_001.0, True), (5_000.0, False), (None, False)])
def test_a_tail_below_the_noise_is_toned_down(floor_ns: float | None, *, within: bool) -> None:
    quiet = caused(known_trial(10_000), gc=1.0)  # a p99.9 of 5 us
    slow = caused(replace(known_trial(10_000), label="slow", curve_ns=quiet.curve_ns * 9), gc=1.0)
    figure = draw(quiet, slow, noise=NoiseView(p999_ns=floor_ns, max_ns=1e9))
    for axes in figure.axes:
        toned, full = rectangles(axes)
        assert bool(toned.get_hatch()) is within
        assert (min(to_rgb(toned.get_facecolor())) > 0.6) is within
        assert not full.get_hatch()
        assert to_rgb(full.get_facecolor()) == pytest.approx(to_rgb(_LOOKS["gc"][1]))
    said = [text.get_text() for text in all_texts(figure)].count(WITHIN_NOISE)
    assert said == (3 if within else 0)
    assert ("of the machine's own noise, 5.00 us" in texts(figure)) is within


def test_too_few_requests_are_told_from_none_above() -> None:
    nothing = CausesView({}, {}, {})
    few = replace(known_trial(5_000), label="few", causes=nothing)
    flat = replace(known_trial(10_000), causes=nothing)
    figure = draw(few, flat, caused(small("a"), gc=1.0))
    above_p99, above_p999, waiting = (numbers(axes) for axes in figure.axes)
    assert above_p99 == ["no request above it"] * 2 + ["100 %"]
    assert above_p999 == ["too few requests", "no request above it", "100 %"]
    assert waiting == ["no request waited"] * 2 + ["100 %"]


def test_an_older_trial_is_left_out_and_named() -> None:
    figure = draw(replace(small("old"), causes=None), caused(small("new"), gc=1.0))
    assert len(bars(figure.axes[0])) == 1
    assert "causes not recorded: old" in texts(figure)


def test_the_chart_applies_where_any_cause_is_known() -> None:
    old = replace(small("old"), causes=None)
    empty = replace(small("short"), causes=CausesView({}, {}, {}))
    assert not applies(fake_run(old, empty, failed_trial()))
    assert applies(fake_run(old, small("new")))
    waiting = CausesView({}, {}, {**NO_CAUSE, "gc": 1.0})
    assert applies(fake_run(replace(small("short"), causes=waiting)))


def test_a_run_without_causes_says_so_when_asked_for_the_chart() -> None:
    figure = draw(replace(small("old"), causes=None))
    assert figure.axes == []
    assert "No trial recorded why its requests were slow." in texts(figure)


def test_names_and_bars_stand_at_the_same_height() -> None:
    trials = (caused(small("slots"), gc=1.0), small("x" * 90), caused(small("flat"), fault=1.0))
    figure = draw(*trials)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    bar_of = {group.get_label(): group[0].get_window_extent() for group in axes.containers}
    for name, cause in (("slots", GC), ("flat", "page fault")):
        first = next(text for text in all_texts(figure) if text.get_text() == name)
        box, bar = first.get_window_extent(), bar_of[cause]
        assert bar.y0 <= (box.y0 + box.y1) / 2 <= bar.y1
