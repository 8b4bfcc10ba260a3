"""The command line: one file per verb, no logic of its own."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import typer

from lab.cli import (
    bench,
    build,
    check,
    compare,
    docs,
    doctor,
    export,
    init,
    inspect,
    listing,
    new,
    plot,
    report,
    reproduce,
    run,
)
from strategies.errors import UsageError

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    name="gclab",
    help="The GC-latency experiment lab: is it the garbage collector, why, and which memory "
    "strategy gets rid of it at what price.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("list")(listing.list_)
app.command("reproduce")(reproduce.reproduce)
app.command("report")(report.report)
app.command("plot")(plot.plot)
app.command("compare")(compare.compare)
app.command("check")(check.check)
app.command("export")(export.export)
app.command("inspect")(inspect.inspect)
app.command("init")(init.init)
app.command("new")(new.new)
app.command("build")(build.build)
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)
app.command("docs")(docs.docs_of(app))


def main() -> None:
    """Run a command; a wrong input is one line on standard error and exit code 2."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = app(standalone_mode=False)
    except UsageError as error:
        code = _complain(str(error), USAGE)
    except KeyboardInterrupt:
        code = _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILED
    except Exception as error:
        # typer's own complaints carry a message for the user; whatever else comes is a bug
        message = getattr(error, "format_message", None)
        if message is None:
            raise
        code = _complain(str(message()), USAGE)
    sys.exit(code or OK)


def _complain(message: str, code: int) -> int:
    line = " ".join(message.split())
    sys.stderr.write(f"gclab: {line}\n")
    return code


def _interrupt(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise KeyboardInterrupt
