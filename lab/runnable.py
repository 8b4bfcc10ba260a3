"""Leaves out the trials that the interpreter which they ask for cannot run, and says why."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from lab.pythons import Answer, Interpreter, ask, resolve
from lab.spec import ExperimentSpec, TrialSpec
from strategies.catalogue import parse
from strategies.errors import UsageError


def runnable(experiment: ExperimentSpec) -> tuple[ExperimentSpec, dict[str, str]]:
    """Return what can be run, and the path of each interpreter by what it was asked for as.

    With several interpreters a pair that cannot be run is left out and said to be unavailable, as
    is one that ``all`` brought along. Asked for by itself it is a wrong input.

    Raises
    ------
    UsageError
        An interpreter that there is not, or nothing that is left to be run.
    """
    asked = dict.fromkeys(trial.service.python for trial in experiment.trials)
    pythons = {text: resolve(text) for text in asked if text}
    lacking: dict[tuple[str, str], str] = {}
    for text, python in pythons.items():
        mine = (trial.strategy for trial in experiment.trials if trial.service.python == text)
        for strategy, answer in unable(python, mine).items():
            lacking[text, strategy] = said(python, answer)
    paths = {"": sys.executable} | {text: python.path for text, python in pythons.items()}
    if not lacking:
        return experiment, paths
    written = map(str, experiment.raw["matrix"]["strategy"])
    named = next((lacking[pair] for pair in lacking if pair[1] in set(written)), None)
    left = [trial for trial in experiment.trials if _pair(trial) not in lacking]
    if not left or (named is not None and len(asked) == 1):
        raise UsageError(named or "; ".join(lacking.values()))
    labels = {trial.label for trial in left}
    return (
        replace(
            experiment,
            trials=tuple(left),
            labels=tuple(label for label in experiment.labels if label in labels),
            unavailable=(*experiment.unavailable, *lacking.values()),
        ),
        paths,
    )


def unable(python: Interpreter, strategies: Iterable[str]) -> dict[str, Answer]:
    """Return which strategies an interpreter cannot run, and why."""
    if python.path == sys.executable:
        return {}  # what this one cannot run is refused where the strategy is read
    here = dict.fromkeys(strategies)
    programs = [text for text in here if parse(text).layout_facts.program]
    return {
        **{text: Answer(f"strategy {text!r} is a program, not run by Python") for text in programs},
        **ask(python.path, tuple(text for text in here if text not in programs)),
    }


def said(python: Interpreter, answer: Answer) -> str:
    """Say why an interpreter cannot run a strategy, with the command that changes it."""
    name = Path(python.path).name
    if answer.install:
        return f"{answer.reason} in {name}: {python.path} -m pip install {answer.install}"
    return f"{answer.reason} (in {name})"


def _pair(trial: TrialSpec) -> tuple[str, str]:
    return trial.service.python, trial.strategy
