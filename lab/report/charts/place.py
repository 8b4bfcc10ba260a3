"""Finds a place for each label beside its own bubble, over no other bubble and no other label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lab.report.charts.data import Floats

_DIRECTIONS = 16
_GAPS_IN = (0.04, 0.16, 0.3, 0.5, 0.75, 1.05, 1.4, 1.8, 2.3)
_ROUNDS = 4
_PAD_IN = 0.03
_OVER = 100.0
"""What a square inch that is covered twice costs, in inches of distance from the bubble."""


class Bubble(NamedTuple):
    """Where a bubble is, and its radius, in inches."""

    x: float
    y: float
    radius: float


def place(
    bubbles: Sequence[Bubble],
    sizes: Sequence[tuple[float, float]],
    box: tuple[float, float],
) -> list[tuple[float, float]]:
    """Return the centre of each label.

    Each label tries the same few hundred places in turn, near ones first, and takes the
    cheapest, a few rounds over; no chance is involved.

    Parameters
    ----------
    bubbles
        Each in inches from the lower left corner.
    sizes
        Width and height of each label, in inches.
    box
        Width and height within which the labels should stay, in inches.

    Returns
    -------
    list of (float, float)
        In inches, one per bubble.
    """
    tries = [_candidates(bubble, size) for bubble, size in zip(bubbles, sizes, strict=True)]
    circles = np.array(
        [(b.x - b.radius, b.y - b.radius, b.x + b.radius, b.y + b.radius) for b in bubbles]
    )
    own = [
        _cost_alone(candidates, size, circles, box)
        for candidates, size in zip(tries, sizes, strict=True)
    ]
    chosen = [int(cost.argmin()) for cost in own]
    for _ in range(_ROUNDS):
        for number, (candidates, size) in enumerate(zip(tries, sizes, strict=True)):
            others = np.array(
                [
                    _around(tries[other][chosen[other] : chosen[other] + 1], sizes[other])[0]
                    for other in range(len(bubbles))
                    if other != number
                ]
            ).reshape(-1, 4)
            cost = own[number] + _OVER * _overlap(_around(candidates, size), others)
            chosen[number] = int(cost.argmin())
    return [
        (float(candidates[at, 0]), float(candidates[at, 1]))
        for candidates, at in zip(tries, chosen, strict=True)
    ]


def _candidates(bubble: Bubble, size: tuple[float, float]) -> Floats:
    """Return centres around a bubble, to its right first, then further and further away."""
    angles = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    to = np.column_stack([np.cos(angles), np.sin(angles)])
    gaps = np.array(_GAPS_IN)[:, None, None]
    # the nearest corner or side touches the circle
    away = (
        to * (bubble.radius + gaps)
        + np.sign(np.round(to, 6)) * np.abs(to) ** 0.5 * np.array(size) / 2
    )
    return np.asarray(np.array([bubble.x, bubble.y]) + away, np.float64).reshape(-1, 2)


def _around(centres: Floats, size: tuple[float, float]) -> Floats:
    """Return left, bottom, right, top of labels at these centres, with a little room."""
    half = np.array(size) / 2 + _PAD_IN
    return np.hstack([centres - half, centres + half])


def _overlap(ones: Floats, others: Floats) -> Floats:
    """Return how many square inches of each rectangle the others cover."""
    if not len(others):
        return np.zeros(len(ones))
    low = np.maximum(ones[:, None, :2], others[None, :, :2])
    high = np.minimum(ones[:, None, 2:], others[None, :, 2:])
    area: Floats = np.clip(high - low, 0, None).prod(axis=2).sum(axis=1)
    return area


def _cost_alone(
    candidates: Floats, size: tuple[float, float], circles: Floats, box: tuple[float, float]
) -> Floats:
    """Return what places cost whatever the other labels do."""
    rectangles = _around(candidates, size)
    outside = np.clip(-rectangles[:, :2], 0, None).sum(axis=1)
    outside += np.clip(rectangles[:, 2:] - np.array(box), 0, None).sum(axis=1)
    far = np.repeat(_GAPS_IN, _DIRECTIONS)
    # beside is easier to read than above or below
    steep = np.tile(np.abs(np.sin(2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS)), len(_GAPS_IN))
    cost: Floats = far + 0.05 * steep + _OVER * (outside + _overlap(rectangles, circles))
    return cost
