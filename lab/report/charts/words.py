"""What the charts say in words: which trials are shown, and what the reader must know of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from lab.report.charts.data import RunView, TrialView

REQUESTS_BEYOND = 10
"""A percentile is not shown unless at least so many requests lie beyond it."""

_NAMED_AT_MOST = 8
_ALIKE_AT_MOST = 3

_ROUNDING = 1e-12


def metric(run: RunView) -> str:
    """Name what the values are; a closed loop has no response time."""
    return "Service time" if run.closed_loop else "Response time"


def metric_in_full(run: RunView) -> str:
    """Name what the values are, with what a reader of a closed loop has to know."""
    warning = " (closed loop: no intended start, coordinated omission)" if run.closed_loop else ""
    return metric(run) + warning


def display_name(trial: TrialView) -> str:
    """Name the series, saying so if the trial shown gave wrong answers or was disturbed."""
    if trial.status == "invalid":
        return f"{trial.label} (invalid)"
    return trial.label + ("" if trial.valid else " (not valid)")


def labels(run: RunView) -> list[str]:
    """List the series of the run by first appearance."""
    return list(dict.fromkeys(trial.label for trial in run.trials))


def shown(run: RunView) -> list[TrialView]:
    """Choose one trial per series: the first repeat that is valid, else the first with data."""
    chosen: list[TrialView] = []
    for label in labels(run):
        usable = [t for t in run.trials if t.label == label and t.status != "failed"]
        if usable:
            chosen.append(min(usable, key=lambda t: (t.status != "ok", not t.valid, t.repeat)))
    return chosen


def deepest_quantile(trial: TrialView) -> float:
    """Return the highest quantile (0 to 1) that still has enough requests beyond it."""
    return max(1.0 - REQUESTS_BEYOND / max(trial.requests, 1), 0.0)


def value_at(trial: TrialView, quantile: float) -> float | None:
    """Read a percentile off the curve, in nanoseconds; None without requests enough beyond it."""
    at = int(np.searchsorted(trial.curve_quantile, quantile - _ROUNDING))
    if quantile > deepest_quantile(trial) + _ROUNDING or at >= len(trial.curve_ns):
        return None
    return float(trial.curve_ns[at])


def full_collections(trial: TrialView) -> int:
    """Count the pauses in which the whole heap was walked, and the collections beside requests."""
    return int(np.count_nonzero(trial.pause_generation == 2)) + len(trial.cycle_ns)


def sample_sizes(trials: Sequence[TrialView]) -> str:
    """Say how many requests stand behind what is drawn."""
    counts = {trial.requests for trial in trials}
    if len(counts) == 1:
        return f"{counts.pop():,} requests{' each' if len(trials) > 1 else ''}"
    if len(trials) > _NAMED_AT_MOST:
        return f"{min(counts):,} to {max(counts):,} requests each"
    return "requests: " + ", ".join(f"{trial.label} {trial.requests:,}" for trial in trials)


def _repeats(run: RunView) -> dict[str, int]:
    return {label: sum(t.label == label for t in run.trials) for label in labels(run)}


def _with_repeat(run: RunView, trials: Iterable[TrialView]) -> str:
    repeats = _repeats(run)
    return ", ".join(
        t.label + (f" (repeat {t.repeat})" if repeats[t.label] > 1 else "") for t in trials
    )


def _repeats_shown(run: RunView) -> str:
    """Say which repeat is shown wherever there was a choice."""
    repeats = _repeats(run)
    about: dict[str, list[str]] = {}
    for trial in shown(run):
        if repeats[trial.label] > 1:
            which = f"repeat {trial.repeat} of {repeats[trial.label]} shown"
            about.setdefault(which, []).append(trial.label)
    if len(about) == 1:
        return next(iter(about))
    return "; ".join(f"{which}: {', '.join(names)}" for which, names in about.items())


def _notes(run: RunView) -> list[str]:
    """Group the same remark on several trials into one line."""
    about: dict[str, list[TrialView]] = {}
    for trial in run.trials:
        for note in trial.notes:
            about.setdefault(note, []).append(trial)
    lines = {note: f"{_with_repeat(run, trials)}: {note}" for note, trials in about.items()}
    alike: dict[str, list[str]] = {}
    for note in about:
        alike.setdefault(note.partition(":")[0], []).append(note)
    for kind, notes in alike.items():
        if len(notes) > _ALIKE_AT_MOST:
            # the same warning with another figure each time: who has it is said above
            lines[notes[0]] = (
                f"{len(notes)} trials: {kind}; the first of them{notes[0][len(kind) :]}"
            )
            for note in notes[1:]:
                del lines[note]
    return list(lines.values())


def caption(run: RunView, *remarks: str, merged: bool = False) -> list[str]:
    """Write the small print: setting, sample sizes, repeats, and every trial left out or marked.

    ``merged`` says that the chart draws the repeats of a series as one.
    """
    trials = shown(run)
    facts = [run.name]
    if trials:
        facts.append(sample_sizes(trials))
    facts += [f"wait: {run.wait}", "" if merged else _repeats_shown(run), *remarks]
    lines = [line for line in run.caption.splitlines() if line.strip()]
    lines.append(" · ".join(fact for fact in facts if fact))
    for what, concerned in (
        ("failed", [trial for trial in run.trials if trial.status == "failed"]),
        ("invalid", [trial for trial in run.trials if trial.status == "invalid"]),
        (
            "measurement not valid",
            [trial for trial in run.trials if trial.status == "ok" and not trial.valid],
        ),
    ):
        if concerned:
            lines.append(f"{what}: {_with_repeat(run, concerned)}")
    return lines + _notes(run)
