"""Small trials for the tests: how to write a spec in a line, and how to run one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.plan import key_range
from lab.runner.drain import Counts, Recorder
from lab.runner.floor import NoiseFloor
from lab.runner.pauses import GcEvents
from lab.runner.process import worker_command
from lab.runner.resources import Cores
from lab.runner.trial import Trial
from lab.spec import Raw, TrialSpec, build_experiment, merge
from lab.workload.read_states import Columns

HERE = Path(__file__).resolve().parent
SMALL: Raw = {
    "workload": {"entries": 2_000, "commit": {"every": 500, "step": 20}},
    "load": {"rate": "20k", "duration": "300ms", "warm_up": "50ms"},
}


def small_spec(
    strategy: str,
    workload: Raw | None = None,
    load: Raw | None = None,
    *,
    seed: int = 1,
    repeat: int = 1,
    keep_requests: bool = False,
) -> TrialSpec:
    """Return the spec of a trial of a second or less; `SMALL` holds what is not given."""
    given = {"workload": workload or {}, "load": load or {}, "seed": seed}
    matrix = {"matrix": {"strategy": [strategy], "repeats": repeat}}
    raw = merge(SMALL, given, matrix)
    return build_experiment("test", raw, verify=True, keep_requests=keep_requests).trials[-1]


class Silent:
    """An observer that only remembers the phases."""

    def __init__(self) -> None:
        self.phases: list[str] = []

    def phase(self, name: str) -> None:
        self.phases.append(name)

    def progress(self, recorder: Recorder | None, events: GcEvents) -> None:
        pass


@dataclass(frozen=True)
class Outcome:
    """What a trial left."""

    trial: Trial
    wrong: str | None
    folder: Path
    phases: list[str]

    @property
    def counts(self) -> Counts:
        assert self.trial.recorder is not None
        return self.trial.recorder.counts

    @property
    def answers(self) -> tuple[object, ...]:
        """What has to be the same for every exact layout."""
        counts = self.counts
        return (
            counts.operations,
            counts.commits,
            counts.misses,
            counts.evictions,
            self.trial.checksum,
        )


def broken_command() -> list[str]:
    """Return the command of a worker that has the broken layouts too."""
    python, bootstrap, strategies = worker_command()
    broken = HERE.parent / "broken_layouts"
    return [python, str(HERE / "start_broken.py"), bootstrap, strategies, str(broken)]


def make_trial(
    spec: TrialSpec, folder: Path, command: list[str] | None = None, observer: Silent | None = None
) -> Trial:
    """Make a trial of a synthetic stream, not pinned to any core."""
    return Trial(
        spec,
        key_range(spec, None),
        folder,
        command=command or worker_command(),
        cpus=[None] * spec.service.workers,
        floor=NoiseFloor(None),
        observer=observer or Silent(),
    )


def play(
    spec: TrialSpec, folder: Path, *, verify: bool = True, command: list[str] | None = None
) -> Outcome:
    """Run a trial to its end, on a core of its own where there is one."""
    folder.mkdir(exist_ok=True)
    observer = Silent()
    with Cores().for_workers(spec.service.workers) as placement:
        trial = Trial(
            spec,
            key_range(spec, None),
            folder,
            command=command or worker_command(),
            cpus=placement.cpus,
            floor=NoiseFloor(placement.cpus[0]),
            observer=observer,
        )
        wrong = trial.run(verify)
    return Outcome(trial, wrong, folder, observer.phases)


def joined(blocks: Iterable[Columns]) -> dict[str, list[Any]]:
    """Return the columns of a phase, whatever blocks they came in."""
    columns: dict[str, list[Any]] = {"due": [], "keys": [], "arguments": [], "operations": []}
    for block in blocks:
        for name, values in columns.items():
            values.extend(getattr(block, name).tolist())
    return columns
