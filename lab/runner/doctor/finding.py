"""What a look at the machine found: data, rendered wherever it is shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

State = Literal["good", "warn", "bad", "info"]
Figure = int | float | str | bool | None


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What was looked at, in a few words; the same on every machine.
    value : str
        What was seen, as people read it.
    state : str
        ``good``; ``warn``: figures will be noisier or differ; ``bad``: they cannot be trusted;
        ``info``: neither.
    advice : str or None
        What would improve it: the exact command where there is one. Always there for ``warn`` and
        ``bad``.
    figures : dict
        The numbers behind ``value``, the unit in each name.
    """

    name: str
    value: str
    state: State
    advice: str | None = None
    figures: dict[str, Figure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.state in ("warn", "bad") and not self.advice:
            raise ValueError(f"{self.name} is {self.state}: say what would improve it")

    def to_json(self) -> dict[str, Any]:
        """Return the finding as it is printed by ``--json``."""
        return asdict(self)


def graded(value: float, warn_from: float, bad_from: float) -> State:
    """Grade a figure of which less is better."""
    if value >= bad_from:
        return "bad"
    return "warn" if value >= warn_from else "good"
