"""What the marked blocks of a page say."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from rich.console import Console

from lab.documentation.checkout import Checkout, ReferenceRun
from lab.report.describe import describe
from lab.report.details import details_parts
from lab.report.findings import findings_markdown
from lab.report.page import show_run
from lab.report.parts import show_parts
from lab.store import StoredRun
from strategies.errors import UsageError

Json = dict[str, Any]
_WIDTH, _DETAILS_WIDTH = 120, 100
_SECTION = "\n## "


def block(checkout: Checkout, asked: str) -> str:
    """Return what a block says, by the command or the words of its mark.

    Raises
    ------
    UsageError
        Words that mean nothing here; an unknown run.
    """
    for words, says in _BLOCKS.items():
        before, _, after = words.partition("RUN")
        name = asked.removeprefix(before).removesuffix(after)
        if asked == f"{before}{name}{after}" and name and " " not in name:
            return says(checkout.run(name))
    raise UsageError(f"not one of: {', '.join(_BLOCKS)}")


def _report(run: ReferenceRun) -> str:
    """Return what ``gclab report`` prints of a stored run, without the paths of its files."""
    console = Console(file=io.StringIO(), width=_WIDTH, color_system=None)
    show_run(console, run.stored, [])
    return _fenced(console, without="run ")


def _details(run: ReferenceRun) -> str:
    """Return the tables that ``gclab report --details`` adds, without their remarks."""
    console = Console(file=io.StringIO(), width=_DETAILS_WIDTH, color_system=None)
    show_parts(console, details_parts(run.stored, _DETAILS_WIDTH))
    return _fenced(console, without="- ")


def _fenced(console: Console, *, without: str) -> str:
    assert isinstance(console.file, io.StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    kept = [line for line in lines if line and not line.startswith(without)]
    return "\n".join(["```text", *kept, "```"])


def _claims(run: ReferenceRun) -> str:
    """Return the table of FINDINGS.md, with the sentence above it."""
    head, *_ = findings_markdown(run.findings, "", ()).split(_SECTION)
    return re.sub(r"\n{3,}", "\n\n", head.removeprefix("# ").strip())


def _evidence(run: ReferenceRun) -> str:
    """Return the sections of FINDINGS.md, one level lower: they stand within a page."""
    _, *sections = findings_markdown(run.findings, "", ()).split(_SECTION)
    return "\n\n".join(f"### {section.strip()}" for section in sections)


def _about(run: ReferenceRun) -> str:
    """Return when, where and by which command a run was made, as a list."""
    return "\n".join(f"- {line}" for line in about(run.stored))


def about(stored: StoredRun) -> list[str]:
    """Return when, where and by which command a run was made."""
    made = stored.run
    trials = len(stored.trials)
    return [
        f"Run: {_date(str(made['started_utc']))} UTC, {trials} trial{'s' * (trials != 1)}, "
        f"gclab {made['environment']['gclab']}",
        *describe(stored).splitlines(),
        ", ".join(_machine(made["environment"])),
        f"Command: `{' '.join(made['command'])}`",
    ]


def _date(stamp: str) -> str:
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").strftime("%Y-%m-%d, %H:%M")


def _machine(environment: Json) -> Iterable[str]:
    """Yield what is known of the machine beside its processor, which stands with the workload."""
    if environment.get("system"):
        yield environment["system"]
    if environment.get("hypervisor"):
        yield "a virtual machine"
    if environment.get("memory_bytes"):
        yield f"{environment['memory_bytes'] / 1e9:.1f} GB of memory"
    pages = re.search(r"\[(\w+)\]", environment.get("transparent_huge_pages") or "")
    if pages:
        yield f"transparent huge pages: {pages[1]}"


_BLOCKS: dict[str, Callable[[ReferenceRun], str]] = {
    "gclab report RUN": _report,
    "gclab report RUN --details": _details,
    "gclab reproduce --judge RUN": _claims,
    "evidence RUN": _evidence,
    "about RUN": _about,
}
