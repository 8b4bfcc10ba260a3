"""From keys as text to 64-bit keys: numbers as they are, anything else hashed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lab.workload.traces.interface import Chunk

SIGNED_MAX = 2**63 - 1
_SIGNED_MIN = -(2**63)
_UNSIGNED_MAX = 2**64 - 1
_CANONICAL = re.compile(r"0|-?[1-9][0-9]{0,19}")


def hash_key(text: str) -> int:
    """Hash a key to a signed 64-bit number: BLAKE2b (RFC 7693), 8 bytes, little-endian."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def number_of(text: str) -> int | None:
    """Return the number between -2^63 and 2^64 - 1 that this text writes, None if it does not.

    Only the canonical decimal form counts (no leading zeros, no plus sign), so that two keys
    which are written differently stay two keys.
    """
    if _CANONICAL.fullmatch(text) is None:
        return None
    number = int(text)
    return number if _SIGNED_MIN <= number <= _UNSIGNED_MAX else None


def bit_pattern(number: int) -> int:
    """Return the signed 64-bit number with the same bits, for -2^63 to 2^64 - 1."""
    return number - 2**64 if number > SIGNED_MAX else number


def key_of(text: str) -> int:
    """Return the 64-bit key of this text: its number's bit pattern, or its hash."""
    number = number_of(text)
    return hash_key(text) if number is None else bit_pattern(number)


def text_chunk(texts: Sequence[str], times_ns: NDArray[np.int64] | None = None) -> Chunk:
    """Make the chunk of these keys as written, n of them, with their n times if there are any."""
    keys = _signed_numbers(texts)
    if keys is not None:
        return Chunk(keys, times_ns)
    known = {text: key_of(text) for text in set(texts)}
    mixed = np.fromiter(map(known.__getitem__, texts), np.int64, count=len(texts))
    return Chunk(mixed, times_ns, texts)


def _signed_numbers(texts: Sequence[str]) -> NDArray[np.int64] | None:
    """Read all at once what is nearly always so: each a canonical signed number; else None."""
    try:
        numbers = list(map(int, texts))
        keys = np.array(numbers, dtype=np.int64)
    except (ValueError, OverflowError):
        return None
    # int() reads 007, +7 and 1_0 too: only what it would write again is canonical.
    return keys if all(map(str.__eq__, map(str, numbers), texts)) else None
