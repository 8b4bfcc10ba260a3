"""Stalls of every kind, caused on purpose in one trial, are told apart."""

from __future__ import annotations

import csv
import sys
from collections import Counter

import pytest
from trial_maker import play

from lab.spec import Raw, TrialSpec, build_experiment
from strategies.parts.stalls.kinds import ORDER

EVERY_NS = 250_000_000
ROUNDS = 4
LEAST = 0.95
CAUSE = {
    "gc": "gc",
    "rehash": "rehash",
    "drop": "drop",
    "sleep": "unexplained",  # blocked of its own accord: nobody else's doing
    "spin": "descheduled",
    "fault": "fault",
    "load": "load",
}
"""What each kind of stall is to be called."""


TRIALS = 3
PAUSE_NS = 20_000_000
EXACT = ("sleep", "spin", "fault", "load")
"""Kinds that last as long as they are told to; the others take the machine what they take."""
OWN = "(none)"
"""What is slow where no stall was caused: the machine's own stalls, rightly called descheduled."""


def caused(due_ns: int) -> str:
    """Return the kind of the stall that a request fell into."""
    stall, since_ns = divmod(due_ns - EVERY_NS // 2, EVERY_NS)
    kind = ORDER[stall % len(ORDER)]
    lasts_ns = PAUSE_NS * 5 // 4 if kind in EXACT else EVERY_NS // 2
    return kind if stall >= 0 and since_ns <= lasts_ns else OWN


def mixed_spec() -> TrialSpec:
    duration_ns = EVERY_NS * len(ORDER) * ROUNDS + EVERY_NS // 2
    raw: Raw = {
        "workload": {"entries": 1_000},
        "load": {"rate": "5k", "duration": f"{duration_ns}ns", "warm_up": "50ms"},
        "service": {"miss_penalty": "20ms"},
        "matrix": {
            "strategy": [
                f"known-pause:kind=mixed,pause={PAUSE_NS // 10**6}ms,"
                f"every={EVERY_NS // 10**6}ms,rounds={ROUNDS}"
            ]
        },
    }
    return build_experiment("causes", raw, verify=True, keep_requests=False).trials[0]


@pytest.fixture(scope="module")
def confusion(tmp_path_factory: pytest.TempPathFactory) -> Counter[tuple[str, str]]:
    """Slow requests by (the kind of stall that they fell into, the cause they were given).

    Of three trials together: the hypervisor takes the core away in one of twenty stalls now and
    then, and is rightly blamed for it, which in one trial is all that is allowed.
    """
    counted: Counter[tuple[str, str]] = Counter()
    for number in range(TRIALS):
        folder = tmp_path_factory.mktemp(f"mixed{number}") / "trial"
        outcome = play(mixed_spec(), folder, verify=False)
        assert outcome.trial.recorder is not None
        with (folder / "slow.csv").open(encoding="ascii") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            counted[caused(int(row["intended_start_ns"])), row["cause"]] += 1
    return counted


@pytest.mark.alone
def test_recall_and_precision(
    confusion: Counter[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{table(confusion)}\n")
    assert set(CAUSE) == set(ORDER)
    for kind, cause in CAUSE.items():
        right = confusion[kind, cause]
        victims = sum(count for (true, _), count in confusion.items() if true == kind)
        called = sum(count for (_, given), count in confusion.items() if given == cause)
        if cause == "descheduled":
            called -= confusion[OWN, cause]
        assert victims >= 20 * ROUNDS, f"{kind}: {victims} victims"
        assert right / victims >= LEAST, f"{kind}: recall {right / victims:.3f}"
        assert right / called >= LEAST, f"{cause}: precision {right / called:.3f}"


def table(confusion: Counter[tuple[str, str]]) -> str:
    causes = [
        *dict.fromkeys(CAUSE.values()),
        *sorted({c for _, c in confusion} - {*CAUSE.values()}),
    ]
    lines = [f"{'caused / called':>16}" + "".join(f"{cause:>13}" for cause in causes)]
    lines += [
        f"{kind:>16}" + "".join(f"{confusion[kind, cause]:>13,}" for cause in causes)
        for kind in (*ORDER, OWN)
    ]
    return "\n".join(lines)
