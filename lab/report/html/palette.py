"""The colours of the page, light and dark, and the words for causes.

After Okabe and Ito, "Color Universal Design" (2008), moved in lightness until each has a contrast
of 3 to its background (WCAG 2.2, 1.4.11); letters have 4.5 (1.4.3). A series differs from its
neighbours in dashes and marker as well.
"""

from __future__ import annotations

from lab.report.html.markup import Markup

Theme = dict[str, str]

LIGHT: Theme = {
    "paper": "#ffffff",
    "card": "#f6f7f8",
    "ink": "#1b1d1f",
    "quiet": "#575d63",
    "rule": "#d5d9dd",
    "edge": "#7c848c",
    "link": "#0b5394",
    "good": "#00664a",
    "bad": "#a5280b",
    "open": "#6b4e00",
    "machine": "#5f7488",
    "band": "#c9ced3",
    "s0": "#c24e00",
    "s1": "#004b78",
    "s2": "#1f7fb8",
    "s3": "#1a1a1a",
    "s4": "#00805d",
    "s5": "#9a6a00",
    "s6": "#8e3b75",
}
DARK: Theme = {
    "paper": "#14171a",
    "card": "#1d2125",
    "ink": "#eceff1",
    "quiet": "#a9b2ba",
    "rule": "#363c42",
    "edge": "#89929b",
    "link": "#8cc4ff",
    "good": "#5fd6ac",
    "bad": "#ff9c85",
    "open": "#f2c14e",
    "machine": "#9fb3c6",
    "band": "#474e55",
    "s0": "#ff9248",
    "s1": "#6ea8e5",
    "s2": "#8fd8ff",
    "s3": "#f2f2f2",
    "s4": "#3ecf9f",
    "s5": "#f2c14e",
    "s6": "#e08cc4",
}
"""The same names in both: ink and quiet are letters, edge the outline of what can be pressed."""

SERIES = tuple(name for name in LIGHT if name[0] == "s" and name[1:].isdigit())

CAUSES: dict[str, tuple[str, str, str]] = {
    "gc": ("garbage collection", "#d55e00", "#1a1a1a"),
    "rehash": ("index re-hash", "#f0c75e", "#1a1a1a"),
    "drop": ("dropping objects", "#8e3b75", "#ffffff"),
    "load": ("database load", "#56b4e9", "#1a1a1a"),
    "commit": ("commit", "#004b78", "#ffffff"),
    "descheduled": ("descheduled (OS or hypervisor)", "#b8a78f", "#1a1a1a"),
    "fault": ("page fault", "#00805d", "#ffffff"),
    "unexplained": ("unexplained", "#d0d0d0", "#1a1a1a"),
}
"""Words, colour and letters of each cause, in the order of every bar; the same on both papers."""


def variables() -> Markup:
    """Return the colours as style rules: the reader's own theme, unless one was chosen."""
    light, dark = (
        "".join(f"--{name}:{colour};" for name, colour in theme.items()) for theme in (LIGHT, DARK)
    )
    causes = "".join(
        f".cause-{name}{{fill:{colour};background:{colour}}}.plot .letters-{name}{{fill:{letters}}}"
        for name, (_, colour, letters) in CAUSES.items()
    )
    return Markup(
        f":root{{color-scheme:light;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root{{color-scheme:dark;{dark}}}}}"
        f":root[data-theme=light]{{color-scheme:light;{light}}}"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}"
        f"@media print{{:root,:root[data-theme]{{color-scheme:light;{light}}}}}"
        f"{causes}"
    )
