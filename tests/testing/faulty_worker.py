"""The Python worker with one known fault: its name, then the arguments of the bootstrap script."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def module(name: str) -> Any:
    """Import what can be imported only once the bootstrap has offered it."""
    return importlib.import_module(name)


class Os:
    """The module ``os`` with some functions replaced."""

    def __init__(self, **replaced: Callable[..., Any]) -> None:
        vars(self).update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def served(then: Callable[[Any, Any], None]) -> Callable[[ModuleType], None]:
    """Do something with every block of the measured phase once it was served."""

    def patch(worker: ModuleType) -> None:
        serve = worker.Worker._serve_block

        def serve_block(self: Any, block: Any) -> None:
            serve(self, block)
            if block.phase == 4:
                then(self, block)

        worker.Worker._serve_block = serve_block

    return patch


def answered(change: Callable[[str, dict[str, Any]], None]) -> Callable[[ModuleType], None]:
    """Change what is answered."""

    def patch(worker: ModuleType) -> None:
        answer = worker.answer

        def changed(event: str, **figures: Any) -> None:
            change(event, figures)
            answer(event, **figures)

        worker.answer = changed

    return patch


def dies(self: Any, block: Any) -> None:
    os.kill(os.getpid(), 9)


def hangs(self: Any, block: Any) -> None:
    time.sleep(600)


def never_ready(worker: ModuleType) -> None:
    worker.Worker.run = lambda self: time.sleep(600)


def talks(worker: ModuleType) -> None:
    answer = worker.answer

    def chatty(event: str, **figures: Any) -> None:
        os.write(1, b"loading...\n")
        answer(event, **figures)

    worker.answer = chatty


def other_version(worker: ModuleType) -> None:
    module("lab.trial.block").VERSION = 2


def checks_nothing(worker: ModuleType) -> None:
    module("lab.trial.block").check_header = lambda words, size: None


def all_hits(self: Any, block: Any) -> None:
    for i in range(block.count):
        block.outcomes[i] = 0


def other_id(self: Any, block: Any) -> None:
    read = next(i for i in range(block.count) if block.operations[i] == 0)
    block.arguments[read] ^= 1


def early(self: Any, block: Any) -> None:
    block.started[1] = block.due[1] - 1


def overlapping(self: Any, block: Any) -> None:
    block.finished[4] = block.started[5] + 1


def before_it_was_sent(self: Any, block: Any) -> None:
    for i in range(block.count):
        block.started[i] -= 10**9


def after_it_was_back(self: Any, block: Any) -> None:
    block.finished[block.count - 1] += 10**9


def other_token(worker: ModuleType) -> None:
    def write(descriptor: int, data: bytes) -> int:
        return os.write(descriptor, bytes([data[0] + 1]) if len(data) == 1 else data)

    worker.os = Os(write=write)


def deaf(worker: ModuleType) -> None:
    def read(descriptor: int, count: int) -> bytes:
        data = os.read(descriptor, count)
        if not data:
            time.sleep(600)
        return data

    worker.os = Os(read=read)


def leaves_its_file(worker: ModuleType) -> None:
    module("lab.trial.block").os = Os(unlink=lambda path: None)


def most_recent_first(worker: ModuleType) -> None:
    def items(self: Any) -> Any:
        found = [(key, *self.unpack(entry)) for key, entry in self._entries.items()]
        return iter(found[::-1])

    module("strategies.parts.object_lru").ObjectLRU.items = items


def never_collects(worker: ModuleType) -> None:
    module("strategies.interface").Policy.collect = lambda self, generation: None


def unknown_flag(self: Any, block: Any) -> None:
    words, events = self._file.words, self._file.gc_events
    base = words[20] * 6
    events[base : base + 6] = memoryview((6 * [0])[0].to_bytes(48, "little")).cast("q")
    events[base] = events[base + 1] = time.monotonic_ns()
    events[base + 5] = 8
    words[20] += 1


def short_pause(worker: ModuleType) -> None:
    known_pause = module("strategies.layouts.known_pause").KnownPause
    build = known_pause.__init__

    def shorter(self: Any, capacity: int, *, pause: int = 50_000_000, **options: Any) -> None:
        build(self, capacity, pause=int(0.95 * pause), **options)

    shorter.__annotations__ = build.__annotations__
    shorter.__kwdefaults__ = build.__kwdefaults__
    shorter.__wrapped__ = build  # the options are read from it
    known_pause.__init__ = shorter


def drop(event: str, key: str) -> Callable[[str, dict[str, Any]], None]:
    def change(answered: str, figures: dict[str, Any]) -> None:
        if answered == event:
            del figures[key]

    return change


def put(event: str, key: str, value: object) -> Callable[[str, dict[str, Any]], None]:
    def change(answered: str, figures: dict[str, Any]) -> None:
        if answered == event:
            figures[key] = value

    return change


FAULTS: dict[str, Callable[[ModuleType], None]] = {
    "none": lambda worker: None,
    "dies": served(dies),
    "hangs": served(hangs),
    "never-ready": never_ready,
    "talks": talks,
    "other-version": other_version,
    "checks-nothing": checks_nothing,
    "all-hits": served(all_hits),
    "other-id": served(other_id),
    "early": served(early),
    "overlapping": served(overlapping),
    "before-it-was-sent": served(before_it_was_sent),
    "after-it-was-back": served(after_it_was_back),
    "other-token": other_token,
    "deaf": deaf,
    "leaves-its-file": leaves_its_file,
    "most-recent-first": most_recent_first,
    "never-collects": never_collects,
    "unknown-flag": served(unknown_flag),
    "short-pause": short_pause,
    "no-reason": answered(drop("failed", "reason")),
    "many-lines": answered(put("failed", "reason", "Traceback\nValueError")),
    "other-pid": answered(put("ready", "pid", 1)),
    "no-runtime": answered(drop("ready", "runtime")),
    "no-usage": answered(drop("finished", "usage")),
    "few-entries": answered(put("warm", "entries", 63)),
    "texts": answered(put("finished", "rss_bytes", "much")),
}

if __name__ == "__main__":
    fault, bootstrap, strategies_folder = sys.argv[1], *map(Path, sys.argv[2:4])
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if entry and Path(entry).resolve() != here]
    offer = load(bootstrap).offer
    offer("lab", bootstrap.parent.parent)
    offer("strategies", strategies_folder)

    FAULTS[fault](module("lab.trial.worker"))
    sys.exit(module("lab.trial.worker").main())
