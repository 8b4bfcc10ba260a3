"""What one line or cell of a chart across trials stands for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from fake_run import failed_trial, fake_run, figures, frozen_trial, matrix_run, sized, small

from lab.report.charts.series import (
    ENTRIES,
    RATE,
    families,
    full_pauses,
    listed,
    measured,
    one_setting,
    repeats,
)


def test_a_family_is_a_strategy_without_the_factors_of_the_axes() -> None:
    run = matrix_run()
    assert [family.name for family in families(run, ENTRIES, RATE)] == ["slots", "msgspec", "flat"]
    assert [len(family.members) for family in families(run, ENTRIES, RATE)] == [12, 12, 12]
    by_rate = families(run, ENTRIES)
    assert [family.name for family in by_rate][:2] == ["slots rate=5k", "slots rate=20k"]
    assert by_rate[0].sizes == [100_000, 250_000, 500_000, 1_000_000]
    assert len(families(run)) == 36


def test_only_trials_that_count_and_have_figures_are_measured() -> None:
    good, disturbed = small(), replace(small("flat"), valid=False)
    run = fake_run(good, disturbed, failed_trial("moka"), replace(small("dict"), figures=None))
    assert [one.trial for one in measured(run)] == [good]


def test_repeats_that_do_not_count_stand_back_where_another_does() -> None:
    good, bad = small(repeat=2), replace(small(repeat=1), valid=False)
    alone = replace(small("flat"), status="invalid")
    assert repeats([bad, good, alone, failed_trial("moka")]) == {"slots": [good], "flat": [alone]}


def test_the_largest_and_busiest_setting_with_most_strategies_is_chosen() -> None:
    small_one = [sized("slots", 100_000, 40_000.0), sized("flat", 100_000, 40_000.0)]
    large = [sized("slots", 500_000, 5_000.0), sized("flat", 500_000, 5_000.0)]
    busy = [sized("slots", 500_000, 40_000.0), sized("flat", 500_000, 40_000.0)]
    lonely = [sized("slots", 1_000_000, 40_000.0)]
    setting = one_setting(fake_run(*small_one, *large, *busy, *lonely))
    assert list(setting.trials) == busy
    assert setting.words == "entries=500k, rate=40k"
    assert setting.remarks == ["entries=500k, rate=40k only: 3 other settings not drawn"]
    assert setting.name(busy[0]) == "slots"


def test_a_trial_that_does_not_count_stays_in_its_own_setting() -> None:
    trials = [
        sized(strategy, entries) for strategy in ("slots", "flat") for entries in (10**5, 10**6)
    ]
    here = replace(sized("dict", 10**6), valid=False, figures=None)
    there = replace(sized("dict", 10**5), valid=False, figures=None)
    setting = one_setting(fake_run(*trials, here, there))
    assert list(setting.trials) == [trials[1], trials[3], here]
    assert setting.name(here) == "dict (not valid)"
    assert setting.remarks == ["entries=1000k, rate=20k only: 1 other setting not drawn"]


def test_settings_of_one_strategy_each_are_compared_with_each_other() -> None:
    trials = [sized("slots", entries) for entries in (100_000, 500_000)]
    setting = one_setting(fake_run(*trials))
    assert list(setting.trials) == trials
    assert setting.remarks == []
    base = [small("slots"), small("flat"), trials[0]]
    (remark,) = one_setting(fake_run(*base)).remarks
    assert remark.startswith("trials whose name has no setting in it only: 1 other setting")
    assert setting.name(trials[0]) == "slots entries=100k rate=20k"


def test_a_run_without_figures_is_one_setting() -> None:
    run = fake_run(failed_trial("moka"), replace(small(), figures=None))
    assert one_setting(run).trials == run.trials


def test_full_pauses_are_those_of_the_oldest_generation_in_their_order() -> None:
    trial = replace(
        frozen_trial(),
        pause_start_s=np.array([3.0, 1.0, 2.0, 0.5]),
        pause_ns=np.array([30, 10, 99, 98]),
        pause_generation=np.array([2, 2, 1, 0]),
    )
    starts, lengths = full_pauses(trial)
    assert starts.tolist() == [1.0, 3.0]
    assert lengths.tolist() == [10.0, 30.0]
    assert figures(trial).figures is not None


def test_a_long_list_says_how_many_more_there_are() -> None:
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"
