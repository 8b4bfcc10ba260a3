"""Reads [load]: how requests arrive, at which rates, for how long."""

from __future__ import annotations

from lab.spec.model import LoadSpec
from lab.spec.raw import DEFAULT_DURATION, DEFAULT_RATE, Raw
from lab.trial.driver import LOOPS
from lab.workload.arrivals import STEP_NS_MIN, check_arrivals
from strategies.errors import UsageError, unknown
from strategies.units import format_duration, parse_duration_ns, parse_number


def plain(value: object) -> str:
    """Write a value as on the command line; a table is a kind: ``{zipf = 0.99}``."""
    if isinstance(value, dict):
        return ",".join(kind + _parameters(inner) for kind, inner in value.items())
    return str(value)


def plain_rates(value: object) -> str:
    """Write a ramp as on the command line."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _parameters(value: object) -> str:
    if value in ({}, []):
        return ""
    if isinstance(value, list):
        return ":" + ",".join(str(v) for v in value)
    if isinstance(value, dict):
        return ":" + ",".join(f"{k}={v}" for k, v in value.items())
    return f":{value}"


def build_load(section: Raw, trace: str) -> LoadSpec:
    """Check a merged [load]; ``trace`` is the workload's, "" without one.

    Raises
    ------
    UsageError
        A value that is wrong, in one line that names its key.
    """
    kind, burst = check_arrivals(plain(section["arrivals"]))
    wait = str(section["wait"])
    if wait not in LOOPS:
        raise unknown("wait", wait, LOOPS)
    rate, duration = section["rate"], section["duration"]
    if not trace:
        duration = DEFAULT_DURATION if duration == "" else duration
        rate = DEFAULT_RATE if rate == "" else rate
    duration_ns = parse_duration_ns(duration, "duration") if duration != "" else None
    per_second = parse_number(rate, "rate") if rate != "" else None
    ramp = _ramp(section, duration_ns)
    return LoadSpec(
        arrivals=kind if burst is None else str(burst),
        rate=sum(ramp) / len(ramp) if ramp else per_second,
        ramp=ramp,
        duration_ns=duration_ns,
        warm_up_ns=parse_duration_ns(section["warm_up"], "warm_up"),
        wait=wait,
        closed_loop=bool(section["closed_loop"]),
    )


def _ramp(section: Raw, duration_ns: int | None) -> tuple[float, ...]:
    """Read the rates of a ramp, ``5k,10k,20k`` or a list; none without one."""
    written = section["ramp"]
    if written in ("", []):
        return ()
    values = written if isinstance(written, list) else str(written).split(",")
    what = f"ramp {plain_rates(written)!r}"
    rates = tuple(parse_number(value, f"{what}: rate") for value in values)
    if len(rates) < 2:
        raise UsageError(f"{what}: two rates or more, such as 5k,10k,20k; one is --rate")
    if section["rate"] != "":
        raise UsageError(f"{what} beside rate {section['rate']}: give one of them")
    if section["closed_loop"]:
        raise UsageError(f"{what}: a closed loop has no rate; leave one of them out")
    if duration_ns is None:
        raise UsageError(f"{what} needs --duration: its steps are parts of it")
    if duration_ns < len(rates) * STEP_NS_MIN:
        raise UsageError(
            f"{what}: {len(rates)} steps of at least {format_duration(STEP_NS_MIN)} take "
            f"--duration {len(rates) * STEP_NS_MIN / 1e9:g}s or longer"
        )
    return rates
