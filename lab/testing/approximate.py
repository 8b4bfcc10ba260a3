"""The machine for layouts that choose for themselves which key is out."""

from __future__ import annotations

from collections import defaultdict

from hypothesis.stateful import invariant

from lab.testing.machine import LayoutMachine

State = tuple[int, int]


class ApproximateMachine(LayoutMachine):
    """Compares values and the store, and lets the layout evict, or refuse, whatever it likes.

    A key once seen may be cached at any time. After a miss the state is looked for where the
    service looks: in `uncommitted`, where evictions are unreported, then in the store; it must be
    the last one that was acknowledged. A layout that holds pending states by value may hand an
    older one out while a newer one is pending, but never after the newer one was committed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: defaultdict[int, list[tuple[int, State]]] = defaultdict(list)

    def check_hit(self, key: int, hit: bool) -> None:
        """Accept every miss; a hit needs an insertion before it."""
        assert not hit or key in self.cached, f"key {key}: a hit, and never inserted"

    def load(self, key: int) -> None:
        """Find a key's state where the service looks for it after a miss."""
        uncommitted = getattr(self.layout, "uncommitted", None)
        found: State | None = uncommitted(key) if self.unreported and uncommitted else None
        if found is None:
            found = self.stored.get(key, (0, 0))
        expected = self.truth.get(key, (0, 0))
        assert found == expected, f"key {key}: {found} found after a miss, not {expected}"

    def store(self, key: int, state: State) -> None:
        """Commit a state: none that is older than what the store has."""
        if not self.unreported:
            super().store(key, state)
            return
        if key not in self.cached:
            self.history[key].append((0, state))
        versions = [version for version, was in self.history[key] if was == state]
        assert versions, f"key {key}: {state} committed, and never acknowledged"
        assert versions[-1] >= self.stored_version.get(key, 0), f"key {key}: an older {state}"
        self.stored[key], self.stored_version[key] = state, versions[-1]

    def insert(self, key: int, changed: bool) -> None:
        """Insert after a miss; whichever key goes, a reported one goes with its true state."""
        evicted = self.layout.insert(key, *self.truth[key], changed)
        assert evicted in (False, True), f"insert returned {evicted!r}"
        self.history[key].append((self.version.get(key, 0), self.truth[key]))
        self.touch(key)
        if evicted:
            assert not self.unreported, "evictions are declared as unreported"
            victim, state = self.victim()
            assert victim in self.cached, f"evicted {victim}, which was never inserted"
            self.store(victim, state)

    def updated(self, key: int, state: State, hit: bool) -> None:
        """Note an update, and that this state was acknowledged."""
        super().updated(key, state, hit)
        self.history[key].append((self.version[key], state))

    @property
    def unreported(self) -> bool:
        """Whether the layout cannot say what it evicts."""
        return bool(self.layout.facts.evictions == "unreported")

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        """Compare what is cached with the truth: no key twice, no more than fit."""
        most = self.capacity + self.budget.slack
        assert len(self.layout) <= most, f"{len(self.layout)} entries in {self.capacity}"
        held = []
        for key, message_id, mentions in self.layout.items():
            state = (message_id, mentions)
            assert state == self.truth[key], f"key {key}: {state} among the items"
            held.append(key)
        assert len(held) <= most, f"{len(held)} items in {self.capacity}"
        assert len(held) == len(set(held)), "a key is twice among the items"
        self.check_payloads(held)

    def closed(self) -> None:
        """Nothing is asked of it any more."""
