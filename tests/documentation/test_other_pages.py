"""The generated pages that take from tables and files in the code: nothing of them is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_checkout import ROOT

from lab.documentation.checkout import STRATEGIES, Checkout
from lab.documentation.experiments_page import experiments_page
from lab.documentation.strategies_page import _layouts, strategies_page
from lab.documentation.tables import markdown_table
from lab.documentation.validity_page import validity_page
from lab.experiments import experiment_names, experiments_folder, read_experiment
from lab.findings.reading import read_claims
from lab.findings.scales import scale_names
from lab.store import StoredRun
from lab.validity import CODES
from strategies.catalogue import list_layouts, list_policies
from strategies.interface import LayoutFacts


@pytest.fixture(scope="module")
def page() -> str:
    return experiments_page()


def section(page: str, heading: str) -> str:
    found = page.partition(f"\n### {heading}\n")
    assert found[1], f"no section {heading}"
    return found[2].partition("\n### ")[0]


@pytest.mark.parametrize("name", experiment_names())
def test_every_experiment_is_there_with_its_question_and_matrix(page: str, name: str) -> None:
    _, raw = read_experiment(name)
    text = section(page, name)
    for key in ("question", "expect", "source"):
        assert raw.get(key, "") in text
    for strategy in raw.get("matrix", {}).get("strategy", ()):
        assert f"`{strategy}`" in text


def test_the_number_of_trials_is_that_of_all_combinations(page: str) -> None:
    # 5 strategies with and without cycles
    assert "; cycles `0.0`, `0.05`: 10\n" in section(page, "cycles")
    assert ": 15, 3 of each\n" in section(page, "case-study")


def test_every_claim_is_there_with_what_would_refute_it(page: str) -> None:
    claims = read_claims(experiments_folder() / "findings")
    assert len(claims) == len(list((experiments_folder() / "findings").glob("*.toml")))
    for claim in claims:
        text = section(page, f"{claim.name}: {claim.title}")
        assert claim.statement in text
        assert claim.source in text
        for name, raw in claim.trials.items():
            assert f"| `{name}` | `{raw['strategy']}` |" in text
        for test in claim.tests:
            assert test.quantity in text
            assert f"| {test.predicate} |" in text
            assert f"`{test.metric}`" in text
        if claim.experiment:
            assert f"(#{claim.experiment})" in text
            assert f"\n### {claim.experiment}\n" in page


def test_every_scale_is_there_smallest_first(page: str) -> None:
    scales = page.partition("\n## Scales\n")[2]
    assert {name for name in scale_names() if f"| `{name}` |" in scales} == set(scale_names())
    assert scales.index("`quick`") < scales.index("`standard`") < scales.index("`full`")


def test_every_code_is_on_the_page_of_warnings() -> None:
    page = validity_page()
    notes = page.index("## What is worth knowing")
    for name, code in CODES.items():
        place = page.index(f"| `{name}` |")
        assert (place < notes) == code.invalidates


def test_every_layout_and_policy_is_on_the_page_of_strategies() -> None:
    page = strategies_page(Checkout(ROOT))
    layouts, policies = page.split("## Policies")
    for listed in list_layouts():
        facts = listed.facts
        if isinstance(facts, LayoutFacts):
            assert (f"\n| `{listed.name}` |" in layouts) == (facts.eviction != "none")
    for listed in list_policies():
        assert f"\n| `{listed.name}` |" in policies
    assert "`gclab run -s all --entries 200k --duration 5s" in page
    assert "--out" not in page


def row_of(stored: StoredRun, name: str) -> list[str]:
    (row,) = [row for row in _layouts(stored) if row[0] == f"`{name}`"]
    return row


def test_a_layout_without_figures_says_why() -> None:
    stored = Checkout(ROOT).run(STRATEGIES).stored
    assert row_of(stored, "slots")[3] != row_of(stored, "flat")[3]
    others = tuple(trial for trial in stored.trials if trial.label != "slots")
    without = replace(stored, trials=others)
    assert row_of(without, "slots")[3:8] == ["not in that run", "-", "-", "-", "-"]
    experiment = {**stored.run["experiment"], "unavailable": ["layout 'slots' needs a package"]}
    lacking = replace(without, run={**stored.run, "experiment": experiment})
    assert row_of(lacking, "slots")[3] == "could not be run there"
    assert row_of(lacking, "flat") == row_of(stored, "flat")
    (slots,) = (trial for trial in stored.trials if trial.label == "slots")
    failed = replace(slots, result={**slots.result, "status": "failed", "reason": "killed"})
    assert row_of(replace(stored, trials=(*others, failed)), "slots")[3:8] == [
        "its trial failed",
        *["-"] * 4,
    ]


def test_the_page_of_strategies_names_its_clocks_and_what_is_unseen() -> None:
    page = strategies_page(Checkout(ROOT))
    assert "| p50 (response) | p99.9 (response) | worst stall (service) |" in page
    unseen = [
        listed.name
        for listed in list_layouts()
        if isinstance(listed.facts, LayoutFacts) and listed.facts.rehash == "unseen"
    ]
    assert page.count("Its re-hashes are not seen.") == len(unseen)
    for name in unseen:
        assert "Its re-hashes are not seen." in page.partition(f"\n| `{name}` |")[2].split("\n")[0]


def test_a_cell_cannot_break_its_table() -> None:
    assert markdown_table(["a", ">b"], [["x|y", "1\n2"]]).splitlines() == [
        "| a | b |",
        "|---|---:|",
        "| x\\|y | 1 2 |",
    ]
