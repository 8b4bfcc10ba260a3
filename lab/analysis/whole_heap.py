"""Which collections of a trial walked the whole heap, whatever collector its runtime has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.collectors import CONCURRENT, collector_of, full_collections, whole_heap_generation
from lab.store import StoredTrial

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]


def whole_heap(trial: StoredTrial) -> pd.DataFrame:
    """Return the rows of ``gc.csv`` that walked, or may have walked, the whole heap.

    Those are its cycles where the collector runs beside the operations, stops of the process
    everywhere else.
    """
    collector = collector_of(trial.result)
    if collector == CONCURRENT:
        return trial.cycles()
    pauses = trial.pauses()
    return pauses[full_collections(pauses["generation"], collector)] if len(pauses) else pauses


def full_count(result: Json) -> float | None:
    """Return how often the whole heap was walked; None where a collector does it in steps."""
    collector = collector_of(result)
    if collector == CONCURRENT:
        return float(result["gc"].get("cycles", 0))
    whole = whole_heap_generation(collector)
    return None if whole is None else float(result["gc"]["by_generation"].get(str(whole), 0))
