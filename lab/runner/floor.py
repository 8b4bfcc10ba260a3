"""The machine's own noise around one trial: before, beside and after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lab.histogram import Histogram
from lab.runner.control import Beside, Samples, measure_core, noise_of
from lab.runner.drain import summarise
from lab.runner.resources import machine_ticks

SECONDS = 0.5
"""Of an idle meter on the worker's core, before and after: 10 samples beyond the p99.9 each."""
SLOW_NS = 1_000_000
TIMES_THE_FLOOR = 5
"""Slow is a request above the larger of 1 ms and five times the p99.9 of the floor before it."""

Json = dict[str, Any]


class NoiseFloor:
    """Collects what the meters see; a meter that fails leaves a reason and no figure."""

    def __init__(self, cpu: int | None) -> None:
        self._cpu = cpu
        self._before: Histogram = Histogram()
        self._after: Histogram | None = None
        self._beside: Samples | None = None
        self._steal_share: float | None = None
        self._reasons: list[str] = []
        if cpu is None:
            self._reasons.append("the worker has no core of its own: there is no idle one to meter")

    @property
    def slow_ns(self) -> int:
        """From which response time on a request is slow."""
        p999 = noise_of(self._before, None, None)["p99.9"]
        return max(SLOW_NS, TIMES_THE_FLOOR * (p999 or 0))

    def before(self) -> None:
        """Meter the worker's core while there is no worker."""
        if self._cpu is not None:
            self._before = measure_core(self._cpu, SECONDS, self._reasons.append)

    def after(self) -> None:
        """Meter it again."""
        if self._cpu is not None:
            self._after = measure_core(self._cpu, SECONDS, self._reasons.append)

    @contextmanager
    def beside(self, path: Path, t0_ns: Callable[[], int]) -> Iterator[None]:
        """Meter another core meanwhile; its stalls from t0 on go to ``path``.

        Where the worker has none of its own, the meter would interrupt it: there is none then.
        """
        if self._cpu is None:
            yield
            return
        meter, ticks = Beside(), machine_ticks()
        try:
            with meter:
                yield
        finally:
            total, stolen = (now - then for now, then in zip(machine_ticks(), ticks, strict=True))
            self._steal_share = stolen / total if total > 0 else None
            self._beside = samples = meter.samples(t0_ns())
            if samples.reason:
                self._reasons.append(samples.reason)
            rows = np.c_[samples.at_ns - t0_ns(), samples.late_ns]
            np.savetxt(path, rows, "%d", ",", header="start_ns,late_ns", comments="")

    def noise_ns(self) -> dict[str, int | None]:
        """Return p99, p99.9, p99.99 and max of the machine's own stalls, in ns."""
        return noise_of(self._before, self._after, self._beside.histogram if self._beside else None)

    def to_json(self) -> Json:
        """Return each meter's own figures."""
        beside = self._beside.histogram if self._beside else None
        return {
            "before_ns": summarise(self._before),
            "after_ns": summarise(self._after),
            "beside_ns": summarise(beside),
            "steal_share": self._steal_share,
            "beside_real_time": bool(self._beside and self._beside.real_time),
            "reasons": list(dict.fromkeys(self._reasons)),
        }
