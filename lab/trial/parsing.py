"""Says which strategies this interpreter cannot run, and why: run by `lab.trial.bootstrap`.

A list of strategies in on standard input, as JSON; an object out with a reason for each that
cannot be run. Reading a strategy imports its layout, and with it the layout's package.
"""

from __future__ import annotations

import json
import os
import sys

from strategies.catalogue import parse
from strategies.errors import MissingPackageError, UsageError


def main() -> int:
    """Answer and return 0."""
    answers = os.dup(1)
    os.dup2(2, 1)  # what a package prints while it is imported is no answer
    found: dict[str, dict[str, str]] = {}
    for name in json.loads(sys.stdin.readline()):
        try:
            parse(name)
        except MissingPackageError as error:
            found[name] = {"reason": error.needs, "install": error.install}
        except UsageError as error:
            found[name] = {"reason": str(error)}
    os.write(answers, (json.dumps(found) + "\n").encode())
    return 0
