"""All checks of a trial, and what is said of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lab.validity.codes import Json
from lab.validity.collector import check_collector
from lab.validity.figures import TrialFigures
from lab.validity.load import check_load
from lab.validity.machine import check_machine
from lab.validity.warning import warn


def trial_warnings(figures: TrialFigures) -> list[Json]:
    """Return what is to be said of a trial, in a fixed order.

    Returns
    -------
    list of dict
        ``code``, ``message``, ``value``, ``threshold``, ``advice``, ``invalidates``.
    """
    checks = (_outcome, _kind, check_load, check_collector, check_machine)
    return [warning for check in checks for warning in check(figures)]


def run_warnings(
    disagreements: Sequence[tuple[str, str, str]] = (),
    *,
    unavailable: Sequence[str] = (),
    played_again: Iterable[str] = (),
) -> list[Json]:
    """Return what is to be said of a run as a whole.

    Parameters
    ----------
    disagreements
        (label, metric, reason) of each strategy whose repeats disagree, by the rule of
        ``lab.validity.agreement``.
    unavailable
        Why layouts are missing, each in one line.
    played_again
        Trials that the machine spoiled, by name and round.
    """
    found = [warn("unavailable", reason) for reason in unavailable]
    found += [
        warn("repeats_disagree", f"{label}: its repeats disagree about {metric}: {reason}")
        for label, metric, reason in disagreements
    ]
    if names := ", ".join(played_again):
        found.append(warn("played_again", f"played again, since the machine spoiled it: {names}"))
    return found


def _outcome(figures: TrialFigures) -> Iterator[Json]:
    """Say how it ended, and whether its clock and its histograms hold."""
    if figures.reason:
        broken = "failed" if figures.status == "failed" else "contract_broken"
        yield warn("wrong_answers" if figures.wrong else broken, figures.reason)
    if faults := figures.generator.clock_faults:
        first = figures.generator.first_fault
        yield warn("clock_fault", f"the clock check failed {faults} times, first: {first}", faults)
    if figures.over_range:
        yield warn("over_range", f"{figures.over_range} values above 1 h", figures.over_range)


def _kind(figures: TrialFigures) -> Iterator[Json]:
    """Say what kind of trial it was."""
    if figures.closed_loop:
        yield warn(
            "closed_loop",
            "closed loop: no intended start, so only service time; a stall delays nobody "
            "behind it (coordinated omission)",
        )
    if figures.unverified:
        yield warn("unverified", f"answers were not compared with the model: {figures.unverified}")
    elif figures.own_eviction:
        yield warn(
            "own_eviction",
            "evicts by a rule of its own: every value was verified, hits and misses are its "
            "own and no checksum compares with that of an LRU",
        )
