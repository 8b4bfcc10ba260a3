"""What a layout is checked for, one function each: ``check(mode)`` or ``check(mode, budget)``.

A *mode* is a layout with its options, as on the command line: ``slots:update=in-place``.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, Protocol, get_args

from lab.testing.approximate import ApproximateMachine
from lab.testing.machine import ID_MAX, KEY_MAX, KEY_MIN, Budget, LayoutMachine, run_machine
from lab.testing.modes import modes
from lab.testing.taking import taken
from strategies.catalogue import load_layout, parse
from strategies.errors import UsageError
from strategies.interface import MENTIONS_MAX, Layout, Rehash, payload_for
from strategies.options import parameters

DEFAULT = Budget()
PAYLOADS = (0, 20)


class Check(Protocol):
    """One check of one mode; an `AssertionError` says what the layout did wrong."""

    __name__: str

    def __call__(self, mode: str, budget: Budget = DEFAULT) -> None:
        """Check one mode of a layout."""


def machine_for(mode: str, payload_bytes: int, budget: Budget = DEFAULT) -> type[LayoutMachine]:
    """Return the machine that fits what the layout declares.

    Raises
    ------
    UsageError
        An instrument, which keeps nothing and promises nothing.
    """
    facts = parse(mode).layout_facts
    if facts.eviction == "none":
        raise UsageError(f"{mode}: an instrument (eviction='none') has no answers to check")
    base = LayoutMachine if facts.eviction == "exact-lru" else ApproximateMachine
    own = {"mode": mode, "payload_bytes": payload_bytes, "budget": budget}
    return type("Machine", (base,), own)


def declares_what_it_has(mode: str, budget: Budget = DEFAULT) -> None:  # noqa: ARG001
    """Facts, constructor and attributes are those of the contract."""
    strategy = parse(mode)
    cls, facts = strategy.layout_class, strategy.layout_facts
    assert facts.summary, "the class has no docstring"
    assert facts.sees, "sees=... says nothing of what the collector sees"
    assert facts.updates, "updates=... names no mode"
    assert facts.bytes_per_entry > 0, "bytes_per_entry is above 0"
    assert {"payload_bytes", "update", "pending"} <= set(parameters(cls)), (
        "the constructor takes (capacity, *, payload_bytes=0, update='replace', pending='record')"
    )
    assert facts.rehash in get_args(Rehash), f"rehash={facts.rehash!r} is none of {Rehash}"
    layout = strategy.build_layout(4, 0)
    try:
        victim = layout.victim
        assert isinstance(victim, array), "victim is an array.array"
        assert (victim.typecode, len(victim)) == ("q", 3), "victim is array('q', 3 numbers)"
        unreported = facts.evictions == "unreported"
        assert not unreported or callable(getattr(layout, "uncommitted", None)), (
            "evictions='unreported' needs uncommitted(key)"
        )
        for key in range(40):
            layout.insert(key, key, 0, changed=False)
        assert facts.rehash == "counted" or layout.index_epoch() == 0, (
            f"rehash={facts.rehash!r}, and index_epoch() counts"
        )
    finally:
        layout.close()


def answers_as_the_model_does(mode: str, budget: Budget = DEFAULT) -> None:
    """Random operations on few keys, with and without a payload; hypothesis shrinks a failure."""
    for payload_bytes in PAYLOADS:
        run_machine(machine_for(mode, payload_bytes, budget))


def keeps_its_word_on_a_long_walk(mode: str, budget: Budget = DEFAULT) -> None:
    """Thousands of operations on more keys than fit, always the same ones."""
    for payload_bytes in PAYLOADS:
        _walk(machine_for(mode, payload_bytes, budget), budget.walk)


@contextmanager
def _walking(walk: LayoutMachine, capacity: int, keys: list[int]) -> Iterator[LayoutMachine]:
    """Build the layout; in the end look at all that was committed, after a fault only close."""
    walk.build(capacity, keys)
    try:
        yield walk
    except BaseException:
        walk.layout.close()
        raise
    walk.teardown()


def _walk(machine: type[LayoutMachine], steps: int) -> None:
    draw = Random(7)
    keys = [draw.choice((draw.randrange(200), draw.randint(KEY_MIN, KEY_MAX))) for _ in range(90)]
    with _walking(machine(), 45, keys) as walk:
        operations: dict[str, Any] = {
            "read": walk.read,
            "mention": walk.mention,
            "ack": lambda place: walk.ack(place, draw.getrandbits(64)),
            "take": lambda _: walk.take(draw.randint(1, 25)),
            "seal": lambda _: walk.seal(),
        }
        for step in range(steps):
            (name,) = draw.choices(tuple(operations), (20, 40, 30, 8, 2))
            operations[name](int(90 * draw.random() ** 2))
            if step % 25 == 0:
                walk.holds_what_the_model_holds()


def keeps_the_whole_range(mode: str, budget: Budget = DEFAULT) -> None:
    """Keys of 64 bits with a sign, ids up to 2^64 - 1, mentions that stop at 2^32 - 1."""
    keys = [KEY_MIN, KEY_MAX, -1, 0, KEY_MIN + 1, KEY_MAX - 1]
    with _walking(machine_for(mode, 8, budget)(), 4, keys) as walk:
        for place in range(len(keys)):
            walk.known_to_the_store_before(place, ID_MAX - place, MENTIONS_MAX - place % 2)
        for place in [*range(len(keys)), *range(len(keys))]:
            walk.mention(place)  # every other one is full before it
            walk.mention(place)
            walk.read(place)
            walk.holds_what_the_model_holds()
        for place, message_id in enumerate((0, 1, 2**63 - 1, 2**63, ID_MAX - 1, ID_MAX)):
            walk.ack(place, message_id)
            walk.holds_what_the_model_holds()


def commits_what_changed_only(mode: str, budget: Budget = DEFAULT) -> None:  # noqa: ARG001
    """Hand out what was changed, and nothing that was only read."""
    layout = _built(mode)
    try:
        layout.insert(1, 10, 0, changed=False)
        layout.insert(2, 20, 0, changed=True)
        layout.insert(3, 30, 0, changed=False)
        layout.read(1)
        layout.seal_pending()
        out = taken(layout.take_pending, 9)
        assert out == [(2, 20, 0)], f"{out} handed out, and only (2, 20, 0) was changed"
    finally:
        layout.close()


def commits_what_changes_meanwhile(mode: str, budget: Budget = DEFAULT) -> None:
    """Commit a state that changes between seal and commit in the end, as it is then."""
    with _walking(machine_for(mode, 0, budget)(), 4, [1]) as walk:
        walk.ack(0, 10)
        walk.seal()
        walk.ack(0, 11)
        walk.take(9)
        walk.mention(0)
        walk.seal()
        walk.take(9)
        assert walk.stored[1] == (11, 1), f"{walk.stored[1]} stored, not (11, 1)"


def has_payloads_of_cached_keys(mode: str, budget: Budget = DEFAULT) -> None:  # noqa: ARG001
    """Return the bytes of a cached key; of any other key raise a `KeyError`."""
    layout = _built(mode, payload_bytes=8)
    try:
        layout.insert(1, 10, 0, changed=False)
        for key, message_id, _ in layout.items():
            assert layout.payload(key) == payload_for(message_id, 8), f"payload of {key}"
        try:
            held = layout.payload(2)
        except KeyError:
            pass
        else:
            raise AssertionError(f"payload(2) is {held!r}, and 2 is not cached")
    finally:
        layout.close()


def closes_twice(mode: str, budget: Budget = DEFAULT) -> None:  # noqa: ARG001
    """`close` may be called again, with something pending or before anything was done."""
    layout = _built(mode)
    layout.insert(1, 10, 0, changed=True)
    for each in (layout, _built(mode)):
        each.close()
        each.close()


def _built(mode: str, payload_bytes: int = 0) -> Layout:
    return parse(mode).build_layout(4, payload_bytes)


CHECKS: tuple[Check, ...] = (
    declares_what_it_has,
    has_payloads_of_cached_keys,
    commits_what_changed_only,
    commits_what_changes_meanwhile,
    closes_twice,
    keeps_the_whole_range,
    answers_as_the_model_does,
    keeps_its_word_on_a_long_walk,
)


def conformance(layout: str, budget: Budget = DEFAULT) -> None:
    """Check a layout in every mode that it has; the first fault is raised.

    Raises
    ------
    AssertionError
        What it did wrong; the mode and the check are in the notes of the exception.
    UsageError
        An unknown layout, or an instrument.
    """
    facts = load_layout(layout).facts
    if facts.eviction == "none":
        raise UsageError(f"{layout}: an instrument (eviction='none') has no answers to check")
    if facts.program:
        raise UsageError(f"{layout}: another program serves it: lab.testing.workers.check_worker")
    for mode in modes(layout):
        for check in CHECKS:
            try:
                check(mode, budget)
            except Exception as error:
                error.add_note(f"{mode}: {check.__name__}")
                raise
