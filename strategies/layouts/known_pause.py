"""The instrument with known stalls: what it does must reappear in the histograms exactly."""

from __future__ import annotations

from time import monotonic_ns

from strategies.buffers import bits
from strategies.errors import UsageError
from strategies.interface import Count, DurationNs, Pending, Typed, Update, layout
from strategies.layouts.null import Null
from strategies.parts.stalls.base import Stall
from strategies.parts.stalls.kinds import Kind, Wanted, build

_NEVER_NS = 2**63 - 1
_DROP_PAUSES = 4


@layout(
    "known-pause",
    sees="nothing; with kind=gc or mixed a heap of its own, over which it collects by itself",
    eviction="none",
    updates=("replace", "in-place"),
    bytes_per_entry=1,
)
class KnownPause(Null):
    """Does nothing but pause for a stated time at stated moments: tests the instrument.

    The first pause begins at ``every / 2`` after the start of the measured phase, the next ones
    ``every`` later each, in the first operation at or after that moment. With ``requests`` it is
    every so many requests instead, whenever they come: the same requests pause at any rate.

    ``kind`` is what causes it:

    - ``sleep``: the process sleeps, and spins the last 10 ms. The only kind that is exact.
    - ``gc``: gc.collect() over lists of its own. No callback tells it from an automatic one. What
      a policy freezes is not walked: with ``+freeze`` these stalls shrink.
    - ``rehash``: a dict is re-hashed, see `index_epoch`.
    - ``drop``: the operation misses, and the insertion evicts by dropping a graph of objects, for
      about ``drop_pause`` (0, the default: four times ``pause``, so that it outweighs the load).
      What it reports as evicted is the state that it was asked to insert.
    - ``spin``: a helper process takes the core. Only in a process that is pinned to one; lowers
      the priority of this process for good.
    - ``fault``: fresh memory is touched, page by page.
    - ``load``: the operation misses and nothing is kept; the store has to be slow
      (``--miss-penalty``).
    - ``commit``: the next hand-out of pending states at or after the moment is busy for so long.
    - ``mixed``: the k-th moment's stall (k = 0, 1, ...) is of kind ``ORDER[k % len(ORDER)]``, see
      `strategies.parts.stalls.kinds`.

    All but ``sleep``, ``spin``, ``fault`` and ``commit`` are sized by a trial on construction and
    come out about as long. Of ``rehash`` and ``drop`` there are ``rounds``, made on construction
    as well; when one is due and none is left the stalls end, in ``mixed`` those of all kinds. What
    they hold comes on top of the memory that the layout declares.

    Source: GoodBadUglyDB of YCSB.
    Left out: its delays by chance: what must reappear has to be known.

    Raises
    ------
    UsageError
        The stalls of that kind cannot be caused here, or would need too much memory.
    """

    def __init__(
        self,
        capacity: int,
        *,
        payload_bytes: int = 0,
        pause: DurationNs = 50_000_000,
        every: DurationNs = 1_000_000_000,
        update: Update = "replace",
        pending: Pending = "record",
        kind: Kind = "sleep",
        rounds: Count = 10,
        drop_pause: DurationNs = 0,
        requests: Count = 0,
    ) -> None:
        if requests and kind == "commit":
            raise UsageError("known-pause: kind=commit goes by time; leave requests= out")
        super().__init__(capacity, payload_bytes=payload_bytes, update=update, pending=pending)
        self._victim_bits = bits(self.victim)
        self._stalls = build(kind, Wanted(pause, drop_pause or _DROP_PAUSES * pause, rounds))
        self._in_commits = kind == "commit"
        self._every_ns = every
        self._first_ns = self._next_ns = self._next_commit_ns = _NEVER_NS
        self._missed: Stall | None = None
        self._made = 0
        self._requests = self._countdown = requests
        self._is_due = self._pause_if_counted if requests else self._pause_if_due

    @property
    def stalls_made(self) -> int:
        """How many stalls were caused so far."""
        return self._made

    def measure_from(self, t0_ns: int) -> None:
        self._first_ns = t0_ns + self._every_ns // 2
        self._wait_for(self._first_ns)
        self._countdown = self._requests

    def _wait_for(self, moment_ns: int) -> None:
        if self._in_commits:
            self._next_commit_ns = moment_ns
        else:
            self._next_ns = moment_ns

    def _pause_if_due(self) -> bool:
        """Stall if it is time; True: the operation is to answer a miss."""
        begin = monotonic_ns()
        return begin >= self._next_ns and self._stall(begin, self._number_at(begin))

    def _pause_if_counted(self) -> bool:
        """Stall if it is this request's turn."""
        self._countdown -= 1
        if self._countdown or self._first_ns == _NEVER_NS:
            return False
        self._countdown = self._requests
        return self._stall(monotonic_ns(), self._made)

    def _number_at(self, now_ns: int) -> int:
        """Return a stall's number by its moment: one that passed without a request has one too."""
        return (now_ns - self._first_ns) // self._every_ns

    def _stall(self, begin_ns: int, number: int) -> bool:
        stall = self._stalls[number % len(self._stalls)]
        if not stall.left:
            self._wait_for(_NEVER_NS)
            return False
        self._wait_for(self._first_ns + (number + 1) * self._every_ns)
        self._made += 1
        stall.cause(begin_ns)
        self._missed = stall if stall.misses else None
        return stall.misses

    def read(self, key: int) -> tuple[int, int] | None:
        if self._is_due():
            return None
        return super().read(key)

    def ack(self, key: int, message_id: int) -> bool:
        return not self._is_due() and super().ack(key, message_id)

    def mention(self, key: int) -> bool:
        return not self._is_due() and super().mention(key)

    def insert(self, key: int, message_id: int, mentions: int, changed: bool) -> bool:  # noqa: ARG002
        stall, self._missed = self._missed, None
        if stall is None or not stall.evict():
            return False
        self.victim[0] = key
        self._victim_bits[1] = message_id
        self.victim[2] = mentions
        return True

    def take_pending(self, limit: int, keys: Typed, ids: Typed, mentions: Typed) -> int:
        if self._in_commits and (begin := monotonic_ns()) >= self._next_commit_ns:
            self._stall(begin, self._number_at(begin))
        return super().take_pending(limit, keys, ids, mentions)

    def index_epoch(self) -> int:
        return sum(stall.rehashes for stall in self._stalls)

    def close(self) -> None:
        for stall in self._stalls:
            stall.close()
