"""Looks at the machine and at this interpreter, and changes nothing.

`examine` is all of it; each part is a function from what was read to `Finding` objects.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.runner.doctor.finding import Finding
from lab.runner.doctor.interpreter import interpreter_findings
from lab.runner.doctor.load import load_findings, usage
from lab.runner.doctor.machine import machine_findings
from lab.runner.doctor.noise import (
    SLICES,
    T_95,
    Figures,
    floors,
    harness_finding,
    noise_finding,
    null_trial,
    pooled,
    smallest_ratios,
    spin_slices,
)
from lab.runner.doctor.packages import package_findings

__all__ = ["Examination", "Finding", "examine"]

SCHEMA = 1
_ROOT = Path("/")


@dataclass(frozen=True)
class Examination:
    """All that was found.

    Attributes
    ----------
    findings : tuple of Finding
        In the order in which they are shown.
    spin_ns, null_ns : dict
        p99, p99.9, p99.99 and max in ns on the worker's core: of an idle spinning process, and of
        a trial of the layout that does nothing. None: no figure, or no trial.
    core : int
        The worker's core.
    seconds : float
        How long each of the two was measured.
    ratios : dict
        From `smallest_ratios`.
    """

    findings: tuple[Finding, ...]
    spin_ns: Figures
    null_ns: Figures | None
    core: int
    seconds: float
    ratios: dict[str, dict[str, float | None]]

    @property
    def floor_ns(self) -> Figures:
        """The larger of both per figure: differences below it cannot be ranked."""
        return floors(self.spin_ns, self.null_ns)

    def to_json(self) -> dict[str, Any]:
        """Return what ``gclab doctor --json`` prints."""
        return {
            "schema": SCHEMA,
            "findings": [finding.to_json() for finding in self.findings],
            "noise_ns": {
                "core": self.core,
                "seconds": self.seconds,
                "spin": self.spin_ns,
                "null_trial": self.null_ns,
            },
            "effects": {
                "floor_ns": self.floor_ns,
                "slices": SLICES,
                "repeats": list(T_95),
                "smallest_ratio": self.ratios,
            },
        }


def examine(seconds: float, say: Callable[[str], object]) -> Examination:
    """Look at everything; takes about ``2 * seconds`` and some seconds more.

    ``say`` is told what is being done. Other processes' load and steal are those of the time in
    which the noise was measured.
    """
    usable = os.sched_getaffinity(0)
    core = max(usable)
    say("looking at the machine")
    static = [*machine_findings(_ROOT, usable), *interpreter_findings(os.environ)]
    packages = list(package_findings())
    reasons: list[str] = []
    before = usage(_ROOT)
    say("measuring the noise of an idle core")
    slices = spin_slices(core, seconds, reasons.append)
    after = usage(_ROOT)
    say("running a trial of the layout that does nothing")
    null, why = null_trial(seconds)
    say("measuring the harness")
    harness = harness_finding()
    spin = pooled(slices)
    findings = (
        *static,
        *load_findings(_ROOT, before, after, seconds),
        noise_finding(spin, "noise, idle core", reasons[0] if reasons else None),
        noise_finding(null or {}, "noise, null trial", why),
        harness,
        *packages,
    )
    return Examination(findings, spin, null, core, seconds, smallest_ratios(slices))
