"""Fills a layout in a process of its own and looks at it with the collector's eyes.

One JSON object in on standard input, one JSON line out. Automatic collection is off from start to
end: the collections that are timed here are asked for, which no trial does. A time is from one
reading of the monotonic clock to the next.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import tracemalloc
import weakref
from array import array
from contextlib import suppress
from time import monotonic_ns
from types import FunctionType, ModuleType
from typing import Any

from lab.trial.worker import pin, rss_bytes
from strategies.catalogue import Strategy, parse
from strategies.errors import UsageError
from strategies.interface import Layout

COLLECTIONS = 6
"""The first puts the heap in the collector's order; the median of the others is reported."""
COMMIT_EVERY, COMMIT_STEP = 10_000, 250


def main() -> int:
    """Inspect one strategy; 0, or 1 after an answer that has only an ``error``."""
    answers = os.dup(1)
    os.dup2(2, 1)  # a layout that prints must not be taken for an answer
    spec = json.loads(sys.stdin.readline())
    pin(spec["cpu"])
    gc.disable()
    strategy = parse(spec["strategy"])
    look = _traced_bytes if spec["traced"] else _inspection
    try:
        found = look(strategy, spec["entries"], spec["payload_bytes"])
    except (UsageError, OSError) as error:
        found = {"error": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever a layout throws is the answer
        found = {"error": f"{type(error).__name__}: {error}"}
    os.write(answers, (json.dumps(found) + "\n").encode())
    return int("error" in found)


def _inspection(strategy: Strategy, entries: int, payload_bytes: int) -> dict[str, Any]:
    """Return the figures; those per entry are without what the empty process costs."""
    cycles = {part: _cycle(strategy, part) for part in ("key", "value")}
    policy = strategy.build_policy()
    policy.prepare()
    gc.disable()  # whatever the policy says: nothing may collect between the readings
    # both before the first reading of RSS, and without an object per key
    order, age_order = _shuffled(entries, seed=1), _shuffled(entries, seed=2)
    process_ns = _collections()[1]
    objects_before, rss_before = len(gc.get_objects()), rss_bytes()
    layout = strategy.build_layout(entries, payload_bytes)
    rehash_ns = _insert(layout, order)
    first_ns, fresh_ns = _collections()
    held = len(layout) or entries
    tracked = len(gc.get_objects()) - objects_before
    _age(layout, age_order)
    rss = rss_bytes() - rss_before
    policy.after_warm_up()
    gc.disable()
    aged_first_ns, aged_ns = _collections()
    rehash_ns = max(rehash_ns, _insert(layout, array("q", (key + entries for key in order))))
    walked = _reaches(layout, held)
    began_ns = monotonic_ns()
    layout.close()
    drop_ns = monotonic_ns() - began_ns
    policy.close()
    return {
        "entries": held,
        "tracked_per_entry": tracked / held,
        "walked": walked,
        "rss_bytes_per_entry": rss / held,
        "process_full_ns": process_ns,
        "fresh_first_full_ns": first_ns,
        "fresh_full_ns": fresh_ns,
        "fresh_full_ns_per_entry": max(fresh_ns - process_ns, 0) / held,
        "aged_first_full_ns": aged_first_ns,
        "aged_full_ns": aged_ns,
        "aged_full_ns_per_entry": max(aged_ns - process_ns, 0) / held,
        "rehash": strategy.layout_facts.rehash,
        "rehash_ns": rehash_ns or None,
        "drop_ns": drop_ns,
        "cycle_through_key": cycles["key"],
        "cycle_through_value": cycles["value"],
    }


def _traced_bytes(strategy: Strategy, entries: int, payload_bytes: int) -> dict[str, Any]:
    order = _shuffled(entries, seed=1)
    gc.collect()
    tracemalloc.start()
    layout = strategy.build_layout(entries, payload_bytes)
    _insert(layout, order)
    traced, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    held = len(layout) or entries
    layout.close()
    return {"traced_bytes_per_entry": traced / held}


def _shuffled(entries: int, seed: int) -> array[int]:
    keys = array("q", range(entries))
    random.Random(seed).shuffle(keys)
    return keys


def _collections() -> tuple[int, int]:
    """Collect in full; return the first time and the median of the others."""
    times_ns = []
    for _ in range(COLLECTIONS):
        began_ns = monotonic_ns()
        gc.collect()
        times_ns.append(monotonic_ns() - began_ns)
    return times_ns[0], sorted(times_ns[1:])[len(times_ns) // 2 - 1]


def _insert(layout: Layout, keys: array[int]) -> int:
    """Insert keys; return the longest insertion during which the index was re-hashed, or 0."""
    longest_ns, epoch = 0, layout.index_epoch()
    for key in keys:
        message_id = key + 2**40
        began_ns = monotonic_ns()
        layout.insert(key, message_id, 0, False)
        took_ns = monotonic_ns() - began_ns
        if (now := layout.index_epoch()) != epoch:
            epoch, longest_ns = now, max(longest_ns, took_ns)
    return longest_ns


def _age(layout: Layout, order: array[int]) -> None:
    """Update every entry once in another order, with commits, as a trial does."""
    keys = memoryview(array("q", bytes(8 * COMMIT_STEP)))
    ids = memoryview(array("Q", bytes(8 * COMMIT_STEP)))
    mentions = memoryview(array("I", bytes(4 * COMMIT_STEP)))
    for begin in range(0, len(order), COMMIT_EVERY):
        for key in order[begin : begin + COMMIT_EVERY]:
            layout.ack(key, key + 2**41)
        layout.seal_pending()
        for _ in range(COMMIT_EVERY // COMMIT_STEP):
            layout.take_pending(COMMIT_STEP, keys, ids, mentions)


def _reaches(layout: Layout, entries: int) -> bool:
    """Tell whether the collector, walking from the layout, comes by something for each entry."""
    seen: set[int] = set()
    waiting: list[object] = [layout]
    while waiting and len(seen) < entries:
        for held in gc.get_referents(waiting.pop()):
            # classes, functions and modules lead to the whole interpreter
            if id(held) not in seen and not isinstance(held, type | FunctionType | ModuleType):
                seen.add(id(held))
                waiting.append(held)
    return len(seen) >= entries


class _Number(int):
    """An integer that can refer to something: what makes a cycle through a layout of numbers."""

    sentinel: _Sentinel


class _Sentinel:
    layout: Layout


def _cycle(strategy: Strategy, part: str) -> str:
    """Tie a layout to itself through a key or a message id, let go of it, and collect.

    Returns
    -------
    str
        ``freed``, ``leaks``, or ``not kept``: the layout copies the number and keeps no object.
    """
    layout = strategy.build_layout(8, 0)
    alive = _tie(layout, part)
    if alive() is None:  # nothing but the layout could have kept it
        layout.close()
        return "not kept"
    del layout
    gc.collect()
    return "leaks" if alive() is not None else "freed"


def _tie(layout: Layout, part: str) -> weakref.ref[_Sentinel]:
    number, sentinel = _Number(2**40), _Sentinel()
    number.sentinel, sentinel.layout = sentinel, layout
    key, message_id = (number, 7) if part == "key" else (7, number)
    with suppress(TypeError, ValueError, OverflowError):  # a layout may take plain integers only
        layout.insert(key, message_id, 0, False)
    return weakref.ref(sentinel)


if __name__ == "__main__":
    sys.exit(main())
