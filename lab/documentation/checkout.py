"""The checkout that is documented: its pages, and its reference runs, each read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from lab.analysis.comparison import Group, groups_of
from lab.analysis.figures import TrialFigures, run_figures
from lab.findings.asked import Asked, prepare
from lab.findings.judging import judge
from lab.findings.model import Finding
from lab.report.findings import findings_of_json
from lab.store import StoredRun, load_run
from strategies.errors import UsageError

NEEDED = ("README.md", "docs", "results/reference")
SPIKES = "results/reference/discord-spikes"
STRATEGIES = "results/reference/strategies"
FINDINGS = "results/reference/findings"


class ReferenceRun:
    """A stored run with what the documentation asks of it."""

    def __init__(self, stored: StoredRun) -> None:
        self.stored = stored

    @cached_property
    def groups(self) -> Mapping[str, Group]:
        """Its strategies by label."""
        return groups_of(self.stored)

    @cached_property
    def figures(self) -> Mapping[str, TrialFigures]:
        """The figures of its valid trials, by the names of their folders."""
        return run_figures(self.stored)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Its claims, judged anew where its trials kept what that takes.

        A run that is stored small has its findings as they were judged when it was made.

        Raises
        ------
        UsageError
            It is no run of ``gclab reproduce``.
        """
        kept = self.stored.folder / "findings.json"
        if kept.exists() and not all(trial.has_latency for trial in self.stored.trials):
            return findings_of_json(json.loads(kept.read_text(encoding="utf-8")))
        claims, suite, _ = prepare(Asked.from_run(self.stored))
        return judge(claims, suite, self.stored)


class Checkout:
    """A checkout of the project.

    Parameters
    ----------
    root : Path
        Its folder.

    Raises
    ------
    UsageError
        It has no README.md, no docs or no reference runs.
    """

    def __init__(self, root: Path) -> None:
        for name in NEEDED:
            if not (root / name).exists():
                raise UsageError(
                    f"{root} is no checkout of gclab: it has no {name}; give the folder of one"
                )
        self.root = root
        self._runs: dict[str, ReferenceRun] = {}

    def run(self, path: str) -> ReferenceRun:
        """Return a run by its folder, from the root of the checkout.

        Raises
        ------
        UsageError
            There is none.
        """
        if path not in self._runs:
            self._runs[path] = ReferenceRun(load_run(self.root / path))
        return self._runs[path]

    def pages(self) -> list[Path]:
        """Return the pages that are written by hand, or may be: README.md and all below docs."""
        return [Path("README.md"), *self._below_docs()]

    def _below_docs(self) -> list[Path]:
        found = (self.root / "docs").rglob("*.md")
        return sorted(path.relative_to(self.root) for path in found)

    def read(self, page: Path) -> str | None:
        """Return a page's text as it stands; None where there is no such page."""
        path = self.root / page
        return path.read_text(encoding="utf-8") if path.exists() else None
