"""The conformance suite for workers: any command that speaks docs/block-format.md.

In a test file of your own, for a worker in whatever language::

    from lab.testing.workers import check_worker

    def test_my_worker() -> None:
        check_worker(["./worker"], layout="mine", known_pause="mine-known-pause")

It starts the command a few times with known blocks of operations. Checked are: that it refuses what
it cannot serve, with a reason and exit code 1; that it ends when the runner is gone; every answer,
outcome, stamp and token; the order of the dumped cache, the store, payloads, and the checksum,
which is the same for every exact LRU; its records of collections and slow operations; and that a
known pause comes out as long as it is. Every wait has a limit.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence

from lab.runner.process import WorkerFailedError
from lab.testing.workers.asked import Asked
from lab.testing.workers.refusals import (
    ends_when_the_runner_is_gone,
    refuses_a_spec_that_is_none,
    refuses_files,
    refuses_what_it_does_not_have,
)
from lab.testing.workers.serving import pauses_for_as_long_as_it_says, serves

LIMIT_S = 20.0
WorkerCheck = Callable[[Asked], None]
CHECKS: tuple[WorkerCheck, ...] = (
    refuses_files,
    refuses_a_spec_that_is_none,
    refuses_what_it_does_not_have,
    ends_when_the_runner_is_gone,
    serves,
)


def check_worker(
    command: Sequence[str],
    *,
    layout: str,
    options: Mapping[str, object] | None = None,
    known_pause: str = "",
    limit_s: float = LIMIT_S,
) -> None:
    """Check a worker; the first fault is raised.

    Parameters
    ----------
    command : sequence of str
        What starts it, the executable first.
    layout : str
        An exact LRU that it has.
    options : mapping, optional
        Of that layout, as in the spec: durations in ns and counts as numbers, all else as text.
    known_pause : str
        A layout of it with the options ``pause`` and ``every``, as the instrument ``known-pause``;
        "": it has none.
    limit_s : float
        How long it may take for any one thing: to start, to serve a block, to end.

    Raises
    ------
    AssertionError
        What it did wrong, in one line that begins with the name of the check.
    """
    asked = Asked(list(command), layout, dict(options or {}), known_pause, limit_s)
    for check in (*CHECKS, *((pauses_for_as_long_as_it_says,) if known_pause else ())):
        name = check.__name__.replace("_", " ")
        try:
            check(asked)
        except (AssertionError, WorkerFailedError) as fault:
            line = " ".join(str(fault).split())
            raise AssertionError(f"{name}: {line}") from None
        except (OSError, subprocess.SubprocessError) as fault:
            raise AssertionError(f"{name}: {command[0]}: {fault}") from None
