"""Checks of what a worker serves: answers, stamps, what it holds in the end, a known pause."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.runner.model import ReferenceModel
from lab.runner.verify import Checksum, Verifier
from lab.testing.workers.asked import Asked
from lab.testing.workers.known_blocks import CAPACITY, KNOWN, LEAD_NS, Known, reads_at
from lab.testing.workers.session import Returned, Session
from lab.trial.block import (
    CONCURRENT,
    EVIDENCE_RECORD_WORDS,
    EXPLICIT,
    GC_RECORD_WORDS,
    Phase,
    Word,
)
from lab.workload.read_states import Columns

PAUSE_NS, EVERY_NS = 50_000_000, 250_000_000
TOLERANCE = 0.02
_PAUSED_S, _READ_EVERY_NS = 1.25, 500_000
_USAGE = (
    *("cpu_s", "run_delay_ns", "voluntary_switches", "involuntary_switches"),
    *("minor_faults", "major_faults"),
)
_GC_CPU = ("assist_s", "background_s", "pause_s")


def serves(asked: Asked) -> None:
    """Answer known blocks as the reference model does, whatever keys, payload and wait."""
    for known in KNOWN:
        with Session(asked.command, asked.spec(known), asked.limit_s) as session:
            _serve(session, known)


def _serve(session: Session, known: Known) -> None:
    collects = _check_ready(session)
    verifier = Verifier(ReferenceModel(CAPACITY, known.keys, dense=known.dense))
    checksum, served = Checksum(), []
    for phase, blocks in known.phases():
        sent = _from_now(session, blocks) if phase == Phase.MEASURE else blocks
        returned = session.play(phase, sent)
        for each in returned:
            _check_stamps(each, f"phase {phase.name.lower()}")
            verifier.block(phase, each.sent, each.outcomes, each.arguments)
            assert verifier.wrong is None, verifier.wrong
            if phase == Phase.MEASURE:
                checksum.answers(each.sent.operations, each.outcomes, each.arguments)
        served += returned
        session.end_phase(phase)
        if phase == Phase.WARM_UP:
            _check_warm(session, collects)
    _check_finished(session.answer("finished"))
    _check_records(session, served)
    keys, ids, mentions, differing = session.dump()
    checksum.items(keys, ids, mentions)
    verifier.cache(keys, ids, mentions)
    verifier.payloads(differing)
    keys, ids, mentions, _ = session.dump()
    verifier.store(keys, ids, mentions)
    assert verifier.wrong is None, verifier.wrong
    found = checksum.digest()
    assert found == known.checksum, f"checksum {found}, an exact LRU's is {known.checksum}"
    code = session.quit()
    assert code == 0, f"exit code {code} after a quit token, not 0"


def _from_now(session: Session, blocks: list[Columns]) -> list[Columns]:
    """Make due times absolute and set t0."""
    t0_ns = time.monotonic_ns() + LEAD_NS
    session.file.words[Word.T0_NS] = t0_ns
    return [Columns(b.due + t0_ns, b.keys, b.arguments, b.operations) for b in blocks]


def _check_stamps(block: Returned, where: str) -> None:
    started, finished = block.started, block.finished
    for rule, holds in (
        ("token sent <= started", block.sent_ns <= started.min()),
        ("due <= started", bool(np.all(block.sent.due <= started))),
        ("started <= finished", bool(np.all(started <= finished))),
        ("one after another", bool(np.all(finished[:-1] <= started[1:]))),
        ("finished <= token received", finished.max() <= block.received_ns),
    ):
        assert holds, f"{where}: stamps break the rule {rule!r}"


def _check_ready(session: Session) -> bool:
    """Check the first answer; return whether there is a collector."""
    ready = session.answer("ready")
    pid = ready.get("pid")
    assert pid == session.worker.pid, f"'ready' says pid {pid}, it is {session.worker.pid}"
    runtime = ready.get("runtime")
    assert isinstance(runtime, dict), "'ready' has no runtime"
    for name in ("name", "version", "collector"):
        value = runtime.get(name)
        assert isinstance(value, str), f"'ready': runtime.{name} is {value!r}, not a text"
        assert value, f"'ready': runtime.{name} is empty"
    assert isinstance(ready.get("gc"), dict), "'ready' has no object gc"
    assert not session.path.exists(), "the block file is not unlinked when 'ready' is answered"
    return bool(runtime["collector"] != "none")


def _check_warm(session: Session, collects: bool) -> None:
    warm = session.answer("warm")
    _check_numbers(warm, ("rss_before_bytes", "rss_bytes", "entries"), "warm", least=1)
    assert warm["entries"] == CAPACITY, f"'warm': {warm['entries']} entries, not {CAPACITY}"
    assert isinstance(warm.get("gc"), dict), "'warm' has no object gc"
    flags = _records(session, Word.GC_WRITTEN)[:, 5]
    asked_for = bool((flags & EXPLICIT).any())
    assert asked_for == collects, (
        "no collection that was asked for is recorded at the end of the warm-up"
        if collects
        else "a collection is recorded, and 'ready' says that there is no collector"
    )


def _check_finished(finished: dict[str, Any]) -> None:
    usage = finished.get("usage")
    assert isinstance(usage, dict), "'finished' has no usage"
    _check_numbers(usage, _USAGE, "finished: usage")
    _check_numbers(finished, ("rss_bytes", "peak_rss_bytes", "entries"), "finished", least=1)
    _check_numbers(finished, ("index_epoch",), "finished")
    entries = finished["entries"]
    assert entries == CAPACITY, f"'finished': {entries} entries, not {CAPACITY}"
    assert isinstance(finished.get("gc"), dict), "'finished' has no object gc"
    if finished.get("gc_cpu") is not None:
        _check_numbers(finished["gc_cpu"], _GC_CPU, "finished: gc_cpu")


def _check_numbers(
    answer: dict[str, Any], names: tuple[str, ...], event: str, least: float = 0
) -> None:
    for name in names:
        value = answer.get(name)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        assert number, f"{event!r}: {name} is {value!r}, not a number"
        assert value is not None
        assert value >= least, f"{event!r}: {name} is {value}, below {least}"


def _records(session: Session, counter: Word) -> NDArray[np.int64]:
    """Return the records of a ring; there are more places than a check fills."""
    file, is_gc = session.file, counter == Word.GC_WRITTEN
    ring, words = (file.gc_events, GC_RECORD_WORDS) if is_gc else (file.evidence, 12)
    table: NDArray[np.int64] = np.asarray(ring).reshape(-1, words)
    return table[: file.words[counter]].copy()


def _check_records(session: Session, served: list[Returned]) -> None:
    """Check the form of what stands in both rings."""
    events = _records(session, Word.GC_WRITTEN)
    assert (events[:, 0] <= events[:, 1]).all(), "a collection ends before it begins"
    assert (np.diff(events[:, 1]) >= 0).all(), "collections are not recorded in order of their ends"
    assert (events[:, 2] >= 0).all(), "a collection has a negative generation"
    unknown = events[:, 5] & ~(EXPLICIT | CONCURRENT)
    assert not unknown.any(), f"a collection has flags {events[unknown != 0, 5].tolist()}"
    evidence = _records(session, Word.EVIDENCE_WRITTEN)
    assert evidence.shape[1] == EVIDENCE_RECORD_WORDS
    stamps = np.concatenate([block.finished for block in served])
    strange = ~np.isin(evidence[:, 0], stamps)
    assert not strange.any(), "evidence on an operation that is in no block"
    assert (evidence[:, 1] <= evidence[:, 2]).all(), "evidence is looked for before it was"
    assert (evidence[:, 3:] >= 0).all(), "a count of evidence went back"


def pauses_for_as_long_as_it_says(asked: Asked) -> None:
    """Take 50 ms for a known pause of 50 ms, within 2 %: the median of some."""
    options: dict[str, object] = {"pause": PAUSE_NS, "every": EVERY_NS}
    text = f"{asked.known_pause}:pause={PAUSE_NS}ns,every={EVERY_NS}ns"
    spec = asked.spec(layout=asked.known_pause, options=options, strategy=text)
    with Session(asked.command, spec, asked.limit_s) as session:
        session.answer("ready")
        for phase in (Phase.FILL, Phase.AGE, Phase.WARM_UP):
            session.end_phase(phase)
        blocks = _from_now(session, list(reads_at(_READ_EVERY_NS, _PAUSED_S)))
        returned = session.play(Phase.MEASURE, blocks)
        for block in returned:
            _check_stamps(block, asked.known_pause)
        session.end_phase(Phase.MEASURE)
        session.quit()
    took = np.concatenate([block.finished - block.started for block in returned])
    pauses = took[took > PAUSE_NS // 2]
    wanted = int(_PAUSED_S * 1e9 / EVERY_NS)
    assert abs(len(pauses) - wanted) <= 1, f"{len(pauses)} pauses, not {wanted}"
    middle = float(np.median(pauses))
    off = abs(middle / PAUSE_NS - 1)
    assert off <= TOLERANCE, f"a pause of 50 ms takes {middle / 1e6:.2f} ms"
