"""How long a freeze lasts: each full collection against the time since the heap was frozen.

``gc.freeze()`` takes what is there out of the collector's sight. Every entry that an update
replaces afterwards is in sight again, so that the collections grow back as the cache churns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lab.report.charts.data import Floats, RunView, TrialView
from lab.report.charts.ends import LABEL_IN, End, label_ends, sheet_with_ends
from lab.report.charts.machine import MACHINE, draw_level
from lab.report.charts.series import Setting, full_pauses, listed, one_setting, repeats
from lab.report.charts.sheet import nothing_to_draw, wrap
from lab.report.charts.style import (
    FAINT,
    INK,
    Look,
    house_style,
    linear_duration_axis,
    looks,
)
from lab.report.charts.words import display_name
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


def freezes(trial: TrialView) -> bool:
    """Whether its policy is one that freezes the heap."""
    policy = trial.strategy.partition("+")[2]
    return policy.partition(":")[0] in _FREEZING


def _tracks(trials_of_run: Sequence[TrialView]) -> list[_Track]:
    """Return the trials with two full collections or more; one of each strategy leads."""
    found = []
    for trials in repeats(trials_of_run).values():
        known = [(trial, *full_pauses(trial)) for trial in trials]
        enough = [one for one in known if len(one[1]) > 1]
        found += [_Track(*one, leading=number == 0) for number, one in enumerate(enough)]
    return found


def _chosen(tracks: list[_Track]) -> list[str]:
    """Return the strategies to draw: those that freeze, then the others, in the run's order."""
    names = list(dict.fromkeys(track.trial.label for track in tracks))
    freezing = {track.trial.label for track in tracks if freezes(track.trial)}
    return sorted(names, key=lambda name: name not in freezing)[:_MOST]


def applies(run: RunView) -> bool:
    """Whether the heap was frozen and collected often enough to show a course."""
    return any(freezes(track.trial) for track in _tracks(one_setting(run).trials))


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


def _end(track: _Track, look: Look, setting: Setting) -> End:
    first, last = (format_duration(float(track.length_ns[at])) for at in (0, -1))
    return End(
        (float(track.start_s[-1]), float(track.length_ns[-1])),
        [*wrap(setting.name(track.trial), LABEL_IN), *wrap(f"{first} to {last}", LABEL_IN)],
        look.text_colour,
    )


def _remarks(setting: Setting, tracks: list[_Track], chosen: list[str]) -> list[str]:
    remarks = ["labels: the first full collection and the last", *setting.remarks]
    if any(not track.leading for track in tracks):
        remarks.append("thin lines: the other repeats")
    having = {track.trial.label for track in tracks}
    few = [name for name in repeats(setting.trials) if name not in having]
    if few:
        remarks.append(f"fewer than two full collections: {listed(few)}")
    if left_out := [name for name in repeats(setting.trials) if name in having - set(chosen)]:
        remarks.append(f"not drawn for want of room: {listed(left_out)}")
    return remarks


@house_style
def draw(run: RunView) -> Figure:
    """Draw each full collection's length in nanoseconds, from 0, against seconds."""
    setting = one_setting(run)
    every = _tracks(setting.trials)
    of, subject = "Length of each full collection", "since the freeze"
    if not every:
        return nothing_to_draw(run, subject, f"This chart needs {NEEDS}.", of=of)
    chosen = _chosen(every)
    tracks = [track for track in every if track.trial.label in chosen]
    style, floor_ns = looks(run), run.noise.max_ns
    span_s = max(float(track.start_s[-1]) for track in tracks) * 1.04
    top_ns = 1.08 * max(float(track.length_ns.max()) for track in tracks)
    ends = [_end(track, style[track.trial.label], setting) for track in tracks if track.leading]
    if floor_ns is not None:
        ends.append(End((span_s, min(floor_ns, top_ns)), ["machine noise, worst"], MACHINE))
    figure, axes, height = sheet_with_ends(
        run,
        subject,
        ends,
        *_remarks(setting, every, chosen),
        merged=True,
        of=of,
        values="Full collection",
    )
    linear_duration_axis(axes, top_ns, height)
    axes.set_xlim(0, span_s)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.set_xlabel("Seconds since the measured phase began, just after any freeze", color=INK)
    draw_level(axes, floor_ns)
    for track in tracks:
        _draw_track(axes, track, style[track.trial.label])
    label_ends(axes, ends, height)
    return figure
