"""What was asked of the suite: enough to build it again, beside its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from lab.experiments import experiments_folder
from lab.findings.estimate import fitted
from lab.findings.model import Claim
from lab.findings.reading import read_claims
from lab.findings.scales import Scale, read_scale
from lab.findings.suite import Suite, build_suite, plain_count
from lab.spec import merge
from lab.store import StoredRun
from strategies.errors import UsageError, unknown
from strategies.units import parse_count, parse_duration_ns

Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A scale, the claims to test (none: all of them), and what differs from the scale."""

    scale: str
    claims: tuple[str, ...] = ()
    entries: str | None = None
    duration: str | None = None
    repeats: int | None = None
    again: int | None = None

    def to_json(self) -> Json:
        """Return what ``run.json`` keeps as ``suite``."""
        return asdict(self)

    @classmethod
    def from_run(cls, stored: StoredRun) -> Asked:
        """Return what a stored run was asked.

        Raises
        ------
        UsageError
            It is no run of the suite.
        """
        kept = stored.run.get("suite")
        if kept is None:
            raise UsageError(f"{stored.folder} is no run of 'gclab reproduce': it has no claims")
        return cls(**{**kept, "claims": tuple(kept["claims"])})


@dataclass(frozen=True)
class Fits:
    """The cache that the scale asks for, and the one that fits into this machine's memory."""

    wanted: int
    taken: int

    def settle(self, asked: Asked) -> Asked:
        """Return what was asked with the entries that are taken.

        Later there may be more memory or less: the run's trials stay what they were.
        """
        return replace(asked, entries=plain_count(self.taken))


def prepare(asked: Asked) -> tuple[tuple[Claim, ...], Suite, Fits]:
    """Read the claims and put their trials together.

    Raises
    ------
    UsageError
        An unknown claim or scale, a file that is not as it should be, a value that is wrong.
    """
    claims = _chosen(read_claims(experiments_folder() / "findings"), asked.claims)
    scale = _scale(asked)
    taken = scale if asked.entries else fitted(asked.scale, claims, scale)
    suite = build_suite(f"reproduce-{asked.scale}", claims, taken, repeats=asked.repeats)
    return claims, suite, Fits(scale.entries, taken.entries)


def _scale(asked: Asked) -> Scale:
    scale = read_scale(asked.scale)
    if asked.entries is not None:
        entries = parse_count(asked.entries, "--entries")
        raw = merge(scale.raw, {"workload": {"entries": plain_count(entries)}})
        scale = replace(scale, entries=entries, raw=raw)
    if asked.duration is not None:
        duration_ns = parse_duration_ns(asked.duration, "--duration")
        raw = merge(scale.raw, {"load": {"duration": f"{duration_ns / 1e9:g}s"}})
        scale = replace(scale, duration_ns=duration_ns, raw=raw)
    if asked.again is not None:
        scale = replace(scale, again=asked.again)
    return scale


def _chosen(claims: Sequence[Claim], names: Sequence[str]) -> tuple[Claim, ...]:
    known = {claim.name.lower(): claim for claim in claims}
    for name in names:
        if name.lower() not in known:
            raise unknown("claim", name, [claim.name for claim in claims])
    wanted = {name.lower() for name in names}
    return tuple(claim for claim in claims if not wanted or claim.name.lower() in wanted)
