"""What the kinds of collectors report, so that nobody else has to know one by its name.

Only the generational one numbers its collections by how much of the heap they walk. A free-threaded
build walks all of it each time and says generation 0; CPython 3.14.0 to 3.14.4 collect in
increments and say 1 whatever they do; PyPy goes in steps (`lab.trial.gc_hooks`). One that runs
beside the operations, Go's, stops them for other things only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strategies.collector import FREE_THREADED, GENERATIONAL, INCMINIMARK

Json = dict[str, Any]
CONCURRENT, NONE = "concurrent", "none"
"""Runtimes in other languages: one that collects beside the operations, one that never does."""
_WHOLE_HEAP = {GENERATIONAL: 2, FREE_THREADED: 0, NONE: 2}


def collector_of(result: Json) -> str:
    """Return the kind of a trial's collector; older runs knew of one only."""
    return str((result.get("runtime") or {}).get("collector", GENERATIONAL))


def whole_heap_generation(collector: str) -> int | None:
    """Return the generation that a collector reports for a walk over the whole heap in one go.

    None: it never walks it in one stop.
    """
    return _WHOLE_HEAP.get(collector)


def full_collections(generations: ArrayLike, collector: str) -> NDArray[np.bool_]:
    """Tell which collections may be the long ones: the full ones; of those in steps, every one.

    Parameters
    ----------
    generations : array of int, shape (n,)
        As in ``gc.csv``.
    collector : str
        As in ``runtime`` of ``trial.json``.
    """
    numbers, whole = np.asarray(generations), whole_heap_generation(collector)
    if collector == CONCURRENT:
        return np.zeros(numbers.shape, np.bool_)
    return np.ones(numbers.shape, np.bool_) if whole is None else numbers == whole


def frees_at_once(collector: str) -> bool:
    """Whether what is dropped is freed there and then: where references are counted."""
    return collector not in (INCMINIMARK, CONCURRENT)
