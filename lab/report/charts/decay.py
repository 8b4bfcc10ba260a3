"""How long a freeze lasts: each full collection against the time since the heap was frozen.

``gc.freeze()`` takes what is there out of the collector's sight. Every entry that an update
replaces afterwards is in sight again, so that the collections grow back as the cache churns: the
faster, the more updates. So each setting has a line of its own, beside the same strategy unfrozen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lab.report.charts.data import Floats, RunView, TrialView
from lab.report.charts.ends import LABEL_IN, End, label_ends, sheet_with_ends
from lab.report.charts.machine import MACHINE, WORST, draw_level
from lab.report.charts.plain import Axis, Plain, Series, level
from lab.report.charts.series import full_pauses, named, repeats
from lab.report.charts.sheet import nothing_to_draw, wrap
from lab.report.charts.style import (
    FAINT,
    INK,
    Look,
    house_style,
    linear_duration_axis,
    looks,
    looks_of,
)
from lab.report.charts.words import display_name, labels
from strategies.units import format_duration

NAME = "decay"
TITLE = "Length of each full collection since the heap was frozen, one line per strategy"
NEEDS = "a strategy that freezes (+freeze, +refreeze) with two full collections or more"

_FREEZING = ("freeze", "refreeze")
_MOST = 8


@dataclass(frozen=True, eq=False)
class _Track:
    """The full collections of one trial."""

    trial: TrialView
    start_s: Floats
    length_ns: Floats
    leading: bool


@dataclass(frozen=True, eq=False)
class _Tracks:
    """What is drawn, and the labels of all that is not, by the reason."""

    drawn: list[_Track]
    left_out: dict[str, list[str]]

    def order(self, run: RunView) -> list[str]:
        """Return the labels that looks are given by: the run's, unless two here had one colour."""
        drawn = list(dict.fromkeys(track.trial.label for track in self.drawn))
        style = looks(run)
        return labels(run) if len({style[name].colour for name in drawn}) == len(drawn) else drawn

    @property
    def setting(self) -> str | None:
        """Return the setting that all share; None where they differ in it."""
        found = {_setting(track.trial) for track in self.drawn}
        return found.pop() if len(found) == 1 else None

    def name(self, trial: TrialView) -> str:
        """Name a trial for the reader: by its strategy alone where that is all that differs."""
        alone = self.setting is not None
        return display_name(replace(trial, label=trial.strategy) if alone else trial)


def freezes(trial: TrialView) -> bool:
    """Whether its policy is one that freezes the heap."""
    policy = trial.strategy.partition("+")[2]
    return policy.partition(":")[0] in _FREEZING


def _setting(trial: TrialView) -> str:
    return trial.label.removeprefix(trial.strategy).strip()


def _place(trial: TrialView) -> tuple[str, str]:
    """Return what a strategy that freezes and its control have in common."""
    return trial.strategy.partition("+")[0], _setting(trial)


def _is_control(trial: TrialView, frozen: set[tuple[str, str]]) -> bool:
    policy = trial.strategy.partition("+")[2]
    return policy in ("", "default") and _place(trial) in frozen


def _tracks(run: RunView) -> _Tracks:
    """Choose what is drawn: all that freezes, and the same unfrozen, in the run's order.

    A line takes two full collections; one trial of each label leads.
    """
    by_label = repeats(run.trials)
    frozen = {_place(trials[0]) for trials in by_label.values() if freezes(trials[0])}
    wanted: list[str] = []
    alien: list[str] = []
    for label, trials in by_label.items():
        concerned = freezes(trials[0]) or _is_control(trials[0], frozen)
        (wanted if concerned else alien).append(label)
    wanted.sort(key=lambda label: not freezes(by_label[label][0]))
    found: dict[str, list[_Track]] = {}
    few: list[str] = []
    for label in wanted:
        known = [(trial, *full_pauses(trial)) for trial in by_label[label]]
        enough = [one for one in known if len(one[1]) > 1]
        if enough:
            found[label] = [_Track(*one, leading=n == 0) for n, one in enumerate(enough)]
        else:
            few.append(label)
    kept = list(found)[:_MOST]
    left_out = {
        "fewer than two full collections": few,
        "not drawn for want of room": list(found)[_MOST:],
        "neither frozen nor the same unfrozen, not drawn": alien,
    }
    return _Tracks([track for label in kept for track in found[label]], left_out)


def applies(run: RunView) -> bool:
    """Whether the heap was frozen and collected often enough to show a course."""
    return any(freezes(track.trial) for track in _tracks(run).drawn)


def _draw_track(axes: Axes, track: _Track, look: Look) -> None:
    axes.plot(
        track.start_s,
        track.length_ns,
        color=look.colour,
        linestyle=look.line_style,
        linewidth=1.8 if track.leading else 0.8,
        alpha=(1.0 if track.leading else 0.55) * (1.0 if track.trial.counts else FAINT),
        marker=look.marker,
        markersize=7 if track.leading else 4,
        markeredgecolor="white",
        markeredgewidth=0.7,
        label=display_name(track.trial) if track.leading else "_another repeat",
        zorder=3 if track.leading else 2,
    )


def _end(track: _Track, look: Look, name: str) -> End:
    first, last = (format_duration(float(track.length_ns[at])) for at in (0, -1))
    return End(
        (float(track.start_s[-1]), float(track.length_ns[-1])),
        [*wrap(name, LABEL_IN), *wrap(f"{first} to {last}", LABEL_IN)],
        look.text_colour,
    )


def _remarks(tracks: _Tracks) -> list[str]:
    remarks = ["labels: the first full collection and the last"]
    if tracks.setting:
        remarks.append(f"all with {tracks.setting}")
    if any(not track.leading for track in tracks.drawn):
        remarks.append("thin lines: the other repeats")
    return remarks + [f"{why}: {named(who)}" for why, who in tracks.left_out.items() if who]


def plain(run: RunView) -> Plain | None:
    """Return the chart as data: nanoseconds against seconds since the freeze."""
    tracks = _tracks(run)
    if not any(freezes(track.trial) for track in tracks.drawn):
        return None
    order = tracks.order(run)
    span_s = max(float(track.start_s[-1]) for track in tracks.drawn)
    return Plain(
        "Full collections after a freeze of the heap",
        "Each mark is a collection of the whole heap: how long it took, against the time since "
        "the measured phase began, just after the freeze. A line that rises is a freeze that "
        "wears off as updates replace what was frozen; hold it against the same strategy "
        "unfrozen. The line joins the collections of one trial, the marks are those of all "
        "repeats.",
        Axis("since the freeze", "s", log=False),
        Axis("length", "ns", log=False),
        [
            *(_series(tracks, lead, order) for lead in tracks.drawn if lead.leading),
            *level(WORST, run.noise.max_ns, 0.0, span_s),
        ],
        ("strategy", "repeat", "since the freeze", "full collection"),
        [
            (tracks.name(t.trial), str(t.trial.repeat), f"{at:.3f} s", format_duration(ns))
            for t in tracks.drawn
            for at, ns in zip(t.start_s.tolist(), t.length_ns.tolist(), strict=True)
        ],
        [f"{why}: {', '.join(who)}" for why, who in tracks.left_out.items() if who],
    )


def _series(tracks: _Tracks, lead: _Track, order: Sequence[str]) -> Series:
    same = [track for track in tracks.drawn if track.trial.label == lead.trial.label]
    return Series(
        tracks.name(lead.trial),
        order.index(lead.trial.label),
        points=[pair for track in same for pair in _pairs(track)],
        line=_pairs(lead),
    )


def _pairs(track: _Track) -> list[tuple[float, float]]:
    return list(zip(track.start_s.tolist(), track.length_ns.tolist(), strict=True))


@house_style
def draw(run: RunView) -> Figure:
    """Draw each full collection's length in nanoseconds, from 0, against seconds."""
    tracks = _tracks(run)
    of, subject = "Length of each full collection", "since the freeze"
    if not tracks.drawn:
        return nothing_to_draw(run, subject, f"This chart needs {NEEDS}.", of=of)
    style, floor_ns = looks_of(tracks.order(run)), run.noise.max_ns
    span_s = max(float(track.start_s[-1]) for track in tracks.drawn) * 1.04
    top_ns = 1.08 * max(float(track.length_ns.max()) for track in tracks.drawn)
    ends = [
        _end(track, style[track.trial.label], tracks.name(track.trial))
        for track in tracks.drawn
        if track.leading
    ]
    if floor_ns is not None:
        ends.append(End((span_s, min(floor_ns, top_ns)), [WORST], MACHINE))
    figure, axes, height = sheet_with_ends(
        run,
        subject,
        ends,
        *_remarks(tracks),
        merged=True,
        of=of,
        values="Full collection",
    )
    linear_duration_axis(axes, top_ns, height)
    axes.set_xlim(0, span_s)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.set_xlabel("Seconds since the measured phase began, just after any freeze", color=INK)
    draw_level(axes, floor_ns)
    for track in tracks.drawn:
        _draw_track(axes, track, style[track.trial.label])
    label_ends(axes, ends, height)
    return figure
