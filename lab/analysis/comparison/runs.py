"""Which strategies of which runs are compared with which."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lab.analysis.comparison.comparable import Difference, differences, refuse
from lab.analysis.comparison.groups import Group, groups_needed
from lab.analysis.comparison.metrics import Metric, compared_by_default, metric_named
from lab.analysis.comparison.verdicts import Comparison, compare
from lab.store import StoredRun
from strategies.errors import UsageError, unknown

Pair = tuple[Group, Group]


@dataclass(frozen=True)
class Alone:
    """Strategies of a run that another run does not have."""

    run: str
    not_in: str
    labels: tuple[str, ...]

    def __str__(self) -> str:
        """Say which they are."""
        return f"in {self.run} but not in {self.not_in}: {', '.join(self.labels)}"


@dataclass(frozen=True)
class Report:
    """What ``gclab compare`` found.

    Attributes
    ----------
    reference_run : StoredRun
    reference_label : str or None
        The strategy that all are compared with; None: each with its own in the first run.
    metrics : tuple of Metric
    comparisons : tuple of Comparison
        By metric, then by strategy.
    forced : dict of str to list of Difference
        By run: what should have kept it from being compared.
    alone : tuple of Alone
        Strategies that were compared with nothing.
    several_runs : bool
    """

    reference_run: StoredRun
    reference_label: str | None
    metrics: tuple[Metric, ...]
    comparisons: tuple[Comparison, ...]
    forced: dict[str, list[Difference]]
    alone: tuple[Alone, ...]
    several_runs: bool


def compare_runs(
    runs: Sequence[StoredRun],
    reference: str | None = None,
    metrics: Sequence[str] = (),
    *,
    force: bool = False,
) -> Report:
    """Compare the strategies of one run, or the same strategies across runs.

    One run: every strategy with the reference, which is the first unless named. Several: every
    strategy with its namesake in the first run; with a reference, every strategy of every run with
    that one of the first run.

    Raises
    ------
    UsageError
        Nothing to compare, an unknown name, or runs that differ in what matters (unless forced).
    """
    chosen = [metric_named(name) for name in dict.fromkeys(metrics)]
    folders = [run.folder.resolve() for run in runs]
    if len(set(folders)) < len(folders):
        raise UsageError("a run is given twice: name it once to compare its strategies")
    groups = [groups_needed(run) for run in runs]
    if reference is not None and reference not in groups[0]:
        raise unknown(f"strategy of {runs[0].folder}", reference, groups[0])
    if len(runs) == 1 and reference is None:
        reference = next(iter(groups[0]))
    alone: list[Alone] = []
    if reference is not None:
        pairs = _with_one(runs, groups, reference)
    else:
        pairs, alone = _with_namesakes(runs, groups)
    found = differences_by_run(pairs)
    if not force:
        refuse(found, str(runs[0].folder))
    if not chosen:
        closed = all(group.closed_loop for pair in pairs for group in pair)
        chosen = list(compared_by_default(closed_loop=closed))
    return Report(
        reference_run=runs[0],
        reference_label=reference,
        metrics=tuple(chosen),
        comparisons=tuple(
            compare(metric, group, base) for metric in chosen for group, base in pairs
        ),
        forced={run: fields for run, fields in found.items() if fields},
        alone=tuple(alone),
        several_runs=len(runs) > 1,
    )


def _with_one(
    runs: Sequence[StoredRun], groups: Sequence[dict[str, Group]], reference: str
) -> list[Pair]:
    base = groups[0][reference]
    pairs = [(group, base) for each in groups for group in each.values() if group is not base]
    if not pairs:
        raise UsageError(
            f"{runs[0].folder} holds one strategy: name a second run to compare it with"
        )
    return pairs


def _with_namesakes(
    runs: Sequence[StoredRun], groups: Sequence[dict[str, Group]]
) -> tuple[list[Pair], list[Alone]]:
    first = groups[0]
    pairs: list[Pair] = []
    alone: list[Alone] = []
    for run, others in zip(runs[1:], groups[1:], strict=True):
        common = [label for label in first if label in others]
        if not common:
            raise UsageError(
                f"{runs[0].folder} ({', '.join(first)}) and {run.folder} ({', '.join(others)}) "
                f"have no strategy in common: --reference {next(iter(first))!r} compares "
                "all with one of the first run"
            )
        pairs += [(others[label], first[label]) for label in common]
        alone += alone_in((run, others), (runs[0], first)) + alone_in(
            (runs[0], first), (run, others)
        )
    return pairs, alone


def alone_in(
    own: tuple[StoredRun, Collection[str]], other: tuple[StoredRun, Collection[str]]
) -> list[Alone]:
    """Return which labels only the first of two runs has; an empty list if none."""
    labels = tuple(label for label in own[1] if label not in other[1])
    return [Alone(str(own[0].folder), str(other[0].folder), labels)] if labels else []


def differences_by_run(pairs: Sequence[Pair]) -> dict[str, list[Difference]]:
    """Return by the name of each run in which fields it differs from the reference's."""
    found: dict[str, list[Difference]] = {}
    for group, base in pairs:
        fields = found.setdefault(str(group.run.folder), [])
        fields += [each for each in differences(group, base) if each not in fields]
    return found
