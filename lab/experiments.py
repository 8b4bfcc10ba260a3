"""Finds experiment files: those that come with the lab, and one's own."""

from __future__ import annotations

from pathlib import Path

from lab.spec import Raw, load_experiment
from strategies.errors import UsageError, unknown

DEFAULT = "discord-spikes"


def experiments_folder() -> Path:
    """Return where the shipped experiments are: beside the code, or inside the installed wheel."""
    inside = Path(__file__).parent / "experiments"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "experiments"


def experiment_names() -> list[str]:
    """Return the names of the shipped experiments."""
    return sorted(path.stem for path in experiments_folder().glob("*.toml"))


def read_experiment(text: str) -> tuple[str, Raw]:
    """Read a shipped experiment by name, or a file by path; return its name and content.

    Raises
    ------
    UsageError
        No such experiment, naming the nearest; or a file with something wrong in it.
    """
    if text in experiment_names():
        return text, load_experiment(experiments_folder() / f"{text}.toml")
    path = Path(text)
    if path.suffix == ".toml" or path.exists():
        if not path.exists():
            raise UsageError(f"no experiment file {text}")
        return path.stem, load_experiment(path)
    raise unknown("experiment", text, experiment_names())
