"""Measures every figure that the lab promises of itself.

    python -m benchmarks.acceptance [NAME ...]

Each check runs the real commands, compares side by side in one run, and prints what it saw. Exit
code 1 if one does not hold. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from benchmarks.acceptance import core, findings, languages, queueing, strategies, trust
from benchmarks.acceptance.commands import Claim

CHECKS: dict[str, Callable[[], Iterator[Claim]]] = {
    check.__name__.replace("_", "-"): check
    for part in (core, strategies, trust, queueing, findings, languages)
    for check in part.CHECKS
}


def main(names: list[str]) -> int:
    """Run the named checks, or all of them."""
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        print(f"unknown check {unknown[0]!r}: {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    held = True
    for name in names or CHECKS:
        for asked, seen, holds in CHECKS[name]():
            held = held and holds
            print(f"{'holds' if holds else 'FAILS'}  {name}: {asked}: {seen}", flush=True)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
