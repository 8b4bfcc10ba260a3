"""The folder of an export: nothing in it is overwritten that an export did not write."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lab.report.export.model import ExportFile, Note
from lab.store import StoredRun, write_json
from strategies.errors import UsageError

LIST = "export.json"
"""Says whose export a folder holds, what each format wrote, and what must be known of it."""
SCHEMA = 1


class ExportFolder:
    """Writes files whole or not at all, each listed in ``export.json`` before it is there.

    Raises
    ------
    UsageError
        The folder cannot be made or written, or holds the export of another run.
    """

    def __init__(self, folder: Path, stored: StoredRun) -> None:
        self._folder = folder
        self._list: dict[str, Any] = {
            "schema": SCHEMA,
            "run": stored.folder.resolve().name,
            "started_utc": stored.run.get("started_utc"),
            "formats": {},
        }
        self._earlier()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._cannot(error) from None

    def _earlier(self) -> None:
        path = self._folder / LIST
        if not path.exists():
            return
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            same = all(found[key] == self._list[key] for key in ("schema", "run", "started_utc"))
            self._list["formats"] = dict(found["formats"])
        except OSError as error:
            raise self._cannot(error) from None
        except (ValueError, TypeError, LookupError):
            raise UsageError(f"{path} is no list of an export: use another --out") from None
        if not same:
            raise UsageError(
                f"{self._folder} holds the export of another run ({found['run']}): "
                "use another --out"
            )

    def write(self, name: str, parts: Iterable[ExportFile | Note]) -> tuple[list[Path], list[str]]:
        """Write a format's files; return them, and its notes.

        Raises
        ------
        UsageError
            A file is in the way that no export wrote, or the disk does not take it.
        """
        listed: dict[str, list[str]] = {"files": [], "notes": []}
        earlier = {file for each in self._list["formats"].values() for file in each["files"]}
        before = self._list["formats"].get(name, {"files": []})["files"]
        written: list[Path] = []
        for part in parts:
            if isinstance(part, Note):
                listed["notes"].append(part.message)
                continue
            path = self._folder / part.name
            if path.exists() and part.name not in earlier:
                raise UsageError(
                    f"{path} exists and is no file of an export: nothing is overwritten; "
                    "use another --out"
                )
            listed["files"].append(part.name)
            both = dict.fromkeys([*before, *listed["files"]])
            self._list["formats"][name] = {**listed, "files": list(both)}
            self._replace(path, part.content)
            written.append(path)
        self._list["formats"][name] = listed
        self._save()
        return written, listed["notes"]

    def _replace(self, path: Path, content: bytes) -> None:
        self._save()
        part = path.with_name(path.name + ".part")
        try:
            part.write_bytes(content)
            part.replace(path)
        except OSError as error:
            raise self._cannot(error) from None
        finally:
            part.unlink(missing_ok=True)

    def _save(self) -> None:
        try:
            write_json(self._folder / LIST, self._list)
        except OSError as error:
            raise self._cannot(error) from None

    def _cannot(self, error: OSError) -> UsageError:
        return UsageError(f"cannot write an export into {self._folder}: {error.strerror}")
