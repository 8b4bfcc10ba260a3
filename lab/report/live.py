"""What a user sees while a run is under way, on standard error."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.status import Status

from lab.plan import PlannedTrial
from lab.runner.drain import Recorder
from lab.runner.pauses import GcEvents
from strategies.units import format_duration

_PERIOD_S = 0.25


class Quiet:
    """Says nothing."""

    def begin(self, planned: PlannedTrial, total: int) -> None:
        """Say nothing."""

    def phase(self, name: str) -> None:
        """Say nothing."""

    def progress(self, recorder: Recorder | None, events: GcEvents) -> None:
        """Say nothing."""

    def end(self, planned: PlannedTrial, result: dict[str, Any]) -> None:
        """Say nothing."""


class Lines(Quiet):
    """Two plain lines per trial: for files, pipes and CI."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._title = ""

    def begin(self, planned: PlannedTrial, total: int) -> None:
        """Name the trial."""
        repeat = f" repeat {planned.spec.repeat}" if planned.spec.repeat > 1 else ""
        self._title = f"[{planned.number}/{total}] {planned.spec.label}{repeat}"
        self._say(f"{self._title}: started")

    def end(self, planned: PlannedTrial, result: dict[str, Any]) -> None:  # noqa: ARG002
        """Say how it went."""
        self._say(f"{self._title}: {outcome(result)}")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class Live(Lines):
    """One line that moves: phase, rate, p99 and worst pause so far. On a terminal only."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._status = Status("", console=console)
        self._phase = ""
        self._since = self._next = 0.0

    def begin(self, planned: PlannedTrial, total: int) -> None:
        """Start the line of this trial."""
        repeat = f" repeat {planned.spec.repeat}" if planned.spec.repeat > 1 else ""
        self._title = f"[{planned.number}/{total}] {planned.spec.label}{repeat}"
        self._status.start()

    def phase(self, name: str) -> None:
        """Show the phase."""
        self._phase, self._since = name.replace("_", " "), time.monotonic()
        self._show("")

    def progress(self, recorder: Recorder | None, events: GcEvents) -> None:
        """Show the figures so far, a few times a second."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _PERIOD_S
        elapsed = now - self._since
        if recorder is None or not recorder.counts.operations or recorder.recorded_s <= 0:
            self._show(f"{elapsed:.0f} s")
            return
        latency = recorder.response or recorder.service
        self._show(
            f"{elapsed:.0f} s, {recorder.counts.operations / recorder.recorded_s:,.0f}/s, "
            f"p99 {format_duration(latency.percentile(99.0))}, "
            f"worst GC pause {format_duration(events.max_ns)}"
        )

    def _show(self, figures: str) -> None:
        text = f"{self._title}  {self._phase}  {figures}".rstrip()
        self._status.update(text.replace("[", r"\["))

    def end(self, planned: PlannedTrial, result: dict[str, Any]) -> None:
        """Leave one line behind."""
        self._status.stop()
        super().end(planned, result)


def outcome(result: dict[str, Any]) -> str:
    """Say in one line how a trial ended."""
    if result["status"] != "ok":
        return f"{result['status']}: {result['reason']}"
    name = "service" if result["load"]["closed_loop"] else "response"
    figures = result[f"{name}_ns"]
    p999 = figures["p99.9"] if figures["p99.9"] is not None else figures["max"]
    which = "p99.9" if figures["p99.9"] is not None else "max"
    if figures["p50"] is None:
        return f"{result['operations']:,} requests: too few for percentiles"
    return (
        f"{name} p50 {format_duration(figures['p50'])}, {which} {format_duration(p999 or 0)}, "
        f"worst GC pause {format_duration(result['gc']['max_ns'])}"
    )


def observer(console: Console, *, quiet: bool) -> Quiet:
    """Choose how a run is shown."""
    if quiet:
        return Quiet()
    return Live(console) if console.is_terminal else Lines(console)
