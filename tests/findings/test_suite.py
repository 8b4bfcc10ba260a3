"""One suite of trials for many claims: shared, relative to a scale, in rounds."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.experiments import experiments_folder
from lab.findings import asked as asked_module
from lab.findings import estimate as estimate_module
from lab.findings import scales as scales_module
from lab.findings import suite as suite_module
from lab.findings.asked import Asked, Fits, prepare
from lab.findings.estimate import Estimate, estimate, fitted
from lab.findings.reading import read_claims
from lab.findings.scales import Scale, read_scale, scale_names
from lab.findings.suite import Suite, build_suite, plain_count
from lab.spec import TrialSpec
from lab.store import StoredRun
from strategies.catalogue import Listed
from strategies.errors import UsageError
from tests.findings.claims import claim_of
from tests.pythons.fakes import script

QUICK = read_scale("quick")
SHIPPED = read_claims(experiments_folder() / "findings")


def suite_of(*trials: dict[str, Any], scale: Scale = QUICK, repeats: int | None = None) -> Suite:
    """Build a suite of claims with one trial each, ``C1`` and on, each trial named ``a``."""
    claims = [claim_of(f"C{n}", {"a": trial}) for n, trial in enumerate(trials, 1)]
    return build_suite("made", claims, scale, repeats=repeats)


def only(suite: Suite) -> TrialSpec:
    assert len(suite.experiment.labels) == 1
    return suite.experiment.trials[0]


def test_claims_share_a_trial_and_the_most_rounds_that_one_of_them_wants() -> None:
    suite = suite_of(
        {"strategy": "slots"},
        {"strategy": "slots", "repeats": 3},
        {"strategy": "slots", "repeats": 1},
        {"strategy": "flat"},
    )

    assert suite.experiment.labels == ("slots", "flat")
    assert {claim: labels["a"] for claim, labels in suite.labels.items()} == {
        "C1": "slots",
        "C2": "slots",
        "C3": "slots",
        "C4": "flat",
    }
    assert Counter(t.label for t in suite.experiment.trials) == {"slots": 3, "flat": 2}
    assert [t.repeat for t in suite.experiment.trials] == [1, 1, 2, 2, 3]


def test_repeats_that_are_asked_for_hold_for_all_trials() -> None:
    trials: list[dict[str, Any]] = [{"strategy": "slots", "repeats": 3}, {"strategy": "flat"}]
    for repeats in (1, 5):
        built = suite_of(*trials, repeats=repeats).experiment.trials
        assert Counter(t.label for t in built) == {"slots": repeats, "flat": repeats}


def test_sizes_and_lengths_are_multiples_of_the_scales() -> None:
    trial = only(suite_of({"strategy": "slots", "size": 0.025, "length": 0.7}))

    assert trial.workload.entries == 5_000
    assert trial.load.duration_ns == 9_100_000_000
    assert trial.label == "slots entries=5k duration=9.1s"
    large = only(suite_of({"strategy": "slots", "size": 2}, scale=read_scale("standard")))
    assert large.workload.entries == 2_000_000


def test_a_factor_that_says_what_the_scale_says_is_left_out() -> None:
    same = {"strategy": "slots", "size": 1, "length": 1.0, "rate": "20k", "key_space": 2}
    assert suite_of(same, {"strategy": "slots"}).experiment.labels == ("slots",)
    assert only(suite_of({**same, "rate": "10k"})).label == "slots rate=10k"


def test_factors_stand_in_one_order_however_they_are_written() -> None:
    one = {"strategy": "slots", "rate": "40k", "popularity": "uniform", "closed_loop": True}
    two = dict(reversed(one.items()))
    suite = suite_of(one, two)
    assert suite.experiment.labels == ("slots popularity=uniform rate=40k closed_loop",)
    assert only(suite).load.closed_loop


def test_a_size_of_the_cache_that_is_no_round_number_can_be_asked_for() -> None:
    _, suite, fits = prepare(Asked("quick", ("L1",), entries="12345"))

    assert {t.workload.entries for t in suite.experiment.trials} == {12_345, 309}
    assert fits == Fits(12_345, 12_345)
    assert plain_count(2_475) == "2475"
    assert plain_count(300_000) == "300k"


def test_a_length_that_is_asked_for_is_that_of_the_scale() -> None:
    _, suite, _ = prepare(Asked("quick", ("L1",), duration="500ms"))
    lengths_ns = {t.label: t.load.duration_ns or 0 for t in suite.experiment.trials}
    assert sorted(lengths_ns.values()) == [350_000_000, 500_000_000, 500_000_000]


def test_a_claim_of_other_scales_has_no_trials() -> None:
    here = claim_of("here", {"a": {"strategy": "slots"}})
    there = claim_of("there", {"a": {"strategy": "flat"}}, scales=("full",))

    assert build_suite("x", [here, there], QUICK).labels.keys() == {"here"}
    assert build_suite("x", [here, there], read_scale("full")).labels.keys() == {"here", "there"}
    with pytest.raises(UsageError, match="none of these claims can be tested: no trials"):
        build_suite("x", [there], QUICK)


def test_a_claim_about_what_is_not_installed_is_left_out_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = claim_of("here", {"a": {"strategy": "slots"}})
    lacking = claim_of("lacking", {"a": {"strategy": "gone:option=1+freeze"}})
    listed = Listed("gone", None, "", "layout 'gone' needs a package: pip install it")
    monkeypatch.setattr(suite_module, "list_layouts", lambda: [listed])
    found = build_suite("x", [here, lacking], QUICK)
    assert found.labels.keys() == {"here"}
    assert found.left_out == {"lacking": "layout 'gone' needs a package: pip install it"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({"strategy": "slots", "python": "3.99"}, "no Python '3.99': there are "),
        (
            {"strategy": "lru-dict", "python": "bare"},
            "layout 'lru-dict' needs the package 'lru' in",
        ),
    ],
)
def test_a_claim_about_an_interpreter_that_is_not_here_is_left_out_with_its_reason(
    raw: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    if raw["python"] == "bare":
        raw = {**raw, "python": str(script(tmp_path / "bare", f'exec "{sys.executable}" -S "$@"'))}
    here = claim_of("here", {"a": {"strategy": "slots"}})
    found = build_suite("x", [here, claim_of("there", {"a": raw})], QUICK)
    assert found.labels.keys() == {"here"}
    assert found.left_out["there"].startswith(reason)


@pytest.mark.parametrize(
    ("trial", "says"),
    [
        ({"strategy": "slotz"}, "unknown layout 'slotz': did you mean 'slots'?"),
        ({"strategy": "slots+freze"}, "did you mean 'freeze'?"),
        ({"strategy": "slots", "rate": "fast"}, "rate 'fast'"),
        ({"strategy": "slots", "popularity": "zip"}, "popularity"),
        ({"strategy": "slots", "mix": {"read": -1}}, "mix read -1"),
        ({"strategy": "slots", "store": "disk"}, "store"),
        ({"strategy": "slots", "ramp": "1k,2k"}, "beside rate"),
    ],
)
def test_a_wrong_value_names_the_claim_and_the_trial(trial: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as error:
        suite_of({"strategy": "slots"}, trial)

    assert str(error.value).startswith("finding C2 [trials.a]: ")
    assert says in str(error.value)
    assert "\n" not in str(error.value)


# --- what comes with the lab --------------------------------------------------------------------


def test_the_quick_suite_is_quick() -> None:
    _, suite, _ = prepare(Asked("quick"))
    found = estimate(suite.experiment)

    assert found.trials == len(suite.experiment.trials) <= 36
    # the estimate is on the safe side: one of 680 s took 499
    assert found.seconds <= 730, "ten minutes, or so"


@pytest.fixture
def everything_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever interpreter or program a claim names is taken to be here."""
    monkeypatch.setattr(suite_module, "_not_here", lambda claim: "")


@pytest.mark.usefixtures("everything_is_here")
@pytest.mark.parametrize("scale", scale_names())
def test_every_claim_has_its_trials_at_its_scales(scale: str) -> None:
    suite = build_suite("x", SHIPPED, read_scale(scale))
    for claim in SHIPPED:
        assert (claim.name in suite.labels) == (not claim.scales or scale in claim.scales)
        for trial, label in suite.labels.get(claim.name, {}).items():
            assert trial in claim.trials
            assert label in suite.experiment.labels
        labels = suite.labels.get(claim.name, {})
        assert len(set(labels.values())) == len(labels), "two trials of a claim are one"


def test_each_trial_is_run_only_once_in_a_round() -> None:
    _, suite, _ = prepare(Asked("standard"))
    counts = Counter((t.label, t.repeat) for t in suite.experiment.trials)

    assert set(counts.values()) == {1}
    written = sum(len(claim.trials) for claim in SHIPPED)
    assert len(suite.experiment.labels) < written / 2, "claims share their trials"


def test_claims_are_chosen_in_any_case_and_an_unknown_one_names_the_nearest() -> None:
    assert [claim.name for claim in prepare(Asked("quick", ("d3", "L1")))[0]] == ["L1", "D3"]
    assert len(prepare(Asked("quick"))[0]) == len(SHIPPED)
    with pytest.raises(UsageError, match=r"unknown claim 'freze': did you mean 'freeze'\?"):
        prepare(Asked("quick", ("freze",)))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (Asked("quik"), "unknown scale 'quik': did you mean 'quick'?"),
        (Asked("../quick"), "unknown scale"),
        (Asked("quick", entries="many"), "--entries 'many'"),
        (Asked("quick", duration="long"), "--duration 'long'"),
    ],
)
def test_what_is_wrongly_asked_for_is_one_line(asked: Asked, says: str) -> None:
    with pytest.raises(UsageError) as error:
        prepare(asked)
    assert says in str(error.value)


def test_what_was_asked_is_kept_beside_the_results() -> None:
    asked = Asked("quick", ("L1", "L2"), "2k", "1s", 3)
    stored = StoredRun(Path("x"), {"suite": asked.to_json() | {"claims": ["L1", "L2"]}}, ())

    assert Asked.from_run(stored) == asked
    with pytest.raises(UsageError, match="x is no run of 'gclab reproduce'"):
        Asked.from_run(StoredRun(Path("x"), {}, ()))


# --- memory -------------------------------------------------------------------------------------


def with_memory(monkeypatch: pytest.MonkeyPatch, available_bytes: int) -> None:
    monkeypatch.setattr(estimate_module, "available_memory_bytes", lambda: available_bytes)


def test_a_cache_that_does_not_fit_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    full = read_scale("full")
    claims = [claim_of("C", {"a": {"strategy": "slots"}, "b": {"strategy": "slots", "size": 0.1}})]
    needs = estimate(build_suite("x", claims, full).experiment).memory_bytes
    with_memory(monkeypatch, 2 * needs)
    assert fitted("x", claims, full) == full

    with_memory(monkeypatch, needs // 3)
    less = fitted("x", claims, full)
    # nine tenths of a third of 20 million: 6 million, in two digits
    assert less.entries in (5_900_000, 6_000_000)
    assert less.raw["load"] == full.raw["load"]
    trials = build_suite("x", claims, less).experiment.trials
    assert {t.workload.entries for t in trials} == {less.entries, less.entries // 10}
    assert estimate(build_suite("x", claims, less).experiment).memory_bytes <= 0.9 * needs / 3


def test_the_estimate_is_of_all_trials_and_of_the_largest_one() -> None:
    small, large = {"strategy": "slots", "size": 0.5}, {"strategy": "slots"}
    one, two = (estimate(suite_of(each, repeats=1).experiment) for each in (small, large))
    both = estimate(suite_of(small, large, repeats=1).experiment)

    assert (one.trials, both.trials) == (1, 2)
    assert both.seconds == pytest.approx(one.seconds + two.seconds)
    assert both.memory_bytes == two.memory_bytes == 2 * one.memory_bytes
    assert isinstance(both, Estimate)


def test_a_longer_or_larger_trial_is_estimated_to_take_longer() -> None:
    usual, longer, larger = (
        estimate(suite_of({"strategy": "slots", **changed}, repeats=1).experiment).seconds
        for changed in ({}, {"length": 2}, {"size": 2})
    )
    assert longer == pytest.approx(usual + 13.0)
    assert usual < larger < longer
    assert 13.0 < usual < 30.0


def test_entries_that_are_asked_for_are_not_made_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    with_memory(monkeypatch, 1_000_000)
    _, suite, fits = prepare(Asked("quick", ("L7",), entries="50k"))

    assert only(suite).workload.entries == 50_000
    assert fits == Fits(50_000, 50_000)


def test_a_run_keeps_the_size_that_fitted_when_it_was_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_memory(monkeypatch, 4_000_000_000)
    asked = Asked("full", ("L1",))
    _, suite, fits = prepare(asked)
    assert fits.taken < fits.wanted == 20_000_000

    settled = fits.settle(asked)
    with_memory(monkeypatch, 8_000_000_000)
    assert prepare(asked)[1] != suite
    assert prepare(settled)[1] == suite
    assert Fits(5, 5).settle(asked) == replace(asked, entries="5")


# --- scales -------------------------------------------------------------------------------------

SCALE = """\
about = "for a test"
repeats = 2

[workload]
entries = "2k"

[load]
rate = "5k"
duration = "400ms"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for the experiments that come with the lab."""
    shutil.copytree(experiments_folder() / "scales", tmp_path / "scales")
    for module in (scales_module, asked_module):
        monkeypatch.setattr(module, "experiments_folder", lambda: tmp_path)
    return tmp_path / "scales"


def test_a_new_scale_is_one_file(folder: Path) -> None:
    (folder / "tiny.toml").write_text(SCALE)
    scale = read_scale("tiny")

    assert scale_names() == ["full", "quick", "standard", "tiny", "versions"]
    assert (scale.name, scale.about, scale.entries) == ("tiny", "for a test", 2_000)
    assert (scale.duration_ns, scale.repeats) == (400_000_000, 2)
    trial = only(suite_of({"strategy": "slots"}, scale=scale))
    assert (trial.workload.entries, trial.load.rate) == (2_000, 5_000)


def test_a_scale_without_rounds_has_one(folder: Path) -> None:
    (folder / "tiny.toml").write_text(SCALE.replace("repeats = 2\n", ""))
    assert read_scale("tiny").repeats == 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('entries = "2k"', 'entires = "2k"', "unknown key 'entires': did you mean 'entries'?"),
        ('entries = "2k"', "", "[workload] entries is missing"),
        ('rate = "5k"', "", "[load] rate is missing"),
        ('duration = "400ms"', "", "[load] duration is missing"),
        ('entries = "2k"', "entries = 0", "entries 0"),
        ('duration = "400ms"', 'duration = "now"', "duration 'now'"),
        ('rate = "5k"', 'rate = "fast"', "rate 'fast'"),
        ("repeats = 2", "repeats = 0", "repeats 0"),
        ("repeats = 2", "rounds = 2", "unknown key 'rounds'"),
        ("[load]", '[matrix]\nstrategy = ["flat"]\n[load]', "[matrix] is not read"),
        ("[load]", "[load", "not TOML"),
    ],
)
def test_a_wrong_scale_is_one_line_that_names_its_file(
    old: str, new: str, says: str, folder: Path
) -> None:
    (folder / "tiny.toml").write_text(SCALE.replace(old, new))
    with pytest.raises(UsageError) as error:
        read_scale("tiny")

    assert str(error.value).startswith("scale tiny.toml: ")
    assert says in str(error.value)
    assert "\n" not in str(error.value)
