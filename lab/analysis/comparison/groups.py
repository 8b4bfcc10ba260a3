"""The trials of one strategy in one run, and whether they may be ranked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.spec import model
from lab.store import StoredRun, StoredTrial
from lab.validity import CODES
from strategies.errors import UsageError

Json = dict[str, Any]
Figure = float | None


@dataclass(frozen=True)
class Group:
    """What a run holds of one strategy (with what else the matrix varied).

    Attributes
    ----------
    run : StoredRun
        Where it is from.
    label : str
        The strategy's name in the run.
    planned : int
        How many trials the experiment asked for.
    trials : tuple of StoredTrial
        Those that are there and count, in their order.
    """

    run: StoredRun
    label: str
    planned: int
    trials: tuple[StoredTrial, ...]

    @property
    def valid(self) -> list[Json]:
        """Results of the trials whose measurement is valid."""
        return [trial.result for trial in self.trials if is_valid(trial.result)]

    @property
    def invalid(self) -> list[Json]:
        """Results of the others."""
        return [trial.result for trial in self.trials if not is_valid(trial.result)]

    @property
    def closed_loop(self) -> bool:
        """Whether it has service times only."""
        return any(trial.result["load"]["closed_loop"] for trial in self.trials)

    def figures(self, figure: Callable[[Json], Figure]) -> dict[int, Figure]:
        """Return a figure of each valid trial by its round."""
        return {int(result["repeat"]): figure(result) for result in self.valid}

    def unfit(self) -> str | None:
        """Say why this strategy cannot be ranked at all; None: it can.

        A strategy that failed, answered wrongly or made its own measurement worthless (by a queue
        without bound, for one) even once is not ranked: the trials in which it did not would speak
        for it. What the machine spoiled says nothing about it: that is left out, and the others
        stand.
        """
        broken = next((r for r in self.invalid if is_broken(r)), None)
        if broken:
            return f"{broken['status']} in round {broken['repeat']}: {broken['reason']}"
        if not self.trials:
            return "no trial of it was run"
        if not self.valid:
            return f"no valid trial: {why_invalid(self.invalid[0])}"
        own = next((r for r in self.invalid if is_its_own_doing(r)), None)
        if own:
            return f"not valid in round {own['repeat']}: {why_invalid(own)}"
        return None


def is_valid(result: Json) -> bool:
    """Whether a trial ended well and measured what it should; older trials do not say the last."""
    return result["status"] == "ok" and bool(result.get("valid", True))


def is_broken(result: Json) -> bool:
    """Whether the strategy is at fault: a trial that a person interrupted is nobody's."""
    return bool(result["status"] != "ok" and result.get("reason") != "interrupted")


def is_its_own_doing(result: Json) -> bool:
    """Whether a trial that ended is not valid for a reason that is not the machine's."""
    codes = [each["code"] for each in result.get("warnings", ()) if each.get("invalidates")]
    known = [CODES[code] for code in codes if code in CODES]
    return bool(result["status"] == "ok" and any(not code.machine for code in known))


def why_invalid(result: Json) -> str:
    """Say in one line why a trial does not count."""
    if result["status"] != "ok":
        return f"{result['status']}: {result['reason']}"
    for warning in result.get("warnings", []):
        if warning.get("invalidates"):
            return f"{warning['code']}: {warning['message']}"
    codes = ", ".join(warning["code"] for warning in result.get("warnings", []))
    return codes or "its measurement is not valid"


def groups_of(run: StoredRun) -> dict[str, Group]:
    """Return a run's strategies in the order in which the experiment names them.

    A trial that was not valid and was when it was played again is not among a strategy's trials.
    """
    planned: dict[str, int] = dict.fromkeys(run.run["experiment"].get("labels") or (), 0)
    for spec in run.run["experiment"]["trials"]:
        label = label_of(spec)
        planned[label] = planned.get(label, 0) + 1
    for trial in run.trials:
        planned.setdefault(trial.label, 0)
    answered = {_key(trial) for trial in run.trials if is_valid(trial.result)}
    counting = [t for t in run.trials if is_valid(t.result) or _key(t) not in answered]
    return {
        label: Group(run, label, count, tuple(t for t in counting if t.label == label))
        for label, count in planned.items()
    }


def _key(trial: StoredTrial) -> tuple[str, int]:
    return trial.label, trial.result["repeat"]


def counting(run: StoredRun) -> list[StoredTrial]:
    """Return the trials that count, strategy by strategy, as `groups_of` has them."""
    return [trial for group in groups_of(run).values() for trial in group.trials]


def groups_needed(run: StoredRun) -> dict[str, Group]:
    """Return a run's strategies.

    Raises
    ------
    UsageError
        It has none.
    """
    groups = groups_of(run)
    if not groups:
        raise UsageError(f"{run.folder} holds no strategy: there is nothing to compare or check")
    return groups


def label_of(spec: Mapping[str, Any]) -> str:
    """Return the label of a stored trial spec."""
    return model.label_of(spec["strategy"], spec.get("factors", ()))


def spec_of(group: Group) -> Json:
    """Return the stored spec of a strategy's first trial; empty where the run has none."""
    specs = group.run.run["experiment"]["trials"]
    return next((dict(spec) for spec in specs if label_of(spec) == group.label), {})
