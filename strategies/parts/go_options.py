"""What the options of the Go program may say, so that a wrong one is refused before any trial."""

from __future__ import annotations

import re

from strategies.errors import UsageError

_LIMIT = re.compile(r"(|[1-9][0-9]*([KMGT]i)?B|[1-9][0-9]*)")


def check_go_options(gogc: str, memlimit: str) -> None:
    """Refuse what Go would not understand.

    Raises
    ------
    UsageError
        ``gogc`` is no percentage and not ``off``, or ``memlimit`` is no number of bytes.
    """
    if gogc != "off" and not (gogc.isascii() and gogc.isdigit() and 0 < int(gogc) < 2**31):
        raise UsageError(f"gogc {gogc!r}: a percentage, such as 100 or 400, or off")
    if not _LIMIT.fullmatch(memlimit):
        raise UsageError(f"memlimit {memlimit!r}: a number of bytes, such as 512MiB or 2GiB")
