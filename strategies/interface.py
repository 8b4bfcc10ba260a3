"""The contracts of this package: layouts, policies, and how they declare themselves.

A *layout* decides how entries, index and recency order live in memory. A *policy* decides what the
process does about its collector. A *strategy* is one of each, written ``slots+freeze``.

A new layout is one file in ``strategies/layouts/`` named like the layout (``flat-array`` lives in
``flat_array.py``), holding one class under `layout`; a new policy likewise in
``strategies/policies/``. Nothing else is edited. Options on the command line are the keyword-only
parameters of the class's constructor, read by their annotations: `DurationNs`, `Count`, `CInt`,
``int``, ``float``, ``str`` or a ``Literal``.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeVar

from strategies import buffers
from strategies.collector import collector_state

Update = Literal["replace", "in-place"]
"""``replace``: every update makes a new entry, as the case study's service did, or writes the whole
state over the old one, payload included. ``in-place``: it changes the fields that differ."""
Pending = Literal["record", "coalesce"]
"""``record``: one commit record per update. ``coalesce``: one pending entry per key."""
Drain = Literal["batch", "rolling"]
"""``batch``: a sealed batch is dropped whole. ``rolling``: a record goes as the next one comes."""
DurationNs = Annotated[int, "duration"]
Count = Annotated[int, "count"]
CInt = Annotated[int, "C int"]
"""0 or more, and no more than a C int holds: what `gc.set_threshold` takes."""

Typed = buffers.Typed
MENTIONS_MAX = 2**32 - 1
MASK64 = 2**64 - 1


class Layout(Protocol):
    """A cache of Read States: key -> (last message id, mentions), in least-recently-used order.

    Keys are signed 64-bit, message ids unsigned 64-bit, mentions unsigned 32-bit and saturating.
    With ``payload_bytes`` every new entry and every replacement writes, inside the operation, the
    message id's 8 little-endian bytes repeated to that length.
    """

    facts: ClassVar[LayoutFacts]
    victim: array[int]
    """``array('q', 3)``: key, message id (bit pattern) and mentions of the last eviction."""

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        update: Update = "replace",
        pending: Pending = "record",
    ) -> None: ...

    def read(self, key: int) -> tuple[int, int] | None:
        """Return (message id, mentions) and touch recency; None is a miss."""

    def ack(self, key: int, message_id: int) -> bool:
        """Set the last message id and clear the mentions; False is a miss."""
        ...

    def mention(self, key: int) -> bool:
        """Add one mention; False is a miss."""
        ...

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:
        """Insert after a miss; ``changed``: pending from now on. True: it evicted, see `victim`."""
        ...

    def seal_pending(self) -> None:
        """Make what is pending now the batch to commit."""

    def take_pending(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        """Go through up to ``limit`` records of the sealed batch and hand out the current ones.

        Fills the caller's typed views (``q``, ``Q``, ``I``) and returns how many states it wrote.
        A record that is no longer the cache's state of its key is passed over. The batch is
        dropped whole when its last record is out.
        """
        ...

    def __len__(self) -> int: ...

    def items(self) -> Iterator[tuple[int, int, int]]:
        """Yield (key, message id, mentions), least recent first; outside the timed phase."""
        ...

    def payload(self, key: int) -> bytes:
        """Return the payload held for a cached key, without touching recency."""
        ...

    def index_epoch(self) -> int:
        """Return how often the index was re-hashed so far, as far as `LayoutFacts.rehash` goes."""
        ...

    def close(self) -> None:
        """Release everything; may be called twice."""

    # An instrument with a schedule may have ``measure_from(t0_ns)`` besides: it is called with the
    # start of the measured phase, on CLOCK_MONOTONIC, before that phase's first operation.


Eviction = Literal["exact-lru", "approximate", "none"]
"""What a layout evicts. ``exact-lru``: every hit, miss and eviction is predicted and compared.
``approximate``: which key is out is the layout's choice (it may be another algorithm); every value
it answers is still compared. ``none``: an instrument that keeps nothing; nothing is compared."""
Evictions = Literal["reported", "unreported"]
"""``unreported``: the layout cannot say what it evicts. It then holds pending states by value and
has ``uncommitted(key) -> tuple[int, int] | None``, which the service asks before the store."""
Rehash = Literal["none", "counted", "unseen"]
"""``none``: the index is never re-hashed. ``counted``: `index_epoch` says how often it was.
``unseen``: it is re-hashed where that cannot be noticed, and `index_epoch` stays 0."""


@dataclass(frozen=True)
class LayoutFacts:
    """What a layout declares about itself; what can be verified is verified by the trial."""

    name: str
    summary: str
    sees: str
    """What the collector sees of it."""
    eviction: Eviction = "exact-lru"
    evictions: Evictions = "reported"
    updates: tuple[Update, ...] = ("replace",)
    rehash: Rehash = "counted"
    threads: bool = False
    """It has threads in the worker that want the interpreter's lock: the loop then sleeps."""
    packages: tuple[str, ...] = ()
    """Packages beyond the standard library that it wraps."""
    bytes_per_entry: int = 300
    """Estimate without payload, only for the check that a trial fits in memory."""
    use: str = ""
    """When to take it, in a few words."""
    avoid: str = ""
    """When not to."""
    program: str = ""
    """The program of `strategies.native` that serves it; "": the class itself does, in Python."""
    update_objects: int | None = None
    """Objects that CPython's collector counts when an update replaces an entry, none from a free
    list; None: not known, and no period is predicted from the workload."""
    slack: int = 0
    """Entries that it may hold beyond its capacity, where it evicts late. For ``approximate``: of
    the others every eviction is predicted."""


T = TypeVar("T", bound=type[Any])


def layout(
    name: str,
    *,
    sees: str,
    eviction: Eviction = "exact-lru",
    evictions: Evictions = "reported",
    updates: tuple[Update, ...] = ("replace",),
    rehash: Rehash = "counted",
    threads: bool = False,
    packages: tuple[str, ...] = (),
    bytes_per_entry: int = 300,
    use: str = "",
    avoid: str = "",
    program: str = "",
    update_objects: int | None = None,
    slack: int = 0,
) -> Callable[[T], T]:
    """Declare a class as the layout ``name``; the first line of its docstring is its summary.

    The docstring ends with ``Source:`` (who uses it, or where it is described) and ``Left out:``.
    One that a ``program`` serves needs no methods: its keyword-only parameters are its options,
    and a `UsageError` of its constructor refuses a value.
    """

    def mark(cls: T) -> T:
        cls.facts = LayoutFacts(
            name=name,
            summary=summary_of(cls),
            sees=sees,
            eviction=eviction,
            evictions=evictions,
            updates=updates,
            rehash=rehash,
            threads=threads,
            packages=packages,
            bytes_per_entry=bytes_per_entry,
            use=use,
            avoid=avoid,
            program=program,
            update_objects=update_objects,
            slack=slack,
        )
        return cls

    return mark


@dataclass(frozen=True)
class PolicyFacts:
    """What a policy declares about itself."""

    name: str
    summary: str
    risk: str
    collects: bool = False
    """It calls gc.collect() itself: such pauses are marked as explicit."""
    sets: tuple[str, ...] = ()
    """Settings of the collector that it changes while requests are served: ``enabled``,
    ``thresholds``, ``frozen``."""
    needs: tuple[str, ...] = ()
    """Functions of the gc module that not every interpreter has, or ``generations``: it collects
    the young objects alone."""


class Policy:
    """What a process does about its collector. Subclasses override the moments that they need.

    A policy that wants time besides is a `TimedPolicy`.
    """

    facts: ClassVar[PolicyFacts]
    collecting = False
    """True while the policy itself collects: such pauses are marked as explicit."""

    def prepare(self) -> None:
        """Run before the cache is filled."""

    def after_warm_up(self) -> None:
        """Run between warm-up and the measured phase, after the harness's one collection."""

    def state(self) -> dict[str, object]:
        """Return the collector's settings as they are now."""
        return collector_state()

    def collect(self, generation: int) -> None:
        """Collect now; the only way in which a policy may."""
        self.collecting = True
        gc.collect(generation)
        self.collecting = False

    def close(self) -> None:
        """Undo what outlives the trial."""


class TimedPolicy(Policy):
    """A policy that is given time between operations, by a timed loop of its own kind.

    What it does there delays the requests behind it, and counts as busy time.
    """

    next_ns: int = 2**63 - 1
    """When `on_time` is wanted next, on CLOCK_MONOTONIC."""

    def on_time(self, now_ns: int) -> None:
        """Run at `next_ns` or soon after, before the operation that is next; set `next_ns` anew."""

    def on_idle(self, until_ns: int) -> None:
        """Run where the next operation is due at ``until_ns`` only; return before that."""


def policy(
    name: str,
    *,
    risk: str,
    collects: bool = False,
    sets: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
) -> Callable[[T], T]:
    """Declare a class as the policy ``name``."""

    def mark(cls: T) -> T:
        cls.facts = PolicyFacts(name, summary_of(cls), risk, collects, sets, needs)
        return cls

    return mark


def payload_for(message_id: int, payload_bytes: int) -> bytes:
    """Return the payload of a state: the id's 8 little-endian bytes repeated to the length."""
    return (message_id.to_bytes(8, "little") * (payload_bytes // 8 + 1))[:payload_bytes]


def summary_of(cls: type) -> str:
    """Return the first line of a class's docstring."""
    return (cls.__doc__ or "").strip().split("\n", 1)[0]
