"""Files that answer like an interpreter, or do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def answer(version: str = "3.14.8", **changed: Any) -> str:
    """Return what a Python of that version says of itself."""
    plain = {
        "implementation": "CPython",
        "version": version,
        "numbers": [int(part) for part in version.split(".")],
        "release": "",
        "gil": True,
        "thresholds": [2000, 10, 10],
    }
    return json.dumps({**plain, **changed})


def script(path: Path, body: str) -> Path:
    """Write a program of the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def python(path: Path, version: str = "3.14.8", **changed: Any) -> Path:
    """Write a program that says that it is a Python of that version."""
    return script(path, f"echo '{answer(version, **changed)}'")
