"""Each chart beside its stored picture, and proof of what the comparison sees and overlooks."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from lab.report import charts
from lab.report.charts import RunView, style
from tests.report.pictures import (
    EXAMPLES,
    IMAGES,
    MOST,
    WIDTH_PX,
    Pixels,
    difference,
    opened,
    pixels,
)

SOME = ("before-after", "heap", "mmu", "tradeoff")


@cache
def run_of(name: str) -> RunView:
    same = {other: make for other, make in EXAMPLES.items() if make is EXAMPLES[name]}
    first = min(same)
    return same[first]() if first == name else run_of(first)


def drawn(name: str) -> Figure:
    return charts.draw(name, run_of(name))


def stored(name: str) -> Pixels:
    return opened(IMAGES / f"{name}.png")


def test_every_chart_has_a_picture_and_no_picture_is_left_over() -> None:
    assert set(EXAMPLES) == set(charts.available())
    assert {path.stem for path in IMAGES.glob("*.png")} == set(EXAMPLES)
    assert sum(path.stat().st_size for path in IMAGES.glob("*.png")) < 700_000


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_chart_looks_as_its_stored_picture(name: str) -> None:
    picture = pixels(drawn(name))
    assert picture.shape[1] == WIDTH_PX
    assert difference(picture, stored(name)) <= MOST


# What another version of matplotlib may do


@pytest.mark.parametrize("name", SOME)
def test_edges_may_be_half_a_pixel_aside_and_a_little_darker(name: str) -> None:
    picture = stored(name)
    for axis in (0, 1):
        assert difference((picture + np.roll(picture, 1, axis)) / 2, picture) <= MOST
        assert difference(np.roll(picture, 1, axis), picture) > MOST
    assert difference(255 * (picture / 255) ** 1.15, picture) <= MOST


@pytest.mark.parametrize("hinting", ["none", "native", "force_autohint"])
def test_how_letters_are_fitted_to_pixels_does_not_matter(
    hinting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(style._SETTINGS, "text.hinting", hinting)
    assert difference(pixels(drawn("heap")), stored("heap")) <= MOST


# What it may not


@pytest.mark.parametrize("name", SOME)
def test_a_missing_label_is_seen_whichever_it_is(name: str) -> None:
    figure = drawn(name)
    whole = pixels(figure)
    seen = 0
    for text in figure.findobj(Text):
        was = text.get_visible()
        text.set_visible(False)
        without = pixels(figure)
        text.set_visible(was)
        if np.array_equal(without, whole):  # the label of a tick beyond the axis, or hidden anyway
            continue
        seen += 1
        assert difference(without, stored(name)) > MOST, text
    assert seen >= 20


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("before-after", "max"),
        ("before-after", "full collection (gen 2)"),
        ("decay", "slots"),
        ("decay", "slots+freeze"),
        ("heap", "slots rate=40k, fitted"),
        ("heap", "slots rate=40k, extrapolated"),
        ("heap", "machine noise"),
        ("mmu", "slots+freeze"),
        ("mmu", "no GC pause"),
        ("percentiles", "flat"),
        ("percentiles", "machine noise"),
        ("period", "msgspec"),
        ("timeline", "max"),
        ("timeline", "p99"),
        ("tradeoff", "flat"),
    ],
)
def test_a_missing_line_is_seen(name: str, label: str) -> None:
    figure = drawn(name)
    (first, *_) = [
        line for axes in figure.axes for line in axes.get_lines() if line.get_label() == label
    ]
    first.set_visible(False)
    assert difference(pixels(figure), stored(name)) > MOST


def test_a_picture_of_another_size_is_another_picture() -> None:
    picture = stored("heap")
    assert difference(picture, picture) == 0
    assert difference(picture[:-1], picture) == 0  # heights are rounded to pixels
    assert difference(picture[:-2], picture) == float("inf")
    assert difference(picture[:, :-1], picture) == float("inf")
