"""What a command line asks for: the experiment that it starts from, and what it changes in it."""

from __future__ import annotations

import typer

from lab.experiments import DEFAULT, read_experiment
from lab.pythons import ALL
from lab.spec import Raw


def base_of(experiment: str | None, *, plain: bool) -> tuple[str, Raw]:
    """Return the name and the content of the experiment; plain: just the strategies named."""
    if experiment is None and plain:
        return "compare", {"question": "How do these strategies compare under the same load?"}
    return read_experiment(experiment or DEFAULT)


def mix_of(text: str | None) -> dict[str, object] | None:
    """Read ``10/50/40``, weights of reads, acks and mentions."""
    if text is None:
        return None
    parts = text.replace(":", "/").split("/")
    try:
        read, ack, mention = (float(part) for part in parts)
    except ValueError:
        raise typer.BadParameter(f"--mix {text!r}: three weights, such as 10/50/40") from None
    return {"read": read, "ack": ack, "mention": mention}


def pace_of(rate: str | None, ramp: str | None) -> dict[str, object]:
    """Let a rate take the place of a ramp, and a ramp that of a rate, wherever it was written."""
    return {
        "rate": "" if rate is None and ramp is not None else rate,
        "ramp": "" if ramp is None and rate is not None else ramp,
    }


def pythons_of(pythons: list[str] | None, base: Raw) -> tuple[dict[str, object], dict[str, object]]:
    """Return what ``--python`` changes in [service] and in [matrix].

    Several make a factor, as does ``all``; one does where the experiment has several.
    """
    if not pythons:
        return {}, {}
    if len(pythons) == 1 and pythons != [ALL] and "python" not in base.get("matrix", {}):
        return {"python": pythons[0]}, {}
    return {}, {"python": pythons}


def overrides(*, seed: int | None, **sections: dict[str, object]) -> Raw:
    """Return the sections with what was given on the command line, and nothing else."""
    raw: Raw = {
        name: {key: value for key, value in section.items() if value is not None and value != []}
        for name, section in sections.items()
    }
    return raw if seed is None else {**raw, "seed": seed}
