"""Labels of bubbles: near their own, over no other, inside the box."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from lab.report.charts.place import Bubble, place

BOX = (7.0, 5.0)
SIZE = (0.8, 0.2)


def rectangle(centre: tuple[float, float], size: tuple[float, float]) -> tuple[float, ...]:
    (x, y), (w, h) = centre, size
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def gap(bubble: Bubble, centre: tuple[float, float], size: tuple[float, float]) -> float:
    """Return how far the label is from the rim of the bubble."""
    left, bottom, right, top = rectangle(centre, size)
    near = min(max(bubble.x, left), right), min(max(bubble.y, bottom), top)
    return float(np.hypot(near[0] - bubble.x, near[1] - bubble.y)) - bubble.radius


def test_a_lonely_bubble_has_its_name_to_the_right() -> None:
    bubble = Bubble(3.0, 2.5, 0.2)
    ((x, y),) = place([bubble], [SIZE], BOX)
    assert y == pytest.approx(2.5)
    assert x == pytest.approx(3.0 + 0.2 + 0.04 + 0.4)


def test_a_bubble_at_the_right_edge_has_its_name_inside() -> None:
    bubble = Bubble(6.9, 2.5, 0.05)
    ((x, _),) = place([bubble], [SIZE], BOX)
    assert x + 0.4 < 7.0
    assert gap(bubble, (x, _), SIZE) < 0.3


def test_two_bubbles_side_by_side_do_not_write_on_each_other() -> None:
    bubbles = [Bubble(3.0, 2.5, 0.2), Bubble(3.5, 2.5, 0.2)]
    centres = place(bubbles, [SIZE] * 2, BOX)
    boxes = [rectangle(centre, SIZE) for centre in centres]
    assert not overlap(*boxes)
    for bubble in bubbles:
        around = rectangle((bubble.x, bubble.y), (2 * bubble.radius, 2 * bubble.radius))
        assert not any(overlap(box, around) for box in boxes)


@pytest.mark.parametrize("seed", range(8))
def test_thirty_bubbles_find_room(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bubbles = [
        Bubble(*rng.uniform((0.4, 0.4), (6.6, 4.6)), rng.uniform(0.05, 0.25)) for _ in range(30)
    ]
    sizes = [(float(rng.uniform(0.3, 1.4)), 0.2) for _ in bubbles]
    centres = place(bubbles, sizes, BOX)
    boxes = [rectangle(centre, size) for centre, size in zip(centres, sizes, strict=True)]
    assert not any(overlap(a, b) for a, b in combinations(boxes, 2))
    assert all(a >= 0 and b >= 0 and c <= BOX[0] and d <= BOX[1] for a, b, c, d in boxes)
    gaps = [gap(b, c, s) for b, c, s in zip(bubbles, centres, sizes, strict=True)]
    assert min(gaps) > 0
    assert np.median(gaps) < 0.2
    assert place(bubbles, sizes, BOX) == centres


def test_nothing_has_no_place() -> None:
    assert place([], [], BOX) == []
