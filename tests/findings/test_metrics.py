"""Every figure that a claim may ask for is read from the files of a trial."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.analysis.figures import run_figures
from lab.findings.metrics import ASKED, metric_of
from lab.findings.scales import read_scale
from lab.findings.suite import build_suite
from strategies.errors import UsageError
from tests.findings.claims import claim_of
from tests.findings.made_up import USUAL, write_suite


def read(folder: Path, name: str, values: dict[str, float]) -> float | None:
    claim = claim_of("X", {"a": {"strategy": "slots", "repeats": 1}})
    suite = build_suite("made", [claim], read_scale("quick"))
    stored = write_suite(folder, suite, {"slots": [values]})
    (trial,) = stored.trials
    return metric_of(name).figure(trial.result, run_figures(stored)[trial.folder.name])


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("factor", [0.9, 1.05])
def test_a_figure_is_read_as_it_was_made(name: str, factor: float, tmp_path: Path) -> None:
    wanted = {**USUAL, "entries": 200_000.0, "walked": 250_000.0}[name] * factor
    if name in ("gc.full", "gc.pauses", "entries", "walked"):
        wanted = float(round(wanted))

    assert read(tmp_path, name, {name: wanted}) == pytest.approx(wanted, rel=2e-3)


def test_every_metric_of_tables_may_be_asked_for_and_an_unknown_one_names_the_nearest() -> None:
    assert metric_of("service.p99").metric is not None
    with pytest.raises(UsageError, match=r"unknown metric 'gc.perod': did you mean 'gc.period'\?"):
        metric_of("gc.perod")


def test_percentiles_of_parts_of_a_trial_know_the_noise_of_the_machine() -> None:
    for name in ("p99", "p99.normal", "p99.spike"):
        metric = metric_of(name).metric
        assert metric is not None
        assert metric.noise == "p99"
