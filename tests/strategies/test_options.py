"""The grammar of options and their binding to a constructor's parameters."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from strategies.errors import UsageError
from strategies.interface import Count, DurationNs
from strategies.options import bind, describe, parameters, split


class Sample:
    """One option of every kind; ``capacity`` is no option, since it may be given by position."""

    def __init__(
        self,
        capacity: int,
        *,
        pause: DurationNs = 50_000_000,
        entries: Count = 8,
        depth: int = 2,
        share: float = 0.5,
        mode: Literal["fast", "slow"] = "fast",
        label: str = "x",
        hidden: int = 0,
    ) -> None: ...


class Plain:
    """No constructor of its own."""


SAMPLE = parameters(Sample, ("hidden",))
SIX = [(None, text) for text in ("1s", "2", "3", "0.4", "fast", "six")]


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("slots", "slots", []),
        (" slots ", "slots", []),
        ("known-pause:50ms,every=1s", "known-pause", [(None, "50ms"), ("every", "1s")]),
        ("a:b", "a", [(None, "b")]),
        ("a: b , c = d ", "a", [(None, "b"), ("c", "d")]),
        ("a:b=c=d", "a", [("b", "c=d")]),
        ("a:b:c", "a", [(None, "b:c")]),
        ("", "", []),
    ],
)
def test_split(text: str, name: str, options: list[tuple[str | None, str]]) -> None:
    assert split(text) == (name, options)


@pytest.mark.parametrize("text", ["a:", "a:b,", "a:,b", "a:b=", "a: , ", ":"])
def test_an_empty_option_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        split(text)
    assert str(refused.value) == f"{text!r}: an option is empty; write name:value,name=value"


def test_no_position_after_a_name() -> None:
    with pytest.raises(UsageError) as refused:
        split("a:b=c,d")
    assert str(refused.value) == "'a:b=c,d': 'd' by position follows an option by name"


def test_parameters_are_the_keyword_only_ones_in_their_order() -> None:
    assert list(SAMPLE) == ["pause", "entries", "depth", "share", "mode", "label"]
    assert SAMPLE["depth"] is int
    assert parameters(Plain) == {}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("pause", "3ms", 3_000_000),
        ("entries", "1.5k", 1500),
        ("depth", "3", 3),
        ("depth", "0", 0),
        ("share", "0.25", 0.25),
        ("mode", "slow", "slow"),
        ("label", "3ms", "3ms"),
    ],
)
def test_a_value_is_read_by_its_annotation(name: str, text: str, value: object) -> None:
    bound = bind("w", [(name, text)], SAMPLE)
    assert bound == {name: value}
    assert type(bound[name]) is type(value)


def test_positions_follow_the_order_of_the_parameters() -> None:
    options: list[tuple[str | None, str]] = [(None, "1s"), (None, "2k"), ("mode", "slow")]
    assert bind("w", options, SAMPLE) == {"pause": 10**9, "entries": 2000, "mode": "slow"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([("moed", "slow")], "w: unknown option 'moed': did you mean 'mode'?"),
        ([("hidden", "1")], "w: unknown option 'hidden': known: "),
        ([(None, "1s"), ("pause", "2s")], "w: option 'pause' is given twice"),
        ([*SIX, (None, "7")], "w: too many options at '7'; it takes: pause, entries, depth, "),
        ([("mode", "medium")], "w: option mode is one of fast, slow, not 'medium'"),
        ([("pause", "3x")], "w: option pause '3x': write a duration above 0"),
        ([("entries", "0")], "w: option entries '0': write a number above 0"),
        ([("depth", "-1")], "w: option depth '-1': write a number above 0"),
        ([("depth", "1.5")], "w: option depth '1.5': must be a whole number"),
        ([("share", "half")], "w: option share 'half': write a number above 0"),
    ],
)
def test_what_does_not_bind_is_refused_in_one_line(
    options: list[tuple[str | None, str]], message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        bind("w", options, SAMPLE)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([("a", "1")], "w: takes no options, 'a' was given"),
        ([(None, "1")], "w: too many options at '1'; it takes: none"),
    ],
)
def test_where_there_are_no_options(options: list[tuple[str | None, str]], message: str) -> None:
    nothing: dict[str, Any] = {}
    assert bind("w", [], nothing) == {}
    with pytest.raises(UsageError) as refused:
        bind("w", options, nothing)
    assert str(refused.value) == message


def test_options_are_described_as_they_would_be_given() -> None:
    assert describe(Sample, ("hidden",)) == (
        "pause=50.0ms,entries=8,depth=2,share=0.5,mode=fast|slow,label=x"
    )
    assert describe(Plain) == ""
