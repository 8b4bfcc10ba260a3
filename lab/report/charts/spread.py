"""Move labels apart: as little as possible, in their order, within the axes."""

from __future__ import annotations

from collections.abc import Sequence


def spread(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Return centres from 0 to 1 at which labels of these heights do not overlap.

    Least squares over the wanted centres: after subtracting the heights below, "no overlap"
    means "never falling", which is isotonic regression (pool adjacent violators). Labels which
    together are higher than 1 overflow at the top.

    >>> spread([0.5, 0.5], [0.2, 0.2])
    [0.4, 0.6]
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    below: list[float] = []
    stacked = 0.0
    for i in order:
        below.append(stacked + heights[i] / 2)
        stacked += heights[i]
    pools: list[tuple[float, int]] = []
    for i, offset in zip(order, below, strict=True):
        mean, count = wanted[i] - offset, 1
        while pools and pools[-1][0] > mean:
            previous, size = pools.pop()
            mean = (mean * count + previous * size) / (count + size)
            count += size
        pools.append((mean, count))
    free = max(1.0 - stacked, 0.0)
    level = [min(max(mean, 0.0), free) for mean, count in pools for _ in range(count)]
    centres = [0.0] * len(wanted)
    for i, offset, start in zip(order, below, level, strict=True):
        centres[i] = start + offset
    return centres
