"""The conformance suite for layouts: a layout that passes keeps the contract of `Layout`.

In a test file of your own package, for a layout called ``ring`` (or ``./ring.py``)::

    import pytest
    from lab.testing import CHECKS, Check, modes

    @pytest.mark.parametrize("mode", modes("ring"))
    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_ring(check: Check, mode: str) -> None:
        check(mode)

or, all of it in one call, ``conformance("ring")``. What is checked, by random operations against
a model of a few lines (hypothesis), by a long walk and by worked cases: capacity is never exceeded,
every answer is right, recency and victims are exact where that is declared, no acknowledged state
is lost or overwritten by an older one, payload bytes are intact, keys over the whole signed 64-bit
range, message ids up to 2^64 - 1, mentions that saturate at 2^32 - 1, and `close` twice. A layout
that is slow by nature, over a socket or a database, takes a smaller `Budget`.
"""

try:
    import hypothesis as _hypothesis  # noqa: F401
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "lab.testing needs hypothesis: pip install 'gclab[dev]'", name="hypothesis"
    ) from None

from lab.testing.checks import CHECKS, Check, conformance
from lab.testing.machine import Budget
from lab.testing.modes import modes
from lab.testing.taking import State, Take, taken

__all__ = [
    "CHECKS",
    "Budget",
    "Check",
    "State",
    "Take",
    "conformance",
    "modes",
    "taken",
]
