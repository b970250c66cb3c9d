"""Who does trials: processes of this machine; a cluster's are in ``ray_workers.py``."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Protocol

from transformer_programs.data import Dataset
from transformer_programs.lab.sweep.trial import Job, Report, run_trial


class Workers(Protocol):
    """Does trials, a few at a time.

    Attributes:
        count: how many at a time.
    """

    count: int

    def submit(self, job: Job) -> None:
        """Begin a trial; fewer than ``count`` are running."""

    def wait(self, seconds: float) -> list[tuple[Job, Report | None]]:
        """The trials that have ended since; waits for one, but not longer than that.

        None instead of a report says that the worker died.
        """

    def close(self) -> None:
        """Stop what is running."""


class Processes:
    """Spawned processes, each with one training at a time.

    Args:
        count: how many.
        dataset: what all trials learn from.
    """

    def __init__(self, count: int, dataset: Dataset) -> None:
        self.count = count
        self._dataset = dataset
        self._idle: list[tuple[Connection, SpawnProcess]] = []
        self._busy: dict[Connection, tuple[SpawnProcess, Job]] = {}

    def submit(self, job: Job) -> None:
        """Begin a trial, in a process that is idle or new."""
        while True:
            pipe, process = self._idle.pop() if self._idle else self._start()
            try:
                pipe.send(job)
            except BrokenPipeError:  # it was killed while it was idle
                _end(pipe, process)
                continue
            self._busy[pipe] = (process, job)
            return

    def wait(self, seconds: float) -> list[tuple[Job, Report | None]]:
        """The trials that have ended since."""
        ended: list[tuple[Job, Report | None]] = []
        for pipe in connection.wait(list(self._busy), seconds):
            assert isinstance(pipe, Connection)
            process, job = self._busy.pop(pipe)
            try:
                report: Report | None = pipe.recv()
                self._idle.append((pipe, process))
            except (EOFError, OSError):
                report = None
                _end(pipe, process)
            ended.append((job, report))
        return ended

    def close(self) -> None:
        """Stop all processes."""
        busy = [(pipe, process) for pipe, (process, _) in self._busy.items()]
        for pipe, process in (*self._idle, *busy):
            _end(pipe, process)
        self._idle.clear()
        self._busy.clear()

    def _start(self) -> tuple[Connection, SpawnProcess]:
        context = get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(
            target=_serve, args=(there, self._dataset), daemon=True
        )
        with _ignoring_interrupts():
            process.start()
        there.close()  # so that the pipe ends when the process does
        return here, process


def _end(pipe: Connection, process: SpawnProcess) -> None:
    pipe.close()
    process.kill()
    process.join()


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    """Let processes that start in the block ignore Ctrl-C: their parent handles it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _serve(pipe: Connection, dataset: Dataset) -> None:
    """Do trials until the pipe ends; runs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        while True:
            pipe.send(run_trial(pipe.recv(), dataset))
    except (EOFError, OSError):
        return


def _end_with_parent() -> None:
    """End this process, in the middle of a training, when its parent has ended."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
