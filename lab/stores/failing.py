"""What a database cannot do: told apart from what a layout does wrong."""

from __future__ import annotations

from types import TracebackType


class StoreFailedError(Exception):
    """The database failed, whatever the layout did; the message is one line and names it."""


class FailuresOf:
    """A context manager, to be entered as often as one likes: a store's own errors by their name.

    ``errors`` that leave it become a `StoreFailedError`; others pass.
    """

    def __init__(self, name: str, *errors: type[Exception]) -> None:
        self._name, self._errors = name, errors

    def __enter__(self) -> None:
        """Change nothing."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Rename what went wrong."""
        if isinstance(error, self._errors):
            raise StoreFailedError(f"store {self._name}: {error}") from error
