"""SIGINT (Ctrl-C) and SIGTERM: stop at once, or where a command can stop well."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Self

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
        self._handled = ExitStack()

    def __enter__(self) -> Self:
        self._handled.enter_context(_handled_by(self._on_signal))
        return self

    def __exit__(self, *error: object) -> None:
        self._handled.close()

    def raise_if_requested(self) -> None:
        """Raise `Interrupted` if a signal was received; may be called from any thread."""
        if self._received is not None:
            raise Interrupted(self._received)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._received = number
        self._handled.close()


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

    try:
        with _handled_by(on_signal):
            yield
    except KeyboardInterrupt as error:
        raise Interrupted(received[0] if received else signal.SIGINT) from error
    if received:
        raise Interrupted(received[0])


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let a function handle the signals, unless they are ignored, as in the background."""
    previous_handlers = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:
                    previous_handlers[number] = signal.signal(number, handler)
        yield
    finally:
        for number, previous in previous_handlers.items():
            signal.signal(number, previous)
