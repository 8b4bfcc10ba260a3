"""Blocks and single figures, held against what the stored runs say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_checkout import FINDINGS, ROOT, SPIKES, made_findings

from lab.documentation.blocks import block
from lab.documentation.checkout import Checkout
from lab.documentation.single import single
from strategies.errors import UsageError
from strategies.units import format_duration


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    root = tmp_path_factory.mktemp("checkout")
    (root / "README.md").write_text("# A project\n")
    (root / "docs").mkdir()
    (root / "results" / "reference").mkdir(parents=True)
    (root / SPIKES).symlink_to(ROOT / SPIKES)
    made_findings(root / FINDINGS)
    return Checkout(root)


def trial(name: str) -> dict[str, dict[str, float]]:
    path = ROOT / SPIKES / "trials" / name / "trial.json"
    found: dict[str, dict[str, float]] = json.loads(path.read_text())
    return found


def test_a_single_figure_is_the_run_s_own(checkout: Checkout) -> None:
    slots = trial("01-slots")
    assert single(checkout, f"{SPIKES} slots p99.9") == format_duration(
        slots["response_ns"]["p99.9"]
    )
    assert single(checkout, f"{SPIKES} slots gc.max") == format_duration(slots["gc"]["max_ns"])
    assert single(checkout, f"{SPIKES} slots gc.full") == "2"


def test_a_single_figure_may_be_a_ratio(checkout: Checkout) -> None:
    slots, flat = (trial(name)["response_ns"]["p99.9"] for name in ("01-slots", "04-flat"))
    assert single(checkout, f"{SPIKES} slots p99.9 against flat") == f"{slots / flat:.0f} times"
    both = single(checkout, f"{SPIKES} flat p99.9 against slots")
    assert both == f"{flat / slots:.5f}".rstrip("0") + " times"


def test_a_claim_s_figures_can_be_quoted(checkout: Checkout) -> None:
    assert single(checkout, f"{FINDINGS} claim:L1 0") == "100 times"
    # made up: the cache that is only read has as many full collections as the others
    assert single(checkout, f"{FINDINGS} claim:L1 verdict") == "refuted"
    assert single(checkout, f"{FINDINGS} claim:L1 1") != "100 times"


def test_an_interval_is_written_where_it_is_asked_for(checkout: Checkout) -> None:
    label = '"slots entries=5k"'
    assert single(checkout, f"{FINDINGS} slots p99.9 against {label}") == "100 times"
    assert single(checkout, f"{FINDINGS} slots p99.9 against {label} interval") == (
        "100 times (100 to 100)"
    )
    # one trial gives none
    p99 = format_duration(trial("01-slots")["response_ns"]["p99"])
    assert single(checkout, f"{SPIKES} slots p99 interval") == p99


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (f"{SPIKES} slotz p99", "unknown strategy 'slotz': did you mean 'slots'"),
        (f"{SPIKES} slots p98", "unknown metric 'p98'"),
        (f"{SPIKES} slots p99 against flatt", "unknown strategy 'flatt': did you mean 'flat'"),
        (f"{SPIKES} slots p99 beside flat", "not as it should be: RUN LABEL METRIC"),
        (f"{SPIKES} slots", "not as it should be"),
        (f'{SPIKES} "slots p99', "No closing quotation"),
        ("results/reference/none slots p99", "results/reference/none is no run"),
        (f"{SPIKES} claim:L1 0", "is no run of 'gclab reproduce'"),
        (f"{FINDINGS} claim:L99 0", "unknown claim 'L99'"),
        (f"{FINDINGS} claim:L1 3", "one of its tests, 0 to 2"),
        (f"{FINDINGS} claim:L1 first", "one of its tests, 0 to 2"),
        (f"{SPIKES} flat gc.period", "no such figure: flat has no time between full collections"),
    ],
)
def test_a_figure_that_there_is_not_is_named(checkout: Checkout, asked: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        single(checkout, asked)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_tables_of_a_run_are_a_fenced_block(checkout: Checkout) -> None:
    text = block(checkout, f"gclab report {SPIKES}")
    assert text.startswith("```text\nDoes a large live cache")
    assert text.endswith("\n```")
    assert format_duration(trial("01-slots")["response_ns"]["p99.9"]) in text
    assert "/discord-spikes" not in text
    assert "\n\n" not in text


def test_the_details_have_their_tables_and_no_remarks(checkout: Checkout) -> None:
    lines = block(checkout, f"gclab report {SPIKES} --details").splitlines()
    assert any(line.startswith("Spikes: ") for line in lines)
    assert any(line.startswith("Cost: ") for line in lines)
    assert not any(line.startswith("- ") for line in lines)
    assert max(map(len, lines)) <= 100


def test_the_table_of_claims_is_judged_anew(checkout: Checkout) -> None:
    lines = block(checkout, f"gclab reproduce --judge {FINDINGS}").splitlines()
    assert lines[0].startswith("Of 2 claims: ")
    assert lines[1] == ""
    assert lines[2] == "| claim | verdict | measured | what was seen |"
    assert len(lines) == 6
    assert any("L1: Spikes need a large cache" in line for line in lines)
    assert not (checkout.root / FINDINGS / "findings.json").exists()


def test_the_evidence_has_a_section_for_each_claim(checkout: Checkout) -> None:
    text = block(checkout, f"evidence {FINDINGS}")
    assert [line.partition(":")[0] for line in text.splitlines() if line.startswith("#")] == [
        "### L1",
        "### D4",
    ]
    assert "| 100 times (100 to 100) | above 5 | 6 | reproduced |" in text


def test_what_is_said_about_a_run(checkout: Checkout) -> None:
    lines = block(checkout, f"about {FINDINGS}").splitlines()
    assert all(line.startswith("- ") for line in lines)
    assert lines[0].startswith("- Run: 2026-01-02, 03:04 UTC, ")
    assert "- Command: `gclab reproduce`" in lines
    assert (
        "- Linux 6.18.44-fc-v445, a virtual machine, 25.0 GB of memory, "
        "transparent huge pages: madvise" in lines
    )


@pytest.mark.parametrize("asked", ["gclab repord x", "gclab report", "about ", "gclab report a b"])
def test_a_block_that_means_nothing_is_refused(checkout: Checkout, asked: str) -> None:
    with pytest.raises(UsageError, match="not one of: gclab report RUN, "):
        block(checkout, asked)


@pytest.mark.parametrize("missing", ["README.md", "docs", "results/reference"])
def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path, missing: str) -> None:
    (tmp_path / "README.md").touch()
    (tmp_path / "docs").mkdir()
    (tmp_path / "results" / "reference").mkdir(parents=True)
    Checkout(tmp_path)
    path = tmp_path / missing
    path.rmdir() if path.is_dir() else path.unlink()
    with pytest.raises(UsageError, match=f"is no checkout of gclab: it has no {missing}; give"):
        Checkout(tmp_path)
