"""The suite catches what it is for, and nothing else: layouts with one known fault each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lab.testing import CHECKS, Budget, conformance, modes
from strategies.errors import UsageError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BROKEN = ROOT / "tests" / "broken_layouts"
SMALL = Budget(examples=10, steps=40, walk=2_000, shrink=False)

APPROXIMATE = '''
from array import array
from strategies.interface import MENTIONS_MAX, layout, payload_for

@layout("loose", sees="a dict", eviction="approximate", evictions="unreported", rehash="unseen")
class Loose:
    """Evicts the first of its dict unseen, and holds what is pending by value."""

    def __init__(self, capacity, *, payload_bytes=0, update="replace", pending="record"):
        self.victim = array("q", [0, 0, 0])
        self.capacity, self.size = capacity, payload_bytes
        self.states, self.pending, self.sealed = {}, {}, {}

    def read(self, key):
        return self.states.get(key)

    def ack(self, key, message_id):
        return key in self.states and self.put(key, (message_id, 0))

    def mention(self, key):
        if key not in self.states:
            return False
        message_id, mentions = self.states[key]
        return self.put(key, (message_id, min(mentions + 1, MENTIONS_MAX)))

    def put(self, key, state):
        self.states[key] = self.pending[key] = state
        return True

    def insert(self, key, message_id, mentions, changed):
        if len(self.states) >= self.capacity:
            self.evict()
        self.states[key] = (message_id, mentions)
        if changed:
            self.pending[key] = (message_id, mentions)
        return False

    def evict(self):
        del self.states[next(iter(self.states))]

    def uncommitted(self, key):
        return self.pending.get(key) or self.sealed.get(key)

    def seal_pending(self):
        for key, state in self.pending.items():
            self.sealed[key] = state
        self.pending = {}

    def take_pending(self, limit, keys, ids, mentions):
        count = min(limit, len(self.sealed))
        for i in range(count):
            key = next(iter(self.sealed))
            keys[i] = key
            ids[i], mentions[i] = self.sealed.pop(key)
        return count

    def __len__(self):
        return len(self.states)

    def items(self):
        return ((key, *state) for key, state in self.states.items())

    def payload(self, key):
        return payload_for(self.states[key][0], self.size)

    def index_epoch(self):
        return 0

    def close(self):
        self.states.clear()
'''
FAULTS = {
    "forgets what it evicts": (
        "del self.states[next(iter(self.states))]",
        "key = next(iter(self.states)); del self.states[key]; self.pending.pop(key, None)",
    ),
    "answers an older state": (
        "self.pending.get(key) or self.sealed.get(key)",
        "self.sealed.get(key) or self.pending.get(key)",
    ),
    "commits a state of another key": ("keys[i] = key", "keys[i] = key ^ 1"),
    "keeps an old batch": ("self.sealed[key] = state", "self.sealed.setdefault(key, state)"),
    "exceeds its capacity": ("len(self.states) >= self.capacity", "len(self.states) > 9"),
    "reports after all": (
        "        return False\n\n    def evict",
        "        return True\n\n    def evict",
    ),
    "wraps its mentions": ("min(mentions + 1, MENTIONS_MAX)", "(mentions + 1) % 2**32"),
    "cannot hold the largest id": ("(message_id, 0))", "(message_id % (2**64 - 1), 0))"),
    "has another payload": ("self.states[key][0], self.size", "1, self.size"),
    "has no uncommitted": ("def uncommitted", "def committed"),
    "closes once": ("self.states.clear()", "del self.states"),
    "knows every payload": ("self.states[key][0]", "self.states.get(key, (0,))[0]"),
    "counts what it does not see": (
        "        return 0\n\n    def close",
        "        return len(self.states)\n\n    def close",
    ),
    "hands out what was read": ("        if changed:\n", "        if True:\n"),
}


def written(folder: Path, text: str) -> str:
    file = folder / "loose.py"
    file.write_text(text)
    return str(file)


@pytest.mark.parametrize("name", ["slots", "flat-array"])
def test_a_layout_that_is_right_passes(name: str) -> None:
    conformance(name, SMALL)


def test_an_approximate_layout_that_is_right_passes(tmp_path: Path) -> None:
    conformance(written(tmp_path, APPROXIMATE), SMALL)


@pytest.mark.parametrize("fault", FAULTS)
def test_an_approximate_layout_with_a_fault_fails(fault: str, tmp_path: Path) -> None:
    right, wrong = FAULTS[fault]
    assert right in APPROXIMATE
    layout = written(tmp_path, APPROXIMATE.replace(right, wrong))
    with pytest.raises(Exception) as failed:  # noqa: PT011 - whatever the fault leads to
        conformance(layout, SMALL)
    assert not isinstance(failed.value, UsageError)
    assert any(check.__name__ in failed.value.__notes__[-1] for check in CHECKS)


@pytest.mark.parametrize(
    "name", ["forgets", "loses_commits", "stale_commits", "wrong_payload", "wrong_victim"]
)
def test_an_exact_layout_with_a_fault_fails(name: str) -> None:
    with pytest.raises((AssertionError, ExceptionGroup)):
        conformance(str(BROKEN / f"{name}.py"), SMALL)


def test_a_moment_beyond_the_capacity_can_be_allowed(tmp_path: Path) -> None:
    late = APPROXIMATE.replace(">= self.capacity", ">= self.capacity + 2")
    layout = written(tmp_path, late)
    conformance(layout, Budget(examples=5, steps=30, walk=300, slack=2))
    with pytest.raises((AssertionError, ExceptionGroup), match=r"entries in|Hypothesis"):
        conformance(layout, SMALL)


def test_an_instrument_is_refused() -> None:
    with pytest.raises(UsageError, match="instrument"):
        conformance("null")


def test_modes_are_those_that_a_layout_has() -> None:
    assert modes("flat-array") == [
        f"flat-array:update={update},pending={pending}"
        for update in ("replace", "in-place")
        for pending in ("record", "coalesce")
    ]
    assert len(modes("slots")) == 6


def test_without_hypothesis_one_line_says_what_to_install() -> None:
    code = "import sys; sys.modules['hypothesis'] = None; import lab.testing"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last == ("ModuleNotFoundError: lab.testing needs hypothesis: pip install 'gclab[dev]'")
