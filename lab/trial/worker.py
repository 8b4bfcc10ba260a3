"""Entry point of the measured process.

One JSON object in on standard input (the spec), JSON lines out on standard output (``ready``,
``warm``, ``finished``, ``failed``), blocks by tokens on two pipes in between.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from lab.stores.failing import StoreFailedError
from lab.stores.opening import open_store
from lab.stores.timed import TimedStore, Untimed
from lab.trial.block import Block, BlockFile, BlockFileError, ErrorCode, Phase, Word
from lab.trial.driver import LOOPS, PolicyLoop, Requests, Serve
from lab.trial.gc_probe import gc_probe
from lab.trial.requests import AllocatingRequests, RequestShape
from lab.trial.service import ReadStates
from lab.trial.witness import EvidenceWitness, Witness, fault_cost_ns
from strategies.catalogue import Strategy, parse
from strategies.collector import runtime, tracked_objects, young_count
from strategies.errors import UsageError
from strategies.interface import LayoutFacts, TimedPolicy, payload_for

_ANSWERS = 1
"""File descriptor of the standard output that the worker was started with."""
_NOT_THE_LAYOUT = (MemoryError, StoreFailedError)
"""What may come out of a call into a layout that is not the layout's fault."""


class ContractBrokenError(Exception):
    """The layout raised, answered with a wrong type or holds too much; the message says where."""


def answer(event: str, **figures: Any) -> None:
    """Write one JSON line to the runner, past whatever a layout prints; None: left out."""
    known = {name: figure for name, figure in figures.items() if figure is not None}
    line = json.dumps({"event": event, **known}) + "\n"
    os.write(_ANSWERS, line.encode())


def rss_bytes() -> int:
    """Return this process's resident set size."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def peak_rss_bytes() -> int:
    """Return the peak resident set size (ru_maxrss would count the parent's before the exec)."""
    with open("/proc/self/status", encoding="ascii") as status:
        peak_kib = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    return int(peak_kib) * 1024


def usage() -> dict[str, int | float]:
    """Read what the operating system counted so far for this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    with open("/proc/self/schedstat", encoding="ascii") as schedstat:
        run_delay_ns = int(schedstat.read().split()[1])
    return {
        "cpu_s": used.ru_utime + used.ru_stime,
        "run_delay_ns": run_delay_ns,
        "voluntary_switches": used.ru_nvcsw,
        "involuntary_switches": used.ru_nivcsw,
        "minor_faults": used.ru_minflt,
        "major_faults": used.ru_majflt,
    }


class Worker:
    """One trial: builds the strategy, serves blocks by phase, dumps what is left."""

    def __init__(self, spec: dict[str, Any], file: BlockFile) -> None:
        self._file = file
        self._ready, self._done = spec["ready_fd"], spec["done_fd"]
        self._payload_bytes = spec["payload_bytes"]
        strategy: Strategy = parse(spec["strategy"])
        self._policy = strategy.build_policy()
        self._serve: Serve = LOOPS[spec["wait"]]
        self._policy_loop: PolicyLoop | None = None
        if isinstance(self._policy, TimedPolicy):
            self._serve = self._policy_loop = PolicyLoop(self._policy, spec["wait"])
        self._probe = gc_probe(file, self._policy)
        self._probe.install()
        self._store = open_store(spec["store"])
        self._database = self._store if isinstance(self._store, TimedStore) else Untimed()
        self._policy.prepare()
        self._rss_before = rss_bytes()
        self._served = 0
        try:
            self._layout = strategy.build_layout(spec["capacity"], self._payload_bytes)
        except (*_NOT_THE_LAYOUT, UsageError, OSError):
            raise
        except Exception as error:
            raise self._broken("constructor", error) from error
        self._most = _most_entries(strategy.layout_facts, spec["capacity"])
        self._service = ReadStates(self._layout, self._store, spec["store"]["step"])
        shape = RequestShape(**spec["requests"])
        self._front: Requests = (
            self._layout if shape.empty else AllocatingRequests(self._layout, shape)
        )
        self._fault_ns = fault_cost_ns()
        self._witness = self._make_witness(spec["slow_ns"])
        self._usage: dict[str, int | float] = {}
        self._gen0_before: int | None = None
        self._commit_thread_ns = 0
        self._measuring = False

    def _make_witness(self, slow_ns: int) -> Witness:
        if not self._file.words[Word.EVIDENCE_CAPACITY]:
            return Witness()
        return EvidenceWitness(self._file, slow_ns, self._layout.index_epoch, self._database)

    def run(self) -> None:
        """Serve until told to quit, or until the runner is gone."""
        answer(
            "ready",
            pid=os.getpid(),
            runtime=runtime(),
            gc=self._policy.state(),
            fault_ns=self._fault_ns,
        )
        dump = self._dump()
        for block in self._file.cycle():
            token = os.read(self._ready, 1)
            if not token or token[0] == Phase.QUIT:
                break
            phase = token[0]
            if phase == Phase.WARM_UP:
                self._database.charge()
            if phase == Phase.DUMP:
                self._dump_into(dump, block)
            elif block.count:
                if phase == Phase.MEASURE and not self._measuring:
                    self._begin_measuring()
                self._serve_block(block)
            elif phase == Phase.WARM_UP:
                self._settle()
            elif phase == Phase.MEASURE:
                self._finish()
            os.write(self._done, token)

    def close(self) -> None:
        """Close what was opened, however the trial ended; nothing that goes wrong here is told."""
        self._probe.remove()  # the collections of the interpreter's own end are left out
        for opened in (self._policy, self._layout, self._store):
            with suppress(Exception):
                opened.close()

    def _serve_block(self, block: Block) -> None:
        self._served += block.count
        try:
            self._serve(block, self._front, self._service.miss, self._service.commit, self._witness)
            if self._most is not None:
                self._check_size(self._most)
            self._witness.look()
        except _NOT_THE_LAYOUT:
            raise
        except Exception as error:
            at = next((i for i in range(block.count) if not block.finished[i]), block.count)
            where = f"phase {Phase(block.phase).name.lower()}"
            raise self._broken(where, error, block.count - at) from error

    def _check_size(self, most: int) -> None:
        if len(self._layout) > most:
            raise OverflowError(f"{len(self._layout):,} entries where {most:,} are the most")

    def _dump_into(self, dump: Iterator[Any], block: Block) -> None:
        try:
            next(dump)(block)
        except _NOT_THE_LAYOUT:
            raise
        except Exception as error:
            raise self._broken("phase dump", error) from error

    def _broken(self, where: str, error: Exception, not_served: int = 0) -> ContractBrokenError:
        """Lay an error to the layout, with the number of operations that went well before it."""
        number = self._served - not_served
        return ContractBrokenError(
            f"operation {number:,} ({where}): {type(error).__name__}: {error}"
        )

    def _settle(self) -> None:
        """Write what is queued; collect once, under every policy alike; then the policy's moment.

        A commit thread may be behind by much of the ageing: none of that is to be measured.
        """
        self._database.drain()
        self._commit_thread_ns = self._database.cpu_ns
        self._policy.collect(2)
        self._policy.after_warm_up()
        self._usage = usage()
        answer(
            "warm",
            rss_before_bytes=self._rss_before,
            rss_bytes=rss_bytes(),
            entries=len(self._layout),
            gc=self._policy.state(),
            tracked_objects=tracked_objects(),
        )
        self._gen0_before = young_count()

    def _begin_measuring(self) -> None:
        self._measuring = True
        measure_from = getattr(self._layout, "measure_from", None)
        if measure_from is not None:
            measure_from(self._file.words[Word.T0_NS])

    def _finish(self) -> None:
        gen0_after = young_count()
        after = usage()
        answer(
            "finished",
            usage={name: after[name] - before for name, before in self._usage.items()},
            rss_bytes=rss_bytes(),
            peak_rss_bytes=peak_rss_bytes(),
            entries=len(self._layout),
            index_epoch=self._layout.index_epoch(),
            gc=self._policy.state(),
            gen0_before=self._gen0_before,
            gen0_after=gen0_after,
            policy_ns=self._policy_loop.policy_ns if self._policy_loop else 0,
            commit_thread_ns=self._database.cpu_ns - self._commit_thread_ns,
        )

    def _dump(self) -> Iterator[Any]:
        """Yield one writer per dump block: the cache's items, an empty block, the store's.

        What a layout with unreported evictions still holds back is committed in between: it may be
        the only copy.
        """
        yield from self._section(self._layout.items(), payloads=bool(self._payload_bytes))
        if hasattr(self._layout, "uncommitted"):
            self._service.commit_all(self._served)
        yield from self._section(self._store.items(), payloads=False)

    def _section(self, items: Iterator[tuple[int, int, int]], *, payloads: bool) -> Iterator[Any]:
        rows = 0

        def write(block: Block) -> None:
            nonlocal rows
            rows = 0
            for i, (key, message_id, mentions) in zip(range(len(block.due)), items, strict=False):
                block.keys[i], block.arguments[i], block.due[i] = key, message_id, mentions
                block.outcomes[i] = int(payloads and self._payload_differs(key, message_id))
                rows += 1
            block.count = rows

        yield write
        while rows:
            yield write

    def _payload_differs(self, key: int, message_id: int) -> bool:
        return self._layout.payload(key) != payload_for(message_id, self._payload_bytes)


def _most_entries(facts: LayoutFacts, capacity: int) -> int | None:
    """Return how many entries a layout may hold; None: the reference model sees to it."""
    return capacity + facts.slack if facts.eviction == "approximate" else None


def pin(cpu: int | None) -> None:
    """Pin this process to one core."""
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})


def main() -> int:
    """Run one trial; 0, or 1 after a ``failed`` line."""
    file: BlockFile | None = None
    code = ErrorCode.BAD_SPEC
    sys.stdout = sys.stderr  # a layout that prints must not be taken for an answer
    try:
        spec = json.loads(sys.stdin.readline())
        pin(spec["cpu"])
        code = ErrorCode.BAD_HEADER
        file = BlockFile.open(Path(spec["block_file"]))
        code = ErrorCode.TRIAL_FAILED
        with closing(Worker(spec, file)) as worker:
            worker.run()
    except MemoryError:
        reason = "out of memory"
    except ContractBrokenError as error:
        code, reason = ErrorCode.CONTRACT_BROKEN, str(error)
    except (UsageError, BlockFileError, StoreFailedError, OSError) as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - whatever a layout throws is the trial's answer
        reason = f"{type(error).__name__}: {error}"
    else:
        return 0
    if file is not None:
        file.words[Word.ERROR] = code
    answer("failed", code=int(code), reason=reason)
    return 1
