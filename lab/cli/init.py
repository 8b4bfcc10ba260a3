"""``gclab init``: write a commented experiment file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from strategies.errors import UsageError

TEMPLATE = """\
# An experiment: a question and a matrix of trials. Run it with: gclab run {name}
# Every line may be left out; what stands here are the defaults.

question = "How do these strategies compare under the same load?"
expect = "what you think will happen, written down before"
source = "where that was measured or published"
seed = 1                        # root of all random choices

[workload]                      # which operations on which keys
entries = "300k"                # cache size; k, M and G are understood
key_space = 2.0                 # keys as a multiple of the entries; or their number: keys = "400k"
popularity = {{ zipf = 0.99 }}    # or "uniform", "sequential", {{ hot-set = [0.1, 0.9] }},
                                # {{ latest = [0.99, 0.05] }}: 5 % new keys, the newest popular
mix = {{ read = 10, ack = 50, mention = 40 }}
commit = {{ every = 10_000, step = 250 }}   # updates sealed at once, then committed by 250
payload_bytes = 0

[load]                          # when requests arrive
arrivals = "poisson"            # or "constant"
rate = "20k"                    # per second
duration = "10s"
wait = "spin"                   # or "sleep"
closed_loop = false             # true hides every stall from the requests behind it

[matrix]                        # every combination is a trial, times repeats
strategy = ["slots", "slots+freeze", "flat"]   # "go?": only where it can be used
# entries = ["100k", "300k"]    # any key of [workload] or [load] may vary as well
repeats = 1
"""


def init(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("experiment.toml"),
) -> None:
    """Write a commented experiment file."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE.format(name=path))
    except FileExistsError:
        raise UsageError(f"{path} exists: nothing is overwritten") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    typer.echo(f"wrote {path}; run it with: gclab run {path}")
