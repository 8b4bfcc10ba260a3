"""The page without a browser: whole, self-contained, escaped, bounded."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lab.findings.model import Verdict
from lab.report.html import html_page
from lab.report.html.verdicts import SIGNS
from lab.report.table import remarks
from tests.report.html.made_page import (
    EVIL,
    TWO,
    finding,
    page_run,
    played,
    quick_suite,
)
from tests.report.html.parsed import Element, parse

OWN = ["timeline", "percentiles", "causes", "tradeoff", "pauses"]
CHARTS = [*OWN, "before-after", "mmu", "period"]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return html_page(page_run(tmp_path_factory.mktemp("page") / "run"))


@pytest.fixture(scope="module")
def root(page: str) -> Element:
    return parse(page)


def data_of(root: Element) -> Any:
    return json.loads(root.one("script", id="data").children[0])  # type: ignore[arg-type]


def test_the_page_is_one_document_in_a_language_with_a_title(page: str, root: Element) -> None:
    assert page.startswith("<!doctype html>\n<html")
    assert root.one("html").attributes["lang"] == "en"
    assert root.one("title").text == "Does it? (gclab)"
    assert root.one("h1").text == "Does it?"


def test_ids_are_unique_and_every_link_in_the_page_leads_somewhere(root: Element) -> None:
    ids = [each.attributes["id"] for each in root.all() if "id" in each.attributes]
    assert len(set(ids)) == len(ids)
    for link in root.all("a"):
        assert (link.attributes["href"] or "").removeprefix("#") in ids
    for name in ("aria-labelledby", "aria-describedby", "aria-controls"):
        for each in root.all():
            assert each.attributes.get(name) in {None, *ids}


def test_nothing_is_loaded_from_anywhere(page: str, root: Element) -> None:
    loading = {"link", "img", "iframe", "object", "embed", "audio", "video", "base", "form"}
    assert not [each.name for each in root.all() if each.name in loading]
    assert not [
        each for each in root.all() if "src" in each.attributes or "srcset" in each.attributes
    ]
    assert not [name for each in root.all() for name in each.attributes if name.startswith("on")]
    assert re.findall(r"https?://[^\"'\s<]+", page) == ["http://www.w3.org/2000/svg"]
    for forbidden in ("@import", "url(http", "fetch(", "XMLHttpRequest", "eval(", "innerHTML"):
        assert forbidden not in page
    policy = root.one("meta", http_equiv="Content-Security-Policy").attributes["content"] or ""
    assert policy.startswith("default-src 'none'; ")
    assert "script-src 'sha256-" in policy


def test_headings_go_down_one_step_at_a_time(root: Element) -> None:
    levels = [int(each.name[1]) for each in root.all() if re.fullmatch("h[1-6]", each.name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_a_reader_can_skip_to_the_contents_and_find_each_part(root: Element) -> None:
    body = root.one("body")
    first = next(each for each in body.all("a"))
    assert (first.text, first.attributes["href"]) == ("Skip to the contents", "#main")
    links = [each.attributes["href"] for each in root.one("nav").all("a")]
    assert links == ["#summary", "#charts", "#trials", "#machine", "#again"]
    assert [f"#{each.attributes['id']}" for each in root.all("section")] == links
    assert root.one("p", role="status")


def test_every_chart_has_a_heading_a_drawing_a_table_and_a_download(root: Element) -> None:
    figures = root.all("figure")
    assert [each.attributes["id"] for each in figures] == [f"chart-{name}" for name in CHARTS]
    for name, figure in zip(CHARTS, figures, strict=True):
        assert figure.one("h3").text
        assert figure.one("div", data_chart=name)
        table = figure.one("details").one("table")
        assert table.one("caption").text
        assert table.one("tbody").all("tr")
        link = figure.one("a", data_download=name)
        assert link.attributes["download"] == f"{name}.csv"


def test_every_row_of_a_table_is_as_wide_as_its_head(root: Element) -> None:
    for table in root.all("table"):
        columns = len(table.one("thead").all("th"))
        for row in table.one("tbody").all("tr"):
            assert len(row.all("td")) + len(row.all("th")) == columns


def test_the_summary_is_that_of_the_printed_table(tmp_path: Path) -> None:
    stored = page_run(tmp_path / "run")
    root = parse(html_page(stored))
    rows = [
        [cell.text for cell in row.all() if cell.name in {"th", "td"}]
        for row in root.one("section", id="summary").one("tbody").all("tr")
    ]

    assert rows[0][:5] == ["slots", "1.00 ms", "1.00 ms", "199 ms", "1.00 ms"]
    assert rows[1][0] == "flat"
    assert rows[1][-1] == "0.00045x"
    assert rows[2][:5] == ["machine noise", "", "10.0 us", "40.0 us", "900 us"]
    noted = [each.text for each in root.one("section", id="summary").all("li")]
    assert noted == list(remarks(stored))


def test_the_table_of_pauses_counts_what_each_delayed(root: Element) -> None:
    table = root.one("figure", id="chart-pauses").one("tbody")
    cells = [[cell.text for cell in row.all()] for row in table.all("tr")]

    assert cells == [
        ["slots", "0.300", "2.00 ms", "0", "no", "2", "2.00 ms"],
        ["slots", "1.050", "200 ms", "2", "yes", "200", "200 ms"],
        ["slots", "3.050", "100 ms", "2", "yes", "100", "100 ms"],
    ]


def test_every_trial_has_configuration_warnings_noise_and_validity(tmp_path: Path) -> None:
    warning = {
        "code": "overloaded",
        "message": "too much came in",
        "advice": "lower --rate",
        "invalidates": True,
    }
    trials = [
        (played(), TWO),
        (played("flat", valid=False, warnings=[warning]), ()),
        (played("gone", status="failed", reason="it broke"), ()),
    ]
    root = parse(html_page(page_run(tmp_path / "run", trials)))
    slots, flat, gone = (root.one("details", id=f"trial-t{number}") for number in range(3))

    assert slots.one("summary").text == "slots, repeat 1 \u00b7 valid"
    assert flat.one("summary").text == "flat, repeat 1 \u00b7 not valid \u00b7 1 warning"
    assert "overloaded (makes the trial not valid): too much came in; lower --rate" in flat.text
    assert gone.one("summary").text == "gone, repeat 1 \u00b7 failed"
    assert "failed: it broke" in gone.text
    facts = {
        each.one("dt").text: each.one("dd").text for dl in slots.all("dl") for each in dl.all("div")
    }
    assert facts["workload.entries"] == "300,000"
    assert facts["load.arrivals"] == "poisson"
    assert facts["served by"] == "CPython 3.11.7, generational collector"
    noise = [[cell.text for cell in row.all()] for row in slots.one("tbody").all("tr")]
    assert noise[3] == ["p99", "1.00 ms", "100 us", "10.0 us"]
    assert noise[1][3] == "-"


def test_the_command_is_written_as_a_shell_takes_it(tmp_path: Path) -> None:
    command = ["gclab", "run", "-s", "slots:x=1 2", "--out", "here"]
    root = parse(html_page(page_run(tmp_path / "a", command=command)))
    again = root.one("section", id="again")

    assert again.one("code", id="command").text == "gclab run -s 'slots:x=1 2' --out here"
    assert "choose another one" in again.text
    assert again.one("button", data_copy="command")
    older = parse(html_page(page_run(tmp_path / "b")))
    assert "did not store its command" in older.one("section", id="again").text


def test_versions_schema_and_machine_are_named(root: Element) -> None:
    assert "AMD EPYC" in root.one("section", id="machine").text
    assert "Measured with gclab 0.1.0" in root.one("footer").text
    assert "schema 1" in root.one("footer").text


def test_what_comes_from_files_stays_text(tmp_path: Path) -> None:
    label = 'a"b</script><img src=x onerror=alert(1)>'
    warning = {"code": EVIL, "message": EVIL, "advice": EVIL}
    result = played(label, warnings=[warning], reason=EVIL)
    stored = page_run(tmp_path / "run", [(result, TWO)], question=EVIL, command=["gclab", EVIL])
    page = html_page(stored, [finding(missing=EVIL)])
    root = parse(page)

    assert root.one("h1").text == EVIL
    assert len(root.all("script")) == 2
    assert not root.all("img")
    assert not root.all("b")
    assert data_of(root)["trials"][0]["name"] == label
    assert root.one("code", id="command").text.startswith("gclab 'Is </script>")


def test_findings_come_first_each_with_verdict_quantity_and_evidence(tmp_path: Path) -> None:
    findings = [
        finding("L1"),
        finding("L2", Verdict.REFUTED, value=1.2e6, low=9e5, high=1.5e6, unit="ns"),
        finding("L3", Verdict.INCONCLUSIVE, "five repeats would decide", low=None, high=None),
    ]
    root = parse(html_page(page_run(tmp_path / "run"), findings))
    table = root.one("table", class_="verdicts")
    body = table.one("tbody", role="rowgroup")
    rows = [row for row in body.children if isinstance(row, Element)]

    assert root.one("nav").all("a")[0].attributes["href"] == "#verdicts"
    assert [row.one("th", scope="row", role="rowheader").text for row in rows[::2]] == [
        "L1 Title of L1",
        "L2 Title of L2",
        "L3 Title of L3",
    ]
    told = [row.all("td")[0].text for row in rows[::2]]
    assert told == [f"{SIGNS[each.verdict]} {each.verdict.value}" for each in findings]
    assert rows[0].all("td")[2].text.startswith("37 times (21 to 64)")
    assert rows[2].all("td")[2].text.startswith("1.20 ms (900 us to 1.50 ms)")
    assert "gclab run size" in rows[0].text
    assert "A report" in rows[0].text
    evidence = rows[5].one("details")
    assert evidence.one("summary").text == "Evidence for L3, and what is missing"
    assert "Missing: five repeats would decide" in evidence.text
    assert "above 10 times" in rows[1].one("details").text
    assert "Missing" not in rows[1].text


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    stored = page_run(tmp_path / "run")

    assert html_page(stored) == html_page(stored)


def test_a_closed_loop_speaks_of_service_time(tmp_path: Path) -> None:
    closed = {**played()["load"], "closed_loop": True}
    result = played(load=closed, response_ns=None)
    root = parse(html_page(page_run(tmp_path / "run", [(result, TWO)])))

    assert root.one("h3", id="title-timeline").text.startswith("Service time over time")
    assert data_of(root)["metric"] == "service time"
    assert "p99.9 of the service time" in root.one("p", class_="answer").text


def test_a_run_of_failures_is_a_page_without_charts(tmp_path: Path) -> None:
    failed = played("gone", status="failed", reason="it broke", causes=None, response_ns=None)
    root = parse(html_page(page_run(tmp_path / "run", [(failed, ())])))

    assert not root.all("figure")
    assert "Nothing was measured." in root.one("section", id="charts").text


def test_a_run_that_was_interrupted_says_so(tmp_path: Path) -> None:
    stored = page_run(tmp_path / "run", status="interrupted", asked=[played("flat")])
    root = parse(html_page(stored))

    assert "This run is not complete (interrupted): 2 of 3 trials." in root.one("header").text


def test_the_page_of_the_quick_suite_is_below_five_megabytes(tmp_path: Path) -> None:
    stored = quick_suite(tmp_path / "run")
    page = html_page(stored)
    root = parse(page)

    assert len(page.encode()) < 5_000_000
    data = data_of(root)
    assert len(data["trials"]) == 25
    assert len(data["strategies"]) == 13
    for trial in data["trials"]:
        assert len(trial["pauses"]["ns"]) == 300
        assert trial["pauses"]["left_out"] == 99
        assert sum(trial["pauses"]["full"]) == 9
        assert len(trial["pauses"]["named"]) == 60
