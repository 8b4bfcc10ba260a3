"""What the charts say, and the small helpers under them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_run import failed_trial, fake_run, known_trial, small
from matplotlib.lines import Line2D

from lab.report.charts.data import TrialView
from lab.report.charts.sheet import WIDTH_IN, key_height_in, text_height_in, text_width_in, wrap
from lab.report.charts.spread import spread
from lab.report.charts.style import SMALL_PT, duration_limits, duration_tick
from lab.report.charts.words import caption, deepest_quantile, shown, value_at


def test_a_percentile_needs_ten_requests_beyond() -> None:
    assert deepest_quantile(known_trial(1_000)) == 0.99
    assert deepest_quantile(known_trial(0)) == 0
    assert value_at(known_trial(10_000), 0.999) == 5e3
    assert value_at(known_trial(9_999), 0.999) is None


def test_a_percentile_between_two_points_is_the_upper_one() -> None:
    assert value_at(known_trial(10_000), 0.95) == 4e3


def test_the_first_valid_repeat_is_shown() -> None:
    broken = failed_trial("a", repeat=1)
    noisy = small("a", repeat=2, status="invalid")
    good = small("a", repeat=3)
    other = [small("b", repeat=repeat) for repeat in (1, 2, 3)]
    run = fake_run(broken, noisy, good, *other)
    assert [(trial.label, trial.repeat) for trial in shown(run)] == [("a", 3), ("b", 1)]
    words = " ".join(caption(run))
    assert "repeat 3 of 3 shown: a; repeat 1 of 3 shown: b" in words
    assert "failed: a (repeat 1)" in words
    assert "invalid: a (repeat 2)" in words


def test_a_trial_measured_rightly_is_shown_before_one_that_was_not() -> None:
    disturbed = replace(small("a", repeat=1), valid=False)
    wrong = replace(small("a", repeat=2, status="invalid"), valid=False)
    good = small("a", repeat=3)
    assert shown(fake_run(disturbed, wrong, good)) == [good]
    assert shown(fake_run(wrong, disturbed)) == [disturbed]
    lines = caption(fake_run(disturbed, wrong, good))
    assert "measurement not valid: a (repeat 1)" in lines
    assert "invalid: a (repeat 2)" in lines


def test_a_chart_of_all_repeats_does_not_say_which_is_shown() -> None:
    run = fake_run(small("a", repeat=1), small("a", repeat=2))
    assert "repeat 1 of 2 shown" in " ".join(caption(run))
    assert "shown" not in " ".join(caption(run, merged=True))


def test_the_same_note_on_several_trials_is_one_line() -> None:
    noted = [small(label, notes=("busy",)) for label in ("a", "b")]
    assert caption(fake_run(*noted))[-1] == "a, b: busy"


def test_a_warning_of_many_trials_is_one_line() -> None:
    def noted(number: int) -> list[TrialView]:
        return [small(f"s{n}", notes=(f"noisy: {n} % of it",)) for n in range(number)]

    assert caption(fake_run(*noted(3)))[-3:] == [f"s{n}: noisy: {n} % of it" for n in range(3)]
    many = [*noted(4), small("flat", notes=("busy: very",))]
    assert caption(fake_run(*many))[-2:] == [
        "4 trials: noisy; the first of them: 0 % of it",
        "flat: busy: very",
    ]


def test_sample_sizes_of_many_are_a_range() -> None:
    trials = [replace(small(f"s{n}"), requests=1_000 + n) for n in range(9)]
    assert "1,000 to 1,008 requests each" in " ".join(caption(fake_run(*trials)))
    assert "requests: s0 1,000, s1 1,001" in " ".join(caption(fake_run(*trials[:8])))


def test_sample_sizes_that_differ_are_all_named() -> None:
    run = fake_run(known_trial(1_000), replace(known_trial(2_500), label="dict"))
    assert "requests: flat 1,000, dict 2,500" in " ".join(caption(run))


@pytest.mark.parametrize(
    ("wanted", "heights", "expected"),
    [
        ([0.2, 0.8], [0.1, 0.1], [0.2, 0.8]),
        ([0.5, 0.5], [0.2, 0.2], [0.4, 0.6]),
        ([0.6, 0.5], [0.2, 0.2], [0.65, 0.45]),
        ([1.0, 1.0], [0.2, 0.2], [0.7, 0.9]),
        ([0.0, 0.0, 0.9], [0.2, 0.4, 0.2], [0.1, 0.4, 0.9]),
        ([0.5, 0.5, 0.9], [0.3, 0.3, 0.1], [0.35, 0.65, 0.9]),
    ],
)
def test_spread_moves_labels_apart_in_their_order(
    wanted: list[float], heights: list[float], expected: list[float]
) -> None:
    assert spread(wanted, heights) == pytest.approx(expected)


def test_wrap_keeps_words_and_numbers_whole_while_it_can() -> None:
    lines = wrap("of 200,000 requests, slots+freeze", text_width_in("200,000 reque"))
    assert lines == ["of 200,000", "requests,", "slots+freeze"]


def test_wrap_cuts_only_what_is_too_long() -> None:
    width = text_width_in("pending=recor")
    assert wrap("slots:pending=coalesce", width) == ["slots:", "pending=", "coalesce"]
    cut = wrap("w" * 40, width)
    assert "".join(cut) == "w" * 40
    assert all(text_width_in(part) <= width for part in cut)


def test_a_key_has_as_many_columns_as_fit() -> None:
    def rows(*widths_in: float) -> float:
        letters = [round(width / text_width_in("m", SMALL_PT)) for width in widths_in]
        keys = [Line2D([], [], label="m" * count) for count in letters]
        return key_height_in(keys) / text_height_in(1, SMALL_PT)

    assert WIDTH_IN == 9
    assert rows(1, 1, 1, 1) == 1
    assert rows(3, 3, 3) == 2
    assert rows(3, 3, 0.1, 3) == 2  # a column is as wide as its widest key
    assert rows(4.5, 0.1, 4.5, 0.1, 4.5) == 5


@pytest.mark.parametrize(
    ("nanoseconds", "text"), [(1e3, "1 us"), (1e4, "10 us"), (1e8, "100 ms"), (1e12, "1000 s")]
)
def test_ticks_are_durations(nanoseconds: float, text: str) -> None:
    assert duration_tick(nanoseconds) == text


def test_limits_hold_two_decades_even_for_flat_data() -> None:
    assert duration_limits(2e4, 6e4) == pytest.approx((1e4, 1e5))
    assert duration_limits(0, 1e6) == pytest.approx((1 / 1.3, 1.3e6))
