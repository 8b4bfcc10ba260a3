"""The page as a whole, and its file."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import lab
from lab.analysis.comparison import counting
from lab.findings.model import Finding
from lab.report.charts import plain_charts
from lab.report.describe import describe
from lab.report.html.answer import answer
from lab.report.html.figures import frames
from lab.report.html.markup import Child, Markup, el, embedded_json, fold
from lab.report.html.palette import variables
from lab.report.html.payload import charts_json, page_trials
from lab.report.html.plain import plain_frames, plain_json
from lab.report.html.summary import remark_list, summary_table
from lab.report.html.trials import again, machine, trial_list
from lab.report.html.verdicts import verdict_table
from lab.report.view import run_view
from lab.store import StoredRun
from strategies.errors import UsageError

PAGE_NAME = "report.html"
MARK = '<meta name="generator" content="gclab '
"""By this a page of ours is known from any other file."""

_SCRIPTS = (
    "base.js",
    "axes.js",
    "plot.js",
    "legend.js",
    "victims.js",
    "timeline.js",
    "percentiles.js",
    "causes.js",
    "tradeoff.js",
    "pauses.js",
    "plain.js",
    "start.js",
)
"""In the order in which they need one another."""

Section = tuple[str, str, Child]
"""Id, heading, content."""


def html_page(stored: StoredRun, findings: Sequence[Finding] = ()) -> str:
    """Return a run as one HTML page that needs nothing else: the same run gives the same page.

    Parameters
    ----------
    stored : StoredRun
    findings : sequence of Finding
        Claims that the run's trials were held against, in the order in which they matter.
    """
    view = run_view(stored)
    trials = page_trials(stored, view)
    plain = plain_charts(view)
    data = {**charts_json(view, stored, trials), "plain": plain_json(plain)}
    drawn = [*frames(view, trials, data["strategies"]), *plain_frames(plain)]
    sections: list[Section] = []
    if findings:
        sections.append(("verdicts", "Verdicts", verdict_table(findings)))
    table = summary_table(stored, closed_loop=view.closed_loop)
    notes = fold(el("strong", "What to know of these figures"), remark_list(stored), open=True)
    sections.append(("summary", "Strategies side by side", [table, notes]))
    charts: Child = [frame.written() for frame in drawn]
    sections.append(("charts", "Charts", charts if drawn else el("p", "Nothing was measured.")))
    sections.append(("trials", "Every trial", trial_list(stored, trials)))
    sections.append(("machine", "Machine and versions", machine(stored)))
    sections.append(("again", "Run it again", again(stored)))
    script = _script()
    body = el(
        "body",
        el("a", "Skip to the contents", href="#main", class_="skip"),
        _header(stored, answer(stored, findings), sections),
        el("main", [_section(*section) for section in sections], id="main", tabindex=-1),
        _footer(stored),
        el("p", id="status", role="status", class_="hidden"),
        el("script", embedded_json(data), type="application/json", id="data"),
        el("script", script),
    )
    question = stored.run["experiment"]["question"]
    page = el("html", _head(question, script), "\n", body, lang="en")
    return f"<!doctype html>\n{page}\n"


def _script() -> Markup:
    parts = [_asset(name) for name in _SCRIPTS]
    return Markup('(() => {\n"use strict";\n' + "".join(parts) + "})();\n")


def _asset(name: str) -> str:
    file = resources.files("lab.report.html").joinpath("assets", name)
    return file.read_text(encoding="utf-8")


def _head(question: str, script: str) -> Markup:
    """Return the head; by its policy the browser itself sees to it that nothing is loaded."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return el(
        "head",
        el("meta", charset="utf-8"),
        "\n",
        Markup(f'{MARK}{lab.__version__}">'),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{question} (gclab)"),
        el("style", variables(), Markup(_asset("page.css"))),
    )


def _header(stored: StoredRun, sentence: str, sections: Sequence[Section]) -> Markup:
    run = stored.run
    links = [el("li", el("a", heading, href=f"#{name}")) for name, heading, _ in sections]
    theme = el("button", "Theme", type="button", id="theme", class_="needs-script")
    setting = describe(stored).replace("\n", "; ")
    return el(
        "header",
        el("div", el("p", "gclab report", class_="brand"), theme, class_="bar"),
        el("h1", run["experiment"]["question"]),
        el("p", el("strong", "Answer. "), sentence, class_="answer"),
        el("p", el("span", f"{stored.folder.name}: "), setting, class_="setting"),
        _state(stored),
        el("nav", el("ul", links), aria_label="Contents"),
        el("noscript", el("p", "The charts need JavaScript; the tables hold the same figures.")),
    )


def _state(stored: StoredRun) -> Markup | None:
    """Say where a run is not whole: its figures are those of what was done."""
    if stored.run["status"] == "complete":
        return None
    done, asked = len(counting(stored)), len(stored.run["experiment"]["trials"])
    words = f"This run is not complete ({stored.run['status']}): {done} of {asked} trials."
    return el("p", words, class_="bad")


def _section(name: str, heading: str, content: Child) -> Markup:
    title = el("h2", heading, id=f"{name}-title")
    return el("section", title, content, id=name, aria_labelledby=f"{name}-title")


def _footer(stored: StoredRun) -> Markup:
    run, told = stored.run, []
    told.append(f"Measured with gclab {run['environment'].get('gclab', 'of an unknown version')}")
    if "started_utc" in run:
        told.append(f"started {run['started_utc']} (UTC)")
    told.append(f"results in schema {run['schema']}, page by gclab {lab.__version__}")
    return el("footer", el("p", ", ".join(told), "."))


def write_page(
    stored: StoredRun, findings: Sequence[Finding] = (), path: Path | None = None
) -> Path:
    """Write a run's page, whole or not at all, and return its path.

    Parameters
    ----------
    stored, findings
        As for `html_page`.
    path : Path, optional
        Instead of ``report.html`` in the run's folder. A page is derived, so that an older one is
        replaced; any other file is left alone.

    Raises
    ------
    UsageError
        A file that is no page of ours is there, or it cannot be written.
    """
    target = path or stored.folder / PAGE_NAME
    advice = "use --out FILE"
    if target.is_dir():
        raise UsageError(f"{target} is a folder: {advice} for the page")
    if not target.parent.is_dir():
        raise UsageError(f"{target}: there is no folder {target.parent}; {advice}")
    try:
        if target.exists() and not is_page(target):
            raise UsageError(f"{target} is no page of gclab's and is left as it is; {advice}")
        if not os.access(target.parent, os.W_OK):
            raise UsageError(f"cannot write {target}: its folder is read-only; {advice}")
        part = target.with_name(f".{target.name}.part")
        part.write_text(html_page(stored, findings), encoding="utf-8")
        part.replace(target)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}; {advice}") from None
    return target


def is_page(path: Path) -> bool:
    """Tell a page of ours by the beginning of the file."""
    with path.open("rb") as file:
        return MARK.encode() in file.read(400)
