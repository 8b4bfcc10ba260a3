"""The machine's own noise in the charts: where it stands, and that it hides nothing."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import all_texts, line, texts, xy
from fake_run import Shape, fake_run, known_trial, small, stalled
from matplotlib.text import Annotation

from lab.report import charts
from lab.report.charts import NoiseView
from lab.report.charts.machine import FLOOR, STALLS, STALLS_IN, floor_points
from lab.report.charts.panel import steps

pytestmark = pytest.mark.filterwarnings("error")
KNOWN = NoiseView(p99_ns=2e3, p999_ns=3e3, p9999_ns=None, max_ns=9e3)


def test_points_of_the_noise_stand_at_their_percentiles() -> None:
    whole = NoiseView(1.0, 2.0, 3.0, 4.0)
    assert floor_points(whole, 5.0) == [(2.0, 1.0), (3.0, 2.0), (4.0, 3.0), (5.0, 4.0)]
    assert floor_points(whole, 4.0) == [(2.0, 1.0), (3.0, 2.0), (4.0, 3.0), (4.0, 4.0)]
    assert floor_points(whole, 3.5) == [(2.0, 1.0), (3.0, 2.0), (3.5, 4.0)]


def test_points_that_were_not_measured_are_left_out() -> None:
    assert floor_points(KNOWN, 4.5) == [(2.0, 2e3), (3.0, 3e3), (4.5, 9e3)]
    assert floor_points(NoiseView(p999_ns=3e3), 4.5) == [(3.0, 3e3)]
    assert floor_points(NoiseView(), 4.5) == []


# The percentile curves


def test_percentiles_show_the_noise_with_its_name_at_the_end() -> None:
    figure = charts.draw("percentiles", fake_run(known_trial(100_000), noise=KNOWN))
    (axes,) = figure.axes
    x, y = xy(line(axes, FLOOR))
    assert x == pytest.approx([2.0, 3.0, 4.0])
    assert y == [2e3, 3e3, 9e3]
    (name,) = [t for t in all_texts(figure) if isinstance(t, Annotation) and t.get_text() == FLOOR]
    assert name.xy == pytest.approx((4.0, 9e3))
    assert "its maximum at the right edge" in texts(figure)
    assert line(axes, FLOOR).get_drawstyle() == "steps-mid"


def test_percentiles_without_noise_do_not_speak_of_it() -> None:
    figure = charts.draw("percentiles", fake_run(known_trial(100_000)))
    assert [curve.get_label() for curve in figure.axes[0].get_lines()] == ["flat"]
    assert "noise" not in texts(figure)


def test_percentiles_have_room_for_the_worst_of_the_noise_and_not_for_the_least() -> None:
    without = charts.draw("percentiles", fake_run(known_trial(100_000))).axes[0].get_ylim()
    loud = NoiseView(p99_ns=1.0, max_ns=1e9)
    low, high = (
        charts.draw("percentiles", fake_run(known_trial(100_000), noise=loud)).axes[0].get_ylim()
    )
    assert high > 1e9 > without[1]
    assert low == pytest.approx(1e3 / 1.3)


# The timeline


def test_timeline_draws_the_noise_across_every_panel() -> None:
    trials = [small("flat"), small("slots")]
    figure = charts.draw("timeline", fake_run(*trials, noise=KNOWN))
    for panel in figure.axes:
        assert xy(line(panel, FLOOR))[1] == [3e3, 3e3]
    assert "machine noise, p99.9: 3.00 us" in texts(figure)


@pytest.mark.parametrize("p999_ns", [1.0, 1e10])
def test_timeline_shows_the_noise_wherever_it_is(p999_ns: float) -> None:
    run = fake_run(small("flat"), noise=NoiseView(p999_ns=p999_ns))
    low, high = charts.draw("timeline", run).axes[0].get_ylim()
    assert low < p999_ns < high


def test_timeline_without_noise_does_not_speak_of_it() -> None:
    figure = charts.draw("timeline", fake_run(small("flat"), noise=NoiseView(max_ns=5e6)))
    assert [artist.get_label() for artist in figure.axes[0].get_lines()] == ["p99", "max"]
    assert "machine" not in texts(figure)


def test_timeline_marks_the_stalls_of_the_machine_the_longer_the_taller() -> None:
    trial = stalled(small("flat"), [1.0, 2.0, 3.0, 4.0, 5.0], [1e5, 1e6, 1e7, 1e9, 1.0])
    figure = charts.draw("timeline", fake_run(trial, small("dict")))
    first, second = figure.axes
    x, y = xy(line(first, STALLS))
    assert x[::3] == x[1::3] == pytest.approx([1.0, 2.0, 3.0, 4.0, 5.0])
    assert y[::3] == [0.0] * 5
    assert np.array(y[1::3]) / STALLS_IN == pytest.approx([1 / 3, 2 / 3, 1, 1, 0.2])
    assert STALLS not in [artist.get_label() for artist in second.get_lines()]
    assert STALLS in texts(figure)
    assert "the taller, the longer" in texts(figure)


def test_timeline_of_many_stalls_keeps_the_longest_of_each_dot() -> None:
    at = np.linspace(5.0, 5.0001, 1000)
    late = np.full(1000, 1e5)
    late[500] = 1e7
    trial = stalled(small("flat"), at.tolist(), late.tolist())
    (panel,) = charts.draw("timeline", fake_run(trial)).axes
    x, y = xy(line(panel, STALLS))
    assert len(x) == 3
    assert y[1] == pytest.approx(STALLS_IN)


def test_timeline_collections_stand_above_the_stalls_and_below_the_data() -> None:
    shape = Shape(young_per_s=20)
    quiet, noisy = small(shape=shape), stalled(small(shape=shape), [1.0], [1e7])
    feet = {}
    for trial in (quiet, noisy):
        figure = charts.draw("timeline", fake_run(trial))
        (panel,) = figure.axes
        foot_in, top_in = xy(line(panel, "gen 1"))[1][:2]
        feet[len(trial.stall_ns)] = foot_in
        low, high = panel.get_ylim()
        share = np.log(np.nanmin(trial.max_ns) / low)  # too few requests for a p99
        height_in = panel.get_position().height * figure.get_size_inches()[1]
        assert top_in < share / np.log(high / low) * height_in
    assert feet[0] == 0.0
    assert feet[1] > STALLS_IN


def test_timeline_a_stall_after_the_end_does_not_stretch_the_axis() -> None:
    trial = stalled(small("flat"), [1.0, 60.0], [1e6, 1e6])
    (panel,) = charts.draw("timeline", fake_run(trial)).axes
    assert panel.get_xlim() == (0.0, 10.0)


def test_timeline_the_same_curves_with_and_without_stalls() -> None:
    trial = small("flat")
    noisy = stalled(trial, [1.0], [1e6])
    (panel,) = charts.draw("timeline", fake_run(noisy)).axes
    assert xy(line(panel, "max")) == tuple(a.tolist() for a in steps(trial, trial.max_ns))
