"""Results on disk: one folder per run, readable whatever happened while it was written.

``run.json`` is rewritten after every trial; a trial's folder has a temporary name until it is
whole. Schema 1:

- ``run.json``: schema, experiment, environment, status, warnings, trial folders
- ``trials/<n>-<strategy>/trial.json``: the object of ``gclab run --json``, and more
- ``response.hlog``, ``service.hlog``: HdrHistogram log V1.3, 100 ms intervals, nanoseconds
- ``gc.csv``, ``slow.csv``, ``resources.csv``, ``noise.csv`` (stalls of the machine itself, seen on
  another core): units in every column name; times count from t0
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.histogram import Hlog, read_hlog
from strategies.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
RESULTS = Path("results")
_NEEDED_BYTES = 64 * 1024 * 1024
_REPLACED = ".replaced-"
Json = dict[str, Any]


def write_json(path: Path, value: Json) -> None:
    """Write a JSON file whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


class RunWriter:
    """Writes one run's folder; made before anything is measured, so that it fails early.

    Raises
    ------
    UsageError
        The folder exists, cannot be written, or its disk is full.
    """

    def __init__(self, name: str, out: Path | None, description: Json) -> None:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        self.folder = _create(out) if out else _create_new(RESULTS / f"{name}-{stamp}")
        _check_space(self.folder)
        self._run: Json = {
            "schema": SCHEMA,
            **description,
            "started_utc": stamp,
            "status": "running",
            "trials": [],
        }
        (self.folder / "trials").mkdir()
        self._write()

    def _write(self) -> None:
        write_json(self.folder / "run.json", self._run)

    @classmethod
    def reopen(cls, folder: Path, description: Json) -> RunWriter:
        """Go on with a run that was interrupted: its finished trials stay as they are.

        Trials that did not end well are put aside, as ``.replaced-...``, and may be run again.

        Raises
        ------
        UsageError
            No run there, one of other trials, or a folder that cannot be written.
        """
        stored = load_run(folder)
        before, now = stored.run["experiment"]["trials"], description["experiment"]["trials"]
        if before != json.loads(json.dumps(now)):
            raise UsageError(f"{folder} is a run of other trials: it cannot be gone on with here")
        if not os.access(folder / "trials", os.W_OK):
            raise UsageError(f"results folder {folder} cannot be written")
        writer = cls.__new__(cls)
        writer.folder, writer._run = folder, {**stored.run, "status": "running"}
        kept = [trial.folder.name for trial in stored.trials if trial.ok]
        for left in sorted((folder / "trials").iterdir()):
            # also one that got its name, and the process died before the run listed it
            if left.name not in kept and not left.name.startswith(_REPLACED):
                left.rename(_aside(left))
        writer._run["trials"] = kept
        writer._write()
        return writer

    def finished(self) -> list[Json]:
        """Return the results that the run has so far."""
        return [trial.result for trial in load_run(self.folder).trials]

    def begin_trial(self, number: int, strategy: str) -> Path:
        """Return the folder to write a trial's files into; its name is temporary."""
        folder = self.folder / "trials" / f".unfinished-{trial_folder(number, strategy)}"
        folder.mkdir()
        return folder

    def finish_trial(self, folder: Path, result: Json) -> None:
        """Store the result, give the folder its name, and list it in the run."""
        write_json(folder / "trial.json", {"schema": SCHEMA, **result})
        final = folder.with_name(folder.name.removeprefix(".unfinished-"))
        folder.rename(final)
        self._run["trials"].append(final.name)
        self._write()

    def finish(self, status: str, warnings: list[Json]) -> None:
        """Close the run: ``complete`` or ``interrupted``."""
        self._run["status"], self._run["warnings"] = status, warnings
        self._run["finished_utc"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        self._write()


def trial_folder(number: int, strategy: str) -> str:
    """Return a trial's folder name, fit for any file system."""
    return f"{number:02d}-" + re.sub(r"[^A-Za-z0-9.+=,_-]+", "-", strategy)


def _aside(folder: Path) -> Path:
    name = _REPLACED + folder.name.removeprefix(".unfinished-")
    candidate, number = folder.with_name(name), 1
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{name}-{number}")
    return candidate


def _create(folder: Path) -> Path:
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} exists and is not empty: nothing is overwritten")
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(f"results folder {folder}: {error.strerror}; use --out DIR") from None
    return folder


def _create_new(folder: Path) -> Path:
    candidate, number = folder, 1
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return _create(candidate)


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        folder.rmdir()
        raise UsageError(
            f"results folder {folder}: {free / 1e6:.0f} MB free on its disk, "
            f"{_NEEDED_BYTES / 1e6:.0f} MB are needed; use --out DIR"
        )


@dataclass(frozen=True)
class StoredTrial:
    """One trial read back; tables are read when asked for."""

    folder: Path
    result: Json

    @property
    def label(self) -> str:
        """The strategy, with what else the matrix varied."""
        label: str = self.result["label"]
        return label

    @property
    def ok(self) -> bool:
        """Whether it ended as it should."""
        return bool(self.result["status"] == "ok")

    @property
    def valid(self) -> bool:
        """Whether it ended as it should and measured what it should; older trials lack the last."""
        return self.ok and bool(self.result.get("valid", True))

    @property
    def has_latency(self) -> bool:
        """Whether its log of latencies is there."""
        return self._log.exists()

    def latency(self) -> Hlog | None:
        """Return the log of response times; of service times for a closed loop."""
        return read_hlog(self._log) if self.has_latency else None

    @property
    def _log(self) -> Path:
        kind = "service" if self.result["load"]["closed_loop"] else "response"
        return self.folder / f"{kind}.hlog"

    def table(self, name: str) -> pd.DataFrame:
        """Return ``gc``, ``slow`` or ``resources``; empty where the trial did not get so far."""
        import pandas as pd  # noqa: PLC0415 - a fifth of a second that a run need not wait for

        path = self.folder / f"{name}.csv"
        return pd.read_csv(path) if path.exists() else pd.DataFrame()

    def pauses(self) -> pd.DataFrame:
        """Return the rows of ``gc.csv`` in which the process stood; in older runs, all."""
        table = self.table("gc")
        return table[table["concurrent"] == 0] if "concurrent" in table else table

    def cycles(self) -> pd.DataFrame:
        """Return the rows of ``gc.csv`` of collections that ran beside the operations."""
        table = self.table("gc")
        return table[table["concurrent"] != 0] if "concurrent" in table else table[:0]


@dataclass(frozen=True)
class StoredRun:
    """One run read back."""

    folder: Path
    run: Json
    trials: tuple[StoredTrial, ...]

    @property
    def valid(self) -> bool:
        """Whether every trial is valid, or was when it was played again."""
        asked, answered = set(), set()
        for trial in self.trials:
            key = trial.label, trial.result["repeat"]
            asked.add(key)
            if trial.valid:
                answered.add(key)
        return asked == answered

    def to_json(self) -> Json:
        """Return what ``gclab run --json`` prints."""
        return {
            "schema": SCHEMA,
            "run": str(self.folder),
            "trials": [
                {k: v for k, v in trial.result.items() if k != "schema"} for trial in self.trials
            ],
        }


def load_run(folder: Path) -> StoredRun:
    """Read a run.

    Raises
    ------
    UsageError
        No run there, or one of a schema that this version does not know.
    """
    run = _read_json(folder / "run.json", folder)
    trials = []
    for name in run["trials"]:
        path = folder / "trials" / str(name)
        trials.append(StoredTrial(path, _read_json(path / "trial.json", folder)))
    return StoredRun(folder, run, tuple(trials))


def _read_json(path: Path, folder: Path) -> Json:
    try:
        value: Json = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{folder} is no run: {path.name}: {error.strerror}") from None
    except ValueError:
        raise UsageError(f"{path} is damaged: not JSON") from None
    if value.get("schema") != SCHEMA:
        raise UsageError(f"{path} has schema {value.get('schema')!r}, this version reads {SCHEMA}")
    return value


def find_run(text: str) -> Path:
    """Turn a path, a name below ``results/`` or ``latest`` into a run's folder.

    Raises
    ------
    UsageError
        There is no such run.
    """
    if text == "latest":
        runs = [path.parent for path in RESULTS.glob("*/run.json")]
        if not runs:
            raise UsageError(f"no run in {RESULTS}{os.sep}: 'gclab run' makes one")
        return max(runs, key=lambda folder: (folder / "run.json").stat().st_mtime)
    for folder in (Path(text), RESULTS / text):
        if (folder / "run.json").exists():
            return folder
    raise UsageError(f"no run {text!r}: give its folder, its name in {RESULTS}{os.sep}, or latest")
