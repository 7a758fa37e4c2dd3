"""SIGINT (Ctrl-C) and SIGTERM: stop at once, or where a command can stop well."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

from click.exceptions import Exit

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exit):
    """Ends a command with the exit code that shells give for a signal: 130 or 143."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


class SignalHandler:
    """Remembers SIGINT and SIGTERM until the command asks for them.

    A second signal acts at once, as it does without this handler.
    """

    def __init__(self) -> None:
        self._received: int | None = None
        self._previous_handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:  # as in the background of a shell
                    self._previous_handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._restore()

    def raise_if_requested(self) -> None:
        """Raise `Interrupted` if a signal was received; may be called from any thread."""
        if self._received is not None:
            raise Interrupted(self._received)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._received = number
        self._restore()

    def _restore(self) -> None:
        while self._previous_handlers:
            signal.signal(*self._previous_handlers.popitem())


@contextmanager
def interruptible() -> Iterator[None]:
    """Stop the block at SIGINT or SIGTERM, and raise `Interrupted`.

    Inside the block a signal is a KeyboardInterrupt. Some C extensions discard it, for example
    while they are imported: `Interrupted` is raised at the end of the block all the same.
    """
    received: list[int] = []

    def on_signal(number: int, frame: FrameType | None) -> None:
        received.append(number)
        raise KeyboardInterrupt

    previous_handlers = {}
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                previous_handlers[number] = signal.signal(number, on_signal)
    try:
        yield
    except KeyboardInterrupt as error:
        raise Interrupted(received[0] if received else signal.SIGINT) from error
    finally:
        for number, handler in previous_handlers.items():
            signal.signal(number, handler)
    if received:
        raise Interrupted(received[0])
