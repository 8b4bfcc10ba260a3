"""Runs the real command in this process: for verbs that only read what is stored."""

from __future__ import annotations

import contextlib
import io
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

from lab.cli import main


def gclab(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run gclab to its end, with what it would say to a pipe."""
    out, err = io.StringIO(), io.StringIO()
    before, code = signal.getsignal(signal.SIGTERM), 0
    try:
        with (
            contextlib.chdir(cwd),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.object(sys, "argv", ["gclab", *arguments]),
        ):
            main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        signal.signal(signal.SIGTERM, before)
    return subprocess.CompletedProcess(["gclab", *arguments], code, out.getvalue(), err.getvalue())
