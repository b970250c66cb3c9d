"""Ctrl-C that waits for the end of a training step: no state is left half changed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """Whether the user has asked to stop.

    Attributes:
        requested: set by the first Ctrl-C; the second raises KeyboardInterrupt, in
            the middle of whatever goes on.
    """

    def __init__(self) -> None:
        self.requested = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Remember the first signal, and let the next one through."""
        del number, frame
        self.requested = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def deferred_interruption() -> Iterator[Interruption]:
    """Hold the first Ctrl-C back while the block runs.

    Only the main thread gets signals; elsewhere nothing is held back. Nor is it where
    the signal is ignored.
    """
    interruption = Interruption()
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # a background job
    if ignored or threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    previous = signal.signal(signal.SIGINT, interruption.handle)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, previous)
