"""The charts, by their structure: what is drawn, named, shared and left out."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from drawn import all_texts, line, texts, xy
from fake_run import (
    QUESTION,
    SHAPES,
    Shape,
    failed_trial,
    fake_run,
    fake_trial,
    known_trial,
    small,
    stalled,
)
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from lab.report import charts
from lab.report.charts import NoiseView, RunView, TrialView
from lab.report.charts.panel import steps
from lab.report.charts.style import FAINT, looks
from strategies.errors import UsageError
from tests.report.pictures import EXAMPLES

pytestmark = pytest.mark.filterwarnings("error")
CHARTS = [
    "before-after",
    "causes",
    "compromise",
    "decay",
    "heap",
    "heatmap",
    "mmu",
    "percentiles",
    "period",
    "timeline",
    "tradeoff",
]
OF_THE_METRIC = ["before-after", "causes", "compromise", "percentiles", "timeline", "tradeoff"]
"""Charts of response times; the others are of collections alone."""
OF_EVERY_TRIAL = ["causes", "mmu", "percentiles", "timeline"]
"""Charts that draw a trial that does not count too; it has no figures for the others."""
LONG = "slots:pending=record,update=replace,payload_bytes=256+freeze_after_warm_up:every=30s"


def band_starts(axes: Axes) -> list[float]:
    (bands,) = axes.collections
    return [float(np.asarray(path.vertices)[0, 0]) for path in bands.get_paths()]


@pytest.fixture(scope="module")
def run() -> RunView:
    return fake_run(*[fake_trial(label, duration_s=10) for label in SHAPES])


# Discovery


def test_every_chart_is_found_by_its_name() -> None:
    found = charts.available()
    assert list(found) == CHARTS
    assert all(chart.TITLE for chart in found.values())


def test_a_new_chart_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "from matplotlib.figure import Figure\n"
        "NAME, TITLE = 'extra', 'One more'\n"
        "def draw(run):\n    return Figure(label=run.name)\n"
    )
    (tmp_path / "extra_chart.py").write_text(source)
    monkeypatch.setattr(charts, "__path__", [*charts.__path__, str(tmp_path)])
    try:
        assert "extra" in charts.available()
        assert charts.draw("extra", fake_run(small())).get_label() == "freeze-20260102T030405Z"
    finally:
        del sys.modules["lab.report.charts.extra_chart"]


def test_an_unknown_chart_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown chart 'timelime': did you mean 'timeline'"):
        charts.draw("timelime", fake_run(small()))


# Every chart


@pytest.mark.parametrize("name", CHARTS)
def test_the_words_that_every_chart_carries(name: str, run: RunView) -> None:
    words = texts(charts.draw(name, run))
    assert QUESTION in words
    assert "500k entries" in words
    assert "CPython 3.11.7" in words
    assert "200,000 requests each" in words
    assert "wait: spin" in words
    assert "closed loop" not in words
    assert ("Response time" in words) == (name in OF_THE_METRIC)
    if charts.why_not(charts.available()[name], run) is None:
        assert all(label in words for label in SHAPES)


@pytest.mark.parametrize("name", OF_THE_METRIC)
def test_a_closed_loop_has_no_response_time(name: str) -> None:
    words = texts(charts.draw(name, fake_run(small(), closed_loop=True)))
    assert "Service time (closed loop: no intended start, coordinated omission)" in words
    assert "Response time" not in words


@pytest.mark.parametrize("name", CHARTS)
def test_nothing_is_dropped_silently(name: str) -> None:
    noisy = small("flat", status="invalid", notes=("the machine was busy",))
    words = texts(charts.draw(name, fake_run(small(), noisy, failed_trial("moka"))))
    assert ("flat (invalid)" in words) == (name in OF_EVERY_TRIAL)
    assert "invalid: flat" in words
    assert "failed: moka" in words
    assert "flat: the machine was busy" in words


@pytest.mark.parametrize("name", CHARTS)
def test_a_trial_that_is_not_valid_is_marked(name: str) -> None:
    disturbed = replace(small("flat"), valid=False, notes=("noisy: another process ran",))
    words = texts(charts.draw(name, fake_run(small(), disturbed)))
    assert ("flat (not valid)" in words) == (name in OF_EVERY_TRIAL)
    assert "slots (not valid)" not in words
    assert "measurement not valid: flat" in words
    assert "flat: noisy: another process ran" in words


@pytest.mark.parametrize("name", CHARTS)
def test_a_run_in_which_all_failed_still_says_so(name: str) -> None:
    figure = charts.draw(name, fake_run(failed_trial("moka"), failed_trial("slots")))
    assert figure.axes == []
    assert "failed: moka, slots" in texts(figure)


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize(
    "trials",
    [
        [small()],
        [small(f"strategy-{i}", shape=SHAPES["slots"]) for i in range(9)],
        [small(LONG), small("x" * 150), small("flat")],
        [small(notes=("a remark that goes on and on " * 20,))],
        [replace(small(LONG), valid=False), replace(small("flat"), valid=False)],
        [stalled(small(shape=Shape(full_every_s=3, full_s=0.5, young_per_s=9)), [1.0], [1e6])],
    ],
    ids=["one", "nine", "long-names", "long-note", "not-valid", "stalled"],
)
@pytest.mark.parametrize("noise", [NoiseView(), NoiseView(1e2, 1e6, 1e7, 1e9)])
def test_no_text_leaves_the_figure(name: str, trials: list[TrialView], noise: NoiseView) -> None:
    assert_inside(charts.draw(name, fake_run(*trials, noise=noise)))


@pytest.mark.parametrize("name", CHARTS)
def test_no_text_leaves_a_chart_with_much_in_it(name: str) -> None:
    assert_inside(charts.draw(name, EXAMPLES[name]()))


def assert_inside(figure: Figure) -> None:
    figure.draw_without_rendering()
    width, height = figure.bbox.size
    for text in all_texts(figure):
        if text.get_visible() and text.get_text():
            box = text.get_window_extent()
            assert box.x0 >= 0, text
            assert box.x1 <= width, text
            assert box.y0 >= 0, text
            assert box.y1 <= height, text


@pytest.mark.parametrize("name", CHARTS)
def test_letters_are_large_enough_for_a_narrow_page(name: str, run: RunView) -> None:
    figure = charts.draw(name, run)
    pixels_at_600 = [float(text.get_fontsize()) / 72 * 600 / 9 for text in all_texts(figure)]
    assert figure.get_size_inches()[0] == 9
    assert min(pixels_at_600) > 8.5


def test_a_strategy_looks_the_same_in_every_chart(run: RunView) -> None:
    (curves,) = charts.draw("percentiles", run).axes
    panels = charts.draw("timeline", run).axes
    for trial, panel in zip(run.trials, panels, strict=True):
        expected = looks(run)[trial.label].colour
        assert line(panel, "max").get_color() == expected
        assert line(curves, trial.label).get_color() == expected


def test_a_failed_strategy_keeps_its_colour_for_the_others() -> None:
    (axes,) = charts.draw("percentiles", fake_run(failed_trial("moka"), small("slots"))).axes
    second = looks(fake_run(small("moka"), small("slots")))["slots"]
    assert line(axes, "slots").get_color() == second.colour


def test_looks_differ_by_more_than_colour() -> None:
    styles = list(looks(fake_run(*[failed_trial(f"s{i}") for i in range(20)])).values())
    assert len({(look.dashes, look.marker) for look in styles}) == 20
    grey = [np.dot(to_rgb(look.colour), (0.2126, 0.7152, 0.0722)) for look in styles]
    assert all(abs(a - b) > 0.05 for a, b in pairwise(grey))
    assert all(a.dashes != b.dashes for a, b in pairwise(styles))


# The timeline


def test_timeline_panels_share_their_axes(run: RunView) -> None:
    panels = charts.draw("timeline", run).axes
    assert len(panels) == 4
    assert {panel.get_xlim() for panel in panels} == {(0.0, 10.0)}
    assert len({panel.get_ylim() for panel in panels}) == 1
    assert all(panels[0].get_shared_y_axes().joined(panels[0], panel) for panel in panels)
    assert {panel.get_yscale() for panel in panels} == {"log"}
    low, high = panels[0].get_ylim()
    assert low < min(trial.p99_ns.min() for trial in run.trials)
    assert high > max(trial.max_ns.max() for trial in run.trials)


def test_timeline_marks_full_collections_where_they_began() -> None:
    trial = small(shape=Shape(full_every_s=3, full_s=0.5, young_per_s=5))
    figure = charts.draw("timeline", fake_run(trial))
    (panel,) = figure.axes
    assert xy(line(panel, "full collection (gen 2)"))[0] == [3.0, 6.0, 9.0]
    assert band_starts(panel) == [3.0, 6.0, 9.0]
    assert "3 full collections" in texts(figure)


def test_timeline_a_long_pause_shows_whatever_its_generation() -> None:
    at = np.array([1.0, 2.0])
    trial = replace(
        small("flat"),
        pause_start_s=at,
        pause_ns=np.array([300_000_000, 100_000]),
        pause_generation=np.array([0, 0]),
    )
    figure = charts.draw("timeline", fake_run(trial))
    assert band_starts(figure.axes[0]) == [1.0]
    assert "no gen 2, longest GC pause 300 ms" in texts(figure)
    assert "full collection" not in texts(figure)


def test_timeline_thousands_of_young_pauses_are_two_lines() -> None:
    trial = small(shape=Shape(young_per_s=2000))
    (panel,) = charts.draw("timeline", fake_run(trial)).axes
    assert len(panel.get_lines()) == 4  # gen 0, gen 1, p99, max
    assert len(xy(line(panel, "gen 0"))[0]) <= 3 * 1201


def test_timeline_without_a_pause(run: RunView) -> None:
    figure = charts.draw("timeline", fake_run(small("flat")))
    assert "no GC pause" in texts(figure)
    assert [artist.get_label() for artist in figure.axes[0].get_lines()] == ["p99", "max"]


def test_timeline_draws_the_first_repeat() -> None:
    first, second = (small("flat", repeat=repeat) for repeat in (1, 2))
    figure = charts.draw("timeline", fake_run(second, first))
    (panel,) = figure.axes
    assert xy(line(panel, "max")) == tuple(a.tolist() for a in steps(first, first.max_ns))
    assert "repeat 1 of 2 shown" in texts(figure)


def test_timeline_says_where_values_are_missing() -> None:
    figure = charts.draw("timeline", fake_run(fake_trial("flat", duration_s=3, rate=20)))
    words = texts(figure)
    assert "p99.9 n/a" in words
    assert "n/a: fewer than 10 requests lie beyond" in words
    assert "too few requests per interval for a p99: flat" in words


def test_timeline_line_breaks_where_intervals_are_missing() -> None:
    trial = replace(small("flat"), time_s=np.array([0.0, 0.1, 0.5]), interval_s=0.1)
    x, y = steps(trial, np.array([1.0, 2.0, 3.0]))
    assert x == pytest.approx([0.0, 0.1, 0.1, 0.1, 0.2, 0.2, 0.5, 0.6, 0.6])
    np.testing.assert_array_equal(y, [1, 1, 1, 2, 2, np.nan, 3, 3, 3])


@pytest.mark.parametrize("change", [{"valid": False}, {"status": "invalid"}])
@pytest.mark.parametrize("name", ["percentiles", "timeline"])
def test_a_trial_that_does_not_count_is_faint(name: str, change: dict[str, Any]) -> None:
    run = fake_run(replace(small("flat"), **change), small("slots"))
    label = {"percentiles": ("flat ", "slots"), "timeline": ("max", "max")}[name]
    axes = charts.draw(name, run).axes
    lines = [found for panel in axes for found in panel.get_lines()]
    drawn = [found for found in lines if str(found.get_label()).startswith(label)]
    opacity = {to_rgb(str(found.get_color())): found.get_alpha() for found in drawn}
    style = looks(run)
    assert opacity[to_rgb(style["slots"].colour)] == 1
    assert opacity[to_rgb(style["flat"].colour)] == FAINT < 0.5


def test_percentiles_a_repeat_that_does_not_count_is_fainter_than_another() -> None:
    trials = [replace(small("flat", repeat=n), valid=n != 2) for n in (1, 2, 3)]
    (axes,) = charts.draw("percentiles", fake_run(*trials)).axes
    others = [c.get_alpha() for c in axes.get_lines() if str(c.get_label()).startswith("_")]
    assert len(others) == 2
    assert min(a or 0 for a in others) < 0.5 * max(a or 0 for a in others)


# The percentile curves


@pytest.mark.parametrize(
    ("requests", "nines", "ticks"),
    [
        (100, 1, ["0%", "90%"]),
        (999, 1, ["0%", "90%"]),
        (1_000, 2, ["0%", "90%", "99%"]),
        (10_000, 3, ["0%", "90%", "99%", "99.9%"]),
        (100_000, 4, ["0%", "90%", "99%", "99.9%", "99.99%"]),
        (10_000_000, 4, ["0%", "90%", "99%", "99.9%", "99.99%"]),
    ],
)
def test_percentiles_end_at_the_last_with_ten_requests_beyond(
    requests: int, nines: int, ticks: list[str]
) -> None:
    figure = charts.draw("percentiles", fake_run(known_trial(requests)))
    (axes,) = figure.axes
    x, y = xy(line(axes, "flat"))
    assert x[-1] == pytest.approx(nines)
    assert y[-1] == (nines + 2) * 1e3
    assert axes.get_xlim()[1] == pytest.approx(nines)
    assert [label.get_text() for label in axes.get_xticklabels()] == ticks


def test_percentiles_name_a_trial_too_short_for_a_curve() -> None:
    words = texts(charts.draw("percentiles", fake_run(known_trial(10), small())))
    assert "too few requests for a curve: flat" in words


def test_percentiles_label_every_curve_at_its_end_without_overlap() -> None:
    trials = [small(f"strategy-{i}", shape=SHAPES["slots"]) for i in range(9)]
    figure = charts.draw("percentiles", fake_run(*trials))
    figure.draw_without_rendering()
    labels = [text for text in all_texts(figure) if isinstance(text, Annotation)]
    assert sorted(label.get_text() for label in labels) == [t.label for t in trials]
    # The letters alone: the window extent of an annotation includes its leader.
    boxes = [Text.get_window_extent(label) for label in labels]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert figure.axes[0].get_legend() is None


def test_percentiles_show_the_other_repeats_behind_the_first() -> None:
    trials = [small("flat", repeat=repeat) for repeat in (1, 2, 3)]
    figure = charts.draw("percentiles", fake_run(*trials))
    curves = figure.axes[0].get_lines()
    assert [curve.get_label() for curve in curves].count("flat") == 1
    assert len(curves) == 3
    assert "thin lines: the other repeats" in texts(figure)


# Files


def test_save_all_writes_the_same_bytes_again(tmp_path: Path, run: RunView) -> None:
    first = charts.save_all(run, tmp_path / "new" / "folder")
    drawn = [name for name in CHARTS if name not in ("compromise", "heap", "heatmap")]
    assert [path.name for path in first] == [
        f"{n}.{kind}" for n in drawn for kind in ("png", "svg")
    ]
    with mpl.rc_context({"font.family": "no such font", "savefig.bbox": "tight", "font.size": 30}):
        second = charts.save_all(run, tmp_path / "again")
    for one, other in zip(first, second, strict=True):
        assert one.stat().st_size > 1000
        assert one.read_bytes() == other.read_bytes()
    assert all(b"<dc:date>" not in path.read_bytes() for path in first if path.suffix == ".svg")


def test_a_chart_without_data_for_it_is_not_written(tmp_path: Path) -> None:
    older = replace(small("flat"), causes=None)
    written = charts.save_all(fake_run(older), tmp_path)
    assert {path.stem for path in written} == {"percentiles", "timeline"}
    assert {path.stem for path in tmp_path.iterdir()} == {"percentiles", "timeline"}


def test_a_dollar_is_a_dollar() -> None:
    figure = charts.draw("timeline", fake_run(small("flat"), question="$5 or $6?"))
    (question,) = [text for text in all_texts(figure) if text.get_text() == "$5 or $6?"]
    assert not question.get_parse_math()


def test_drawing_needs_neither_pyplot_nor_a_display() -> None:
    root = Path(__file__).parents[2]
    code = "import sys; from lab.report import charts; charts.available(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert "lab.report.charts.timeline" in done.stdout.split()
    assert "matplotlib.pyplot" not in done.stdout.split()
