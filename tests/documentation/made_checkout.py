"""A small checkout to write documentation into: the project's texts, and runs to quote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from lab.findings.asked import Asked, prepare
from tests.findings.made_up import write_suite

ROOT = Path(__file__).resolve().parents[2]
SPIKES = "results/reference/discord-spikes"
STRATEGIES = "results/reference/strategies"
LANGUAGES = "results/reference/go-vs-rust"
PYTHONS = "results/reference/python-versions"
FINDINGS = "results/reference/findings"
ASKED = Asked("quick", ("L1", "D4"), repeats=3)
L1_P999_NS = {"slots": 400e6, "slots entries=5k": 4e6}


def made_checkout(folder: Path) -> Path:
    """Copy what the documentation is made of; of the stored runs that are only read, make links.

    The run of claims is made up: L1 has a p99.9 of 400 ms with a large cache that is updated and of
    4 ms with a small one, in each of three rounds.
    """
    shutil.copy(ROOT / "README.md", folder / "README.md")
    shutil.copytree(ROOT / "docs", folder / "docs")
    (folder / "experiments").symlink_to(ROOT / "experiments")
    (folder / "results" / "reference").mkdir(parents=True)
    for run in (SPIKES, STRATEGIES, LANGUAGES, PYTHONS):
        (folder / run).symlink_to(ROOT / run)
    shutil.copy(ROOT / "results" / "reference" / "README.md", folder / "results" / "reference")
    shutil.copy(ROOT / "results" / "README.md", folder / "results")
    made_findings(folder / FINDINGS)
    without_prose(folder / "docs" / "findings.md")
    return folder


def without_prose(page: Path) -> None:
    """Take the paragraphs out that quote claims which the made-up run does not have."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition("## Where it differs")
    page.write_text(f"{before}## Evidence{rest.partition('## Evidence')[2]}", encoding="utf-8")


def made_findings(folder: Path) -> None:
    """Write a run of two claims."""
    _, suite, _ = prepare(ASKED)
    figures = {label: [{"p99.9": p99}] for label, p99 in L1_P999_NS.items()}
    folder.mkdir()
    write_suite(folder, suite, figures)
    stored = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**stored, "suite": ASKED.to_json()}))
