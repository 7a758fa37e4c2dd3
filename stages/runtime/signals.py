"""Stopping at a good moment when Ctrl-C or SIGTERM asks for it."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

from click.exceptions import Exit


class Interrupted(Exit):
    """Ends a command with the exit code that shells give for a signal: 130 or 143."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


class SignalHandler:
    """Remembers SIGINT and SIGTERM until there is a good moment to stop.

    A second signal acts at once, as if this were not here.
    """

    def __init__(self) -> None:
        self._asked: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) != signal.SIG_IGN:  # as in the background of a shell
                self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._restore()

    def raise_if_requested(self) -> None:
        """Raise `Interrupted` if a signal has come; may be called from any thread."""
        if self._asked is not None:
            raise Interrupted(self._asked)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self._asked = number
        self._restore()

    def _restore(self) -> None:
        while self._before:
            signal.signal(*self._before.popitem())
