from __future__ import annotations

from pathlib import Path

import pytest
from trace_maker import make

from lab.workload.traces import TraceFormat, formats, interface, parse_format, trace_format
from strategies.errors import UsageError


def test_formats_are_found_and_described() -> None:
    found = {each.name: each for each in formats()}
    assert list(found) == sorted(found)
    assert {"arc", "cache2k-u32", "csv", "lirs", "oracle-general", "twitter"} <= found.keys()
    assert all(each.description and "\n" not in each.description for each in found.values())
    assert found["csv"].usage() == "csv:COLUMN[,time=TIME][,unit=s|ms|us|ns]"
    assert found["twitter"].usage() == "twitter[:times=spread|none][,seed=SEED]"
    assert found["lirs"].usage() == "lirs"


def test_a_format_name_is_taken_once() -> None:
    class Second(TraceFormat):
        name = "lirs"
        description = "another"

    formats()
    with pytest.raises(ValueError, match="two trace formats are named 'lirs'"):
        trace_format(Second)
    assert interface.registered()["lirs"] is not Second


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("csv:key", {"column": "key", "time": "", "unit": "s"}),
        ("csv:key,ts,ms", {"column": "key", "time": "ts", "unit": "ms"}),
        ("csv:column=key, unit=us, time=ts", {"column": "key", "unit": "us", "time": "ts"}),
        (" csv:a:b ", {"column": "a:b", "time": "", "unit": "s"}),
        ("lirs", {}),
        ("twitter", {"times": "spread", "seed": 1}),
        ("oracle-general:none", {"times": "none", "seed": 1}),
        ("twitter:seed=0", {"times": "spread", "seed": 0}),
    ],
)
def test_options_by_position_or_name(text: str, options: dict[str, object]) -> None:
    assert vars(parse_format(text)) == options


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lir", "unknown trace format 'lir': did you mean 'lirs'?"),
        ("", "unknown trace format '': known: arc, cache2k-u32, csv, lirs"),
        ("csv", "trace format 'csv': no column given: write csv:COLUMN[,time=TIME]"),
        ("csv:time=a", "no column given"),
        ("csv:", "an option is empty"),
        ("csv:a,,ms", "an option is empty"),
        ("csv:a,time=", "an option is empty"),
        ("csv:a,tim=b", "unknown option 'tim': did you mean 'time'?"),
        ("csv:a,column=b", "option 'column' is given twice"),
        ("csv:a,b,s,d", "too many options at 'd'; it takes: column, time, unit"),
        ("csv:a,b,unit=sec", "option unit is one of s, ms, us, ns, not 'sec'"),
        ("csv:a,unit=ms", "unit without time: add time=COLUMN"),
        ("lirs:x", "too many options at 'x'"),
        ("lirs:x=1", "takes no options, 'x' was given"),
        ("twitter:times=no", "option times is one of spread, none, not 'no'"),
        ("twitter:seed=x", "option seed 'x': write a number"),
    ],
)
def test_wrong_options(text: str, expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_format(text)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_opening_keeps_what_was_asked_for(tmp_path: Path) -> None:
    trace = make(tmp_path, "key\n1\n", "csv:key")
    assert (trace.path, trace.format.name, trace.format_text) == (
        tmp_path / "trace",
        "csv",
        "csv:key",
    )
