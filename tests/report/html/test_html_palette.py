"""Everything can be told from what is behind it, by light and by dark (WCAG 2.2, 1.4.3, 1.4.11)."""

from __future__ import annotations

import itertools

import pytest

from lab.causes.kinds import CAUSES as STORED
from lab.report.html.palette import CAUSES, DARK, LIGHT, SERIES, Theme, variables

BOTH = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
TONED = 0.45


def channels(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def luminance(parts: list[float]) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: list[float], other: list[float]) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(channels("#000000"), channels("#ffffff")) == pytest.approx(21)
    assert contrast(channels("#777777"), channels("#ffffff")) == pytest.approx(4.48, abs=0.01)


@BOTH
def test_letters_have_a_contrast_of_four_and_a_half(theme: Theme) -> None:
    for letters, paper in itertools.product(
        ("ink", "quiet", "link", "good", "bad", "open"), ("paper", "card")
    ):
        assert contrast(channels(theme[letters]), channels(theme[paper])) >= 4.5, (letters, paper)


@BOTH
def test_lines_and_outlines_have_a_contrast_of_three(theme: Theme) -> None:
    for name in (*SERIES, "edge", "machine"):
        assert contrast(channels(theme[name]), channels(theme["paper"])) >= 3, name


def test_letters_on_a_bar_have_a_contrast_of_four_and_a_half() -> None:
    for cause, (_, colour, letters) in CAUSES.items():
        assert contrast(channels(colour), channels(letters)) >= 4.5, cause


@BOTH
def test_letters_on_a_toned_bar_have_it_too(theme: Theme) -> None:
    for cause, (_, colour, _) in CAUSES.items():
        mixed = [
            TONED * part + (1 - TONED) * paper
            for part, paper in zip(channels(colour), channels(theme["paper"]), strict=True)
        ]
        assert contrast(mixed, channels(theme["ink"])) >= 4.5, cause


def test_both_themes_name_the_same_and_every_cause_has_words() -> None:
    assert set(LIGHT) == set(DARK)
    assert len(SERIES) == 7
    assert tuple(CAUSES) == STORED


def test_the_readers_own_theme_is_taken_unless_one_was_chosen() -> None:
    css = variables()

    assert css.index(LIGHT["ink"]) < css.index("prefers-color-scheme:dark") < css.index(DARK["ink"])
    assert f":root[data-theme=dark]{{color-scheme:dark;--paper:{DARK['paper']}" in css
    assert f":root[data-theme=light]{{color-scheme:light;--paper:{LIGHT['paper']}" in css
