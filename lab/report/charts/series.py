"""Trials put together for charts across trials: what one line or one cell stands for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lab.analysis.figures import TrialFigures
from lab.report.charts.data import Floats, RunView, TrialView
from lab.report.charts.words import display_name
from lab.spec.model import label_of

ENTRIES, RATE = "entries", "rate"
"""Factors of a matrix that a chart may have as its axes."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A trial that counts, with its figures."""

    trial: TrialView
    figures: TrialFigures


@dataclass(frozen=True, eq=False)
class Family:
    """Trials that differ in nothing but the factors along the axes of a chart."""

    name: str
    members: tuple[Measured, ...]

    @property
    def sizes(self) -> list[int]:
        """Return the numbers of entries, ascending."""
        return sorted({member.figures.entries for member in self.members})


def measured(run: RunView) -> list[Measured]:
    """Return the trials that count, in their order."""
    return with_figures(run.trials)


def with_figures(trials: Iterable[TrialView]) -> list[Measured]:
    """Return those of the trials that count."""
    return [Measured(t, t.figures) for t in trials if t.counts and t.figures is not None]


def families(run: RunView, *axes: str) -> list[Family]:
    """Group the trials that count by all that they are but the factors ``axes``."""
    found: dict[str, list[Measured]] = {}
    for one in measured(run):
        others = [(n, v) for n, v in one.figures.factors.items() if n not in axes]
        found.setdefault(label_of(one.trial.strategy, others), []).append(one)
    return [Family(name, tuple(members)) for name, members in found.items()]


def repeats(trials: Sequence[TrialView]) -> dict[str, list[TrialView]]:
    """Return the trials of each series: those that count, else those that only have data."""
    found = {}
    for label in dict.fromkeys(trial.label for trial in trials):
        usable = [t for t in trials if t.label == label and t.status != "failed"]
        counting = [trial for trial in usable if trial.counts]
        if usable:
            found[label] = counting or usable
    return found


@dataclass(frozen=True)
class Setting:
    """The trials of a run that differ in nothing but the strategy.

    Strategies at several sizes or rates in one chart would be no comparison of strategies.
    """

    words: str
    trials: tuple[TrialView, ...]
    others: int

    def name(self, trial: TrialView) -> str:
        """Name a trial for the reader: by its strategy alone where that is all that differs."""
        return display_name(replace(trial, label=trial.strategy) if self.others else trial)

    @property
    def remarks(self) -> list[str]:
        """Say which setting it is, where there are others."""
        if not self.others:
            return []
        plural = "settings" if self.others > 1 else "setting"
        words = self.words or "trials whose name has no setting in it"
        return [f"{words} only: {self.others} other {plural} not drawn"]


def one_setting(run: RunView) -> Setting:
    """Choose the setting with the most strategies; of several, the largest and busiest.

    Where every setting has one strategy alone, all trials are taken: then the settings are what
    is compared.
    """
    found: dict[tuple[tuple[str, str], ...], list[Measured]] = {}
    for one in measured(run):
        found.setdefault(tuple(one.figures.factors.items()), []).append(one)

    def rank(factors: tuple[tuple[str, str], ...]) -> tuple[int, float, float]:
        figures = [member.figures for member in found[factors]]
        return (
            len({member.trial.strategy for member in found[factors]}),
            max(each.entries for each in figures),
            max(each.rate or 0.0 for each in figures),
        )

    if len(found) < 2:
        return Setting("", run.trials, 0)
    best = max(found, key=rank)
    if rank(best)[0] < 2:
        return Setting("", run.trials, 0)
    inside = tuple(t for t in run.trials if t.label == label_of(t.strategy, best))
    words = ", ".join(f"{name}={value}" for name, value in best)
    return Setting(words, inside, len(found) - 1)


def full_pauses(trial: TrialView) -> tuple[Floats, Floats]:
    """Return start in seconds and length in nanoseconds of each full collection, in order."""
    full = trial.pause_generation == 2
    start_s = np.asarray(trial.pause_start_s, np.float64)[full]
    length_ns = np.asarray(trial.pause_ns, np.float64)[full]
    order = np.argsort(start_s, kind="stable")
    return start_s[order], length_ns[order]


def listed(names: Sequence[str], most: int = 8) -> str:
    """Name so many, and how many there are besides."""
    beyond = len(names) - most
    return ", ".join(names[:most]) + (f" and {beyond} more" if beyond > 0 else "")


def named(names: Sequence[str], most: int = 4, letters: int = 60) -> str:
    """Name them where that is short, else say how many there are.

    >>> named(["flat", "dict"]), named(["flat"] * 9)
    ('flat, dict', '9 series')
    """
    text = ", ".join(names)
    return text if len(names) <= most and len(text) <= letters else f"{len(names)} series"
