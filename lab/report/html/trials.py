"""Every trial: configuration, warnings, noise floor; the machine; and how to run it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from lab.analysis.comparison import METRICS
from lab.analysis.comparison.groups import label_of
from lab.report.comparison import BLANK, figure
from lab.report.html.markup import Child, Markup, el, facts, fold, table
from lab.report.html.payload import PageTrial
from lab.store import StoredRun
from strategies.units import format_duration

Json = dict[str, Any]
_PERCENTILES = ("mean", "p50", "p90", "p99", "p99.9", "p99.99", "max")
_NOISE = ("p99", "p99.9", "p99.99", "max")
_GIVEN_ELSEWHERE = ("strategy", "repeat")


def trial_list(stored: StoredRun, trials: list[PageTrial]) -> Markup:
    """Return all trials, folded."""
    return el("div", [_trial(stored, trial) for trial in trials], class_="trials")


def _trial(stored: StoredRun, trial: PageTrial) -> Markup:
    result = trial.stored.result
    state, class_ = _state(trial)
    count = len(result["warnings"])
    said = f" \u00b7 {count} warning{'s' if count != 1 else ''}" if count else ""
    summary: Child = [
        el("strong", result["label"]),
        f", repeat {result['repeat']} \u00b7 ",
        el("span", state, class_=class_),
        said,
    ]
    return fold(
        summary,
        el("p", f"{result['status']}: {result['reason']}") if result.get("reason") else None,
        el("h3", "Warnings"),
        _warnings(result["warnings"]),
        el("h3", "Latency and the machine's own noise"),
        _latency(result),
        el("h3", "Configuration"),
        facts(_flat(_spec(stored, result))),
        el("h3", "What was measured"),
        facts(_measured(result)),
        id=f"trial-{trial.key}",
    )


def _state(trial: PageTrial) -> tuple[str, str]:
    if trial.view.status == "ok":
        return ("valid", "good") if trial.view.valid else ("not valid", "bad")
    return trial.view.status, "bad"


def _warnings(warnings: list[Json]) -> Markup:
    if not warnings:
        return el("p", "None.")
    return el("ul", [el("li", _warning(warning)) for warning in warnings])


def _warning(warning: Json) -> list[Child]:
    advice = warning.get("advice")
    return [
        el("strong", warning["code"]),
        " (makes the trial not valid)" if warning.get("invalidates") else None,
        f": {warning['message']}",
        f"; {advice}" if advice else None,
    ]


def _latency(result: Json) -> Markup:
    noise = result.get("noise_ns") or {}
    rows = [
        (
            name,
            _duration((result.get("response_ns") or {}).get(name)),
            _duration((result.get("service_ns") or {}).get(name)),
            _duration(noise.get(name)) if name in _NOISE else BLANK,
        )
        for name in _PERCENTILES
    ]
    heads = ("percentile", "response time", "service time", "machine noise")
    return table(f"Latency of {result['label']}, repeat {result['repeat']}", heads, rows)


def _duration(value: float | None) -> str:
    return BLANK if value is None else format_duration(value)


def _spec(stored: StoredRun, result: Json) -> Json:
    """Return the configuration as it was asked for; of a run of before, what the result holds."""
    specs = stored.run["experiment"]["trials"]
    same = [spec for spec in specs if label_of(spec) == result["label"]]
    exact = [spec for spec in same if spec.get("repeat") == result["repeat"]]
    found = next(iter(exact or same), result["load"])
    kept = {key: value for key, value in found.items() if key not in _GIVEN_ELSEWHERE}
    return {"strategy": result["strategy"], **kept}


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Child]]:
    for key, each in value.items():
        if isinstance(each, Mapping):
            yield from _flat(each, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _plain(each)


def _plain(value: object) -> str:
    if value is None or value in ("", []):
        return BLANK
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(value)


def _measured(result: Json) -> Iterator[tuple[str, Child]]:
    """Yield what a reader asks of a single trial."""
    runtime = result.get("runtime") or {}
    if runtime:
        collector = runtime.get("collector", "generational")
        kind = "no" if collector == "none" else collector
        yield "served by", f"{runtime['name']} {runtime['version']}, {kind} collector"
    counts = (("requests", "operations"), ("misses", "misses"), ("evictions", "evictions"))
    for name, key in counts:
        if result.get(key) is not None:
            yield name, f"{result[key]:,}"
    gc = result.get("gc") or {}
    generations = gc.get("by_generation") or {}
    if gc:
        each = ", ".join(f"generation {name}: {count:,}" for name, count in generations.items())
        yield "GC pauses", f"{gc['pauses']:,}" + (f" ({each})" if each else "")
    if gc.get("cycles"):
        took = format_duration(gc["concurrent_ns"])
        yield "collections beside the requests", f"{gc['cycles']:,}, {took} in all"
    for name, seconds in (result.get("gc_cpu") or {}).items():
        what = f"collector's processor time, {name.removesuffix('_s')}"
        yield what, format_duration(seconds * 1e9)
    names = ("gc.max", "gc.total", "rss", "bytes_per_entry", "busy")
    for metric in (METRICS[name] for name in names):
        value = metric.figure(result) if result["status"] != "failed" else None
        yield metric.title, figure(metric, value)
    if result.get("cpus"):
        yield "processors of the workers", ", ".join(map(str, result["cpus"]))
    if result.get("verified") is not None:
        yield "answers checked against a reference model", _plain(result["verified"])
    if result.get("checksum"):
        yield "checksum of the answers", el("code", str(result["checksum"]))


def machine(stored: StoredRun) -> Markup:
    """Return the environment in which all trials ran."""
    return facts((key.replace("_", " "), value) for key, value in _flat(stored.run["environment"]))


def again(stored: StoredRun) -> Markup:
    """Return the exact command, ready to be copied."""
    words = stored.run.get("command")
    if not words:
        return el("p", "The version that wrote this run did not store its command.")
    command = shlex.join(words)
    out = any(word == "--out" or word.startswith("--out=") for word in words)
    return el(
        "div",
        el("pre", el("code", command, id="command"), tabindex=0, aria_label="Command"),
        el("button", "Copy", type="button", data_copy="command", class_="needs-script"),
        el(
            "p",
            "It wrote into the folder behind --out: choose another one, nothing is overwritten.",
        )
        if out
        else None,
    )
