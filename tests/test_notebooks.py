"""The notebooks run from their first cell to their last, at a small scale, and are stored bare."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from lab.store import load_run

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
LONGEST_S = 240
"""For the whole of a notebook on a machine that does other things too."""


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout's notebooks and stored runs, to write beside; no results of its own."""
    shutil.copytree(
        ROOT / "notebooks", tmp_path / "notebooks", ignore=lambda _, names: without(names)
    )
    shutil.copytree(ROOT / "results" / "reference", tmp_path / "results" / "reference")
    return tmp_path


def without(names: list[str]) -> list[str]:
    """Leave behind what running the notebooks by hand has written."""
    return [name for name in names if not name.endswith(".ipynb")]


def run(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Execute a notebook as Jupyter does, in a folder; any error ends it."""
    # as in an environment that was activated: the shell finds gclab and python
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "GCLAB_NOTEBOOK_SCALE": "small",
        "NO_COLOR": "1",
    }
    client = NotebookClient(
        notebook,
        timeout=LONGEST_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=environment)
    return notebook


def outputs(notebook: NotebookNode, kind: str) -> list[str]:
    """Return the identities of the cells that gave something of a kind."""
    return [
        cell.id
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if kind in output.get("data", {})
    ]


def test_the_notebooks_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "1-case-study",
        "2-your-strategies",
        "3-your-trace",
    ]


@EACH
def test_a_notebook_is_stored_without_outputs_and_with_names_for_its_cells(path: Path) -> None:
    notebook = read(path)

    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    names = [cell.id for cell in notebook.cells]
    assert len(set(names)) == len(names)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert cell.metadata == {}


@EACH
@pytest.mark.timeout(LONGEST_S + 60)
def test_a_notebook_runs_to_its_end(path: Path, checkout: Path) -> None:
    before = sorted((checkout / "results").rglob("*"))

    done = run(read(path), checkout / "notebooks")

    # every cell that ends with a chart shows it
    assert outputs(done, "image/png") == [each.id for each in done.cells if "draw(" in each.source]
    # what it measured lies beside it, and measured something; no stored run was touched
    own = checkout / "notebooks" / "results"
    trials = [each for path in own.glob("*/run.json") for each in load_run(path.parent).trials]
    assert trials
    assert [trial.label for trial in trials if not (trial.ok and trial.result["operations"])] == []
    assert sorted((checkout / "results").rglob("*")) == before


def test_a_shell_command_that_fails_is_an_error(tmp_path: Path) -> None:
    source = "%%bash\ngclab run -s no-such-strategy --quiet"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])

    with pytest.raises(Exception, match="non-zero exit status 2"):
        run(notebook, tmp_path)
