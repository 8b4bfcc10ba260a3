"""Takes sealed states out of a queue or a layout: from the public suite."""

from lab.testing import State, Take, taken

__all__ = ["State", "Take", "taken"]
