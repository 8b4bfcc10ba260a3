"""Minimum mutator utilisation, decay of a freeze, before and after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import line, texts, xy
from fake_run import Shape, fake_run, figures, frozen_trial, matrix_run, sized, small

from lab.report import charts
from lab.report.charts import NoiseView, TrialView
from lab.report.charts.before_after import pair
from lab.report.charts.decay import freezes
from lab.report.charts.style import FAINT

pytestmark = pytest.mark.filterwarnings("error")
NOISE = NoiseView(2e4, 6e5, 3e6, 1.2e7)
SPIKY = Shape(full_every_s=3, full_s=0.5)


def with_pauses(label: str, *pauses: tuple[float, float], repeat: int = 1) -> TrialView:
    """Return a trial with full collections at these seconds, of these milliseconds."""
    trial = replace(
        small(label, shape=Shape(), repeat=repeat),
        pause_start_s=np.array([start for start, _ in pauses]),
        pause_ns=np.array([1e6 * length for _, length in pauses]),
        pause_generation=np.full(len(pauses), 2),
    )
    return figures(trial)


def applies(name: str, *trials: TrialView) -> bool:
    return charts.why_not(charts.available()[name], fake_run(*trials)) is None


# Minimum mutator utilisation


def test_mmu_is_0_up_to_the_longest_pause_and_then_what_it_leaves() -> None:
    figure = charts.draw("mmu", fake_run(with_pauses("slots", (2.0, 100.0))))
    x, y = map(np.array, xy(line(figure.axes[0], "slots")))
    assert np.all(y[x <= 1e8] == 0)
    assert y[x > 1e8] == pytest.approx(100 * (1 - 1e8 / x[x > 1e8]))
    assert (x[0], x[-1]) == (1e5, 1e10)
    assert "longest pause 100 ms" in texts(figure)


def test_mmu_of_repeats_is_the_least_of_all() -> None:
    trials = [with_pauses("slots", (2.0, ms), repeat=n) for n, ms in enumerate((10, 400, 20), 1)]
    figure = charts.draw("mmu", fake_run(*trials))
    x, y = map(np.array, xy(line(figure.axes[0], "slots")))
    assert np.all(y[x <= 4e8] == 0)
    assert "the least of all repeats" in texts(figure)
    assert len(figure.axes[0].get_lines()) == 1


def test_mmu_puts_all_that_never_paused_into_one_line() -> None:
    never = [with_pauses(label) for label in ("flat", "lmdb", "mmap", "packed", "moka", "null")]
    figure = charts.draw("mmu", fake_run(with_pauses("slots", (2.0, 10.0)), *never))
    assert xy(line(figure.axes[0], "no GC pause"))[1] == [100, 100]
    words = texts(figure)
    assert "no GC pause: flat, lmdb, mmap, packed and 2 more" in words
    assert "no GC pause: flat, lmdb, mmap, packed, moka, null" in words


def test_mmu_draws_the_eight_with_the_longest_pauses() -> None:
    trials = [with_pauses(f"s{n}", (2.0, 10.0 * (n + 1))) for n in range(10)]
    figure = charts.draw("mmu", fake_run(*trials))
    labels = [str(each.get_label()) for each in figure.axes[0].get_lines()]
    assert labels == [f"s{n}" for n in range(2, 10)]
    assert "not drawn, pauses shorter than these: s0, s1" in texts(figure)


def test_mmu_of_a_trial_that_does_not_count_is_faint() -> None:
    bad = replace(with_pauses("slots", (2.0, 10.0)), valid=False, figures=None)
    figure = charts.draw("mmu", fake_run(bad, with_pauses("dict", (2.0, 10.0))))
    assert line(figure.axes[0], "slots (not valid)").get_alpha() == FAINT
    assert line(figure.axes[0], "dict").get_alpha() == 1


def test_mmu_compares_strategies_at_one_setting() -> None:
    figure = charts.draw("mmu", matrix_run())
    assert len(figure.axes[0].get_lines()) == 3
    assert "entries=1000k, rate=40k only: 11 other settings not drawn" in texts(figure)


def test_mmu_needs_a_pause() -> None:
    assert applies("mmu", with_pauses("slots", (2.0, 10.0)))
    assert not applies("mmu", with_pauses("flat"))


# Decay


def test_decay_draws_each_full_collection_when_it_began() -> None:
    trial = with_pauses("slots+freeze", (1.0, 100.0), (3.0, 250.0), (6.0, 400.0))
    figure = charts.draw("decay", fake_run(trial))
    (axes,) = figure.axes
    assert xy(line(axes, "slots+freeze")) == ([1.0, 3.0, 6.0], [1e8, 2.5e8, 4e8])
    assert axes.get_ylim()[0] == axes.get_xlim()[0] == 0
    assert "100 ms to 400 ms" in texts(figure)


def test_decay_draws_the_other_repeats_thin() -> None:
    figure = charts.draw("decay", fake_run(frozen_trial(1), frozen_trial(2)))
    first, second = figure.axes[0].get_lines()
    assert first.get_linewidth() > second.get_linewidth()
    assert second.get_label() == "_another repeat"
    assert "thin lines: the other repeats" in texts(figure)


def test_decay_draws_the_machine_and_names_who_is_missing() -> None:
    run = fake_run(
        frozen_trial(), with_pauses("dict", (2.0, 50.0)), with_pauses("flat"), noise=NOISE
    )
    figure = charts.draw("decay", run)
    assert xy(line(figure.axes[0], "machine noise"))[1] == [1.2e7, 1.2e7]
    assert "neither frozen nor the same unfrozen, not drawn: dict, flat" in texts(figure)


def frozen_at(rate: str, strategy: str = "slots+freeze", *, ms: float = 10.0) -> TrialView:
    """Return a trial at a rate of its own, with two full collections."""
    trial = with_pauses(f"{strategy} rate={rate}", (1.0, ms), (2.0, 2 * ms))
    return replace(trial, strategy=strategy)


def test_decay_has_a_line_per_setting_each_beside_its_control() -> None:
    rates = ("10k", "20k", "40k")
    trials = [frozen_at(rate, strategy) for rate in rates for strategy in ("slots", "slots+freeze")]
    figure = charts.draw("decay", fake_run(*trials))
    drawn = [str(each.get_label()) for each in figure.axes[0].get_lines()]
    assert drawn == [
        *(f"slots+freeze rate={rate}" for rate in rates),
        *(f"slots rate={rate}" for rate in rates),
    ]
    assert "slots+freeze rate=40k" in texts(figure)
    assert len({each.get_color() for each in figure.axes[0].get_lines()}) == 6


def test_decay_of_one_setting_names_it_once() -> None:
    figure = charts.draw("decay", fake_run(frozen_at("10k"), frozen_at("10k", "slots")))
    assert "all with rate=10k" in texts(figure)
    assert "slots+freeze rate=10k" not in texts(figure)


def test_decay_draws_no_control_of_another_setting_or_layout() -> None:
    others = [frozen_at("20k", "slots"), frozen_at("10k", "dict"), frozen_at("10k", "slots+idle")]
    figure = charts.draw("decay", fake_run(frozen_at("10k"), *others))
    assert [str(each.get_label()) for each in figure.axes[0].get_lines()] == [
        "slots+freeze rate=10k"
    ]
    assert "neither frozen nor the same unfrozen, not drawn: slots rate=20k, dict" in texts(figure)


def test_decay_names_a_control_with_too_few_collections_and_counts_many() -> None:
    once = with_pauses("slots", (2.0, 50.0))
    words = texts(charts.draw("decay", fake_run(frozen_trial(), once)))
    assert "fewer than two full collections: slots" in words
    many = [with_pauses(f"s{n}", (1.0, 10.0)) for n in range(9)]
    words = texts(charts.draw("decay", fake_run(frozen_trial(), *many)))
    assert "not drawn: 9 series" in words


def test_decay_keeps_those_that_freeze_where_there_are_too_many() -> None:
    rates = [f"{n}k" for n in range(7)]
    trials = [frozen_at(rate, strategy) for rate in rates for strategy in ("slots", "slots+freeze")]
    figure = charts.draw("decay", fake_run(*trials))
    drawn = [str(each.get_label()) for each in figure.axes[0].get_lines()]
    assert drawn == [*(f"slots+freeze rate={rate}" for rate in rates), "slots rate=0k"]
    assert "not drawn for want of room: 6 series" in texts(figure)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("slots+freeze", True),
        ("slots+refreeze:every=30s", True),
        ("dict:update=in-place+freeze", True),
        ("slots", False),
        ("slots+freezer", False),
        ("freeze", False),
    ],
)
def test_decay_knows_who_freezes(strategy: str, expected: bool) -> None:
    assert freezes(replace(small(), strategy=strategy)) == expected


def test_decay_needs_a_freeze_with_two_full_collections() -> None:
    twice = ((1.0, 10.0), (2.0, 20.0))
    assert applies("decay", with_pauses("slots+freeze", *twice))
    assert not applies("decay", with_pauses("slots+freeze", twice[0]))
    assert not applies("decay", with_pauses("slots", *twice), with_pauses("slots+freeze", twice[0]))


# Before and after


def test_before_and_after_share_their_axes() -> None:
    figure = charts.draw("before-after", fake_run(small(shape=SPIKY), small("flat"), noise=NOISE))
    first, second = figure.axes
    assert first.get_ylim() == second.get_ylim()
    assert first.get_xlim() == second.get_xlim() == (0.0, 10.0)
    assert first.get_yscale() == "linear"
    words = texts(figure)
    assert "Before: slots" in words
    assert "After: flat" in words
    for panel in figure.axes:
        assert xy(line(panel, "machine noise"))[1] == [6e5, 6e5]


def test_before_is_the_first_strategy_and_after_the_best_without_full_collections() -> None:
    before = small(shape=SPIKY)
    flat = small("flat", shape=Shape(service_us=9.0))
    quick = small("quick", shape=Shape(full_every_s=9.9, full_s=0.0001, service_us=2.0))
    slow = small("slow", shape=Shape(service_us=300.0))
    assert pair(fake_run(before, slow, quick, flat)) == (before, flat)
    assert pair(fake_run(before, quick)) == (before, quick)
    words = texts(charts.draw("before-after", fake_run(before, slow, quick, flat)))
    assert "after: the lowest p99.9 of those without full collection" in words
    assert "not drawn: slow, quick" in words
    assert "without full" not in texts(charts.draw("before-after", fake_run(before, quick)))


def test_after_is_nothing_that_holds_nothing() -> None:
    before, null = small(shape=SPIKY), small("null", shape=Shape(service_us=0.1))
    assert pair(fake_run(null, before, small("known-pause"))) is None
    flat = small("flat")
    assert pair(fake_run(null, before, flat)) == (before, flat)


def test_after_is_in_the_same_setting_as_before() -> None:
    before, other = sized("slots", 100_000), sized("flat", 500_000, pause_per_entry_ns=0)
    assert pair(fake_run(before, other)) is None
    same = sized("flat", 100_000, pause_per_entry_ns=0)
    assert pair(fake_run(before, other, same)) == (before, same)


def test_before_needs_two_full_collections_and_both_must_count() -> None:
    once = small(shape=Shape(full_every_s=6, full_s=0.5))
    flat = small("flat")
    assert not applies("before-after", once, flat)
    assert not applies("before-after", small(shape=SPIKY))
    assert not applies("before-after", small(shape=SPIKY), replace(flat, valid=False))
    assert applies("before-after", small(shape=SPIKY), flat)
