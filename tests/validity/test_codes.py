from __future__ import annotations

import json
import re

import pytest
from made_up import found, quiet

from lab.validity import (
    CODES,
    Generator,
    Noise,
    is_spoiled,
    is_valid,
    run_warnings,
    trial_warnings,
)
from lab.validity.warning import warn


def test_nothing_is_said_of_a_quiet_trial() -> None:
    assert trial_warnings(quiet()) == []


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_rule_a_source_and_advice(code: str) -> None:
    known = CODES[code]
    assert known.code == code
    assert re.fullmatch(r"[a-z_]+", code)
    for text in (known.meaning, known.source, known.advice):
        assert len(text) > 10
        assert not text.endswith(".")
    assert (known.threshold is None) or known.unit


def test_what_invalidates() -> None:
    assert {code for code, known in CODES.items() if known.invalidates} == {
        "failed",
        "contract_broken",
        "wrong_answers",
        "clock_fault",
        "over_range",
        "generator_late",
        "ring_starved",
        "core_taken",
        "overloaded",
        "gc_settings_changed",
        "lost_events",
    }


def test_a_warning_is_plain_data() -> None:
    noisy = quiet(noise=Noise(reasons=("no core",)), generator=Generator(3, 100, 5_000_000))
    warnings = trial_warnings(noisy)
    assert [warning["code"] for warning in warnings] == ["generator_late", "noise_unmeasured"]
    for warning in warnings:
        assert list(warning) == [
            *("code", "message", "value", "threshold", "advice", "invalidates"),
        ]
        assert "\n" not in warning["message"]
    assert json.loads(json.dumps(warnings)) == warnings


def test_a_warning_takes_from_the_table_what_is_not_given() -> None:
    assert warn("lost_events", "x", 3) == {
        "code": "lost_events",
        "message": "x",
        "value": 3.0,
        "threshold": 0,
        "advice": CODES["lost_events"].advice,
        "invalidates": True,
    }
    other = warn("lost_events", "x", threshold=9, advice="y", invalidates=False)
    assert (other["value"], other["threshold"]) == (None, 9)
    assert (other["advice"], other["invalidates"]) == ("y", False)
    with pytest.raises(KeyError):
        warn("unheard_of", "x")


def test_a_trial_is_valid_without_an_invalidating_warning() -> None:
    assert is_valid([])
    assert is_valid([warn("closed_loop", "x"), {"code": "of an older run", "message": "x"}])
    assert not is_valid([warn("closed_loop", "x"), warn("clock_fault", "x")])


def test_what_the_machine_alone_spoiled() -> None:
    machine, strategy = warn("core_taken", "x"), warn("wrong_answers", "x")
    note = warn("closed_loop", "x")
    assert is_spoiled([machine])
    assert is_spoiled([note, machine])
    assert not is_spoiled([machine, strategy])
    assert not is_spoiled([strategy])
    assert not is_spoiled([note])
    assert not is_spoiled([])


# --- a run --------------------------------------------------------------------------------------


def test_a_run_with_nothing_to_say() -> None:
    assert run_warnings() == run_warnings([]) == []


def test_what_is_said_of_a_run() -> None:
    warnings = run_warnings(
        [("slots", "max", "two groups, 3x apart")],
        unavailable=["flat-numba needs numba"],
        played_again=["flat in round 2", "slots in round 1"],
    )
    assert [(warning["code"], warning["message"]) for warning in warnings] == [
        ("unavailable", "flat-numba needs numba"),
        ("repeats_disagree", "slots: its repeats disagree about max: two groups, 3x apart"),
        (
            "played_again",
            "played again, since the machine spoiled it: flat in round 2, slots in round 1",
        ),
    ]
    assert is_valid(warnings)


# --- outcome and kind ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "wrong", "code"),
    [
        ("failed", False, "failed"),
        ("invalid", False, "contract_broken"),
        ("invalid", True, "wrong_answers"),
        ("failed", True, "wrong_answers"),
    ],
)
def test_a_reason_is_the_message(status: str, wrong: bool, code: str) -> None:
    warning = found(quiet(status=status, reason="it broke", wrong=wrong))[code]
    assert warning["message"] == "it broke"
    assert warning["invalidates"]


def test_a_trial_that_failed_early_has_its_reason_alone() -> None:
    nothing = quiet(status="failed", reason="killed", requests=0, latency_ns={}, measured_s=0.0)
    assert list(found(nothing)) == ["failed"]


def test_a_clock_fault_is_named_with_the_first() -> None:
    fault = Generator(clock_faults=2, first_fault="due <= started")
    warning = found(quiet(generator=fault))["clock_fault"]
    assert warning["message"] == "the clock check failed 2 times, first: due <= started"
    assert (warning["value"], warning["threshold"]) == (2, 0)
    assert warning["invalidates"]


def test_values_out_of_range() -> None:
    warning = found(quiet(over_range=7))["over_range"]
    assert warning["message"] == "7 values above 1 h"
    assert warning["invalidates"]


def test_a_closed_loop_is_named() -> None:
    assert not found(quiet(closed_loop=True))["closed_loop"]["invalidates"]


def test_what_was_not_verified_is_named() -> None:
    warnings = found(quiet(unverified="--no-verify", own_eviction=True))
    assert list(warnings) == ["unverified"]
    assert warnings["unverified"]["message"].endswith("with the model: --no-verify")


def test_an_eviction_of_its_own_is_named() -> None:
    assert list(found(quiet(own_eviction=True))) == ["own_eviction"]
