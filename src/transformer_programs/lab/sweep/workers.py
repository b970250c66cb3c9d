"""The workers of a sweep: processes of this machine, or tasks of a Ray cluster.

A worker gets the data and settings, and gives back a run folder as bytes, so that it
need not share a file system with the process that keeps the sweep.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from transformer_programs.data import Dataset
from transformer_programs.errors import SettingsError
from transformer_programs.lab.sweep.space import Settings
from transformer_programs.learn import kept_memory
from transformer_programs.runs import Config, train_as
from transformer_programs.settings import Recipe, TrainSettings, apply
from transformer_programs.tasks import Source

LOCAL = "local"
"""In place of an address: a Ray cluster of this machine alone, while it is used."""


@dataclass(frozen=True, slots=True)
class Job:
    """A trial to be done, as it is sent to a worker."""

    number: int  # of the trial in its study
    name: str  # of the data
    source: Source
    recipe: Recipe  # of all trials
    settings: Settings  # of this one


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial that has ended: its settings, and the sizes of its program."""

    number: int  # names its run folder
    settings: Settings  # those that are varied
    accuracy: float = 0.0  # on validation data, or entity F1; 0 without a program
    lines: int = 0
    statements: int = 0
    entries: int = 0  # of the program's tables
    seconds: float = 0.0  # of learning
    failure: str | None = None  # why it gave no program, if it did not


@dataclass(frozen=True, slots=True)
class TrialReport:
    """A trial with the files of its run folder, of which one that failed has none."""

    trial: Trial
    files: Mapping[str, bytes] = field(default_factory=dict)


def run_trial(job: Job, dataset: Dataset) -> TrialReport:
    """Learn a program with the settings of a trial."""
    with TemporaryDirectory(prefix="tprog-trial-") as place:
        run = Path(place) / "run"
        try:
            recipe = apply(job.recipe, job.settings)
            with kept_memory():
                learned = train_as(Config(job.name, job.source, recipe), dataset, run)
        # One trial that runs out of memory, say, must not end all the others.
        except Exception as error:
            return failed(job, f"{type(error).__name__}: {error}")
        report, program = learned.report, learned.program
        assert report is not None
        trial = Trial(
            job.number,
            job.settings,
            accuracy=report.validation.quality.score,
            lines=program.lines,
            statements=len(program.statements),
            entries=program.entries,
            seconds=round(report.seconds, 1),
        )
        return TrialReport(
            trial, {file.name: file.read_bytes() for file in run.iterdir()}
        )


def failed(job: Job, reason: str) -> TrialReport:
    """Return the report of a trial that gave no program."""
    return TrialReport(Trial(job.number, job.settings, failure=reason))


class Workers(Protocol):
    """Does trials, ``count`` at a time."""

    count: int

    def submit(self, job: Job) -> None:
        """Begin a trial; fewer than ``count`` are running."""

    def wait(self, seconds: float) -> list[tuple[Job, TrialReport | None]]:
        """Return the trials that have ended; wait for one, but not longer than that.

        None in place of a report says that the worker died.
        """

    def close(self) -> None:
        """Stop what is running."""


class Processes:
    """Spawned processes, each with one training at a time."""

    def __init__(self, count: int, dataset: Dataset) -> None:
        self.count = count
        self._dataset = dataset
        self._idle: list[tuple[Connection, SpawnProcess]] = []
        self._busy: dict[Connection, tuple[SpawnProcess, Job]] = {}

    def submit(self, job: Job) -> None:
        """Begin a trial, in a process that is idle or new."""
        pipe, process = self._idle.pop() if self._idle else self._start()
        with suppress(BrokenPipeError):  # of one killed while idle, as wait will see
            pipe.send(job)
        self._busy[pipe] = (process, job)

    def wait(self, seconds: float) -> list[tuple[Job, TrialReport | None]]:
        """Return the trials that have ended since."""
        ended: list[tuple[Job, TrialReport | None]] = []
        for pipe in connection.wait(list(self._busy), seconds):
            assert isinstance(pipe, Connection)
            process, job = self._busy.pop(pipe)
            try:
                ended.append((job, pipe.recv()))
                self._idle.append((pipe, process))
            except (EOFError, OSError):
                ended.append((job, None))
                _end(pipe, process)
        return ended

    def close(self) -> None:
        """Stop all processes."""
        busy = [(pipe, process) for pipe, (process, _) in self._busy.items()]
        for pipe, process in (*self._idle, *busy):
            _end(pipe, process)
        self._idle, self._busy = [], {}

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
    # Processes that start in the block ignore Ctrl-C: their parent handles it.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _serve(pipe: Connection, dataset: Dataset) -> None:
    # Does trials until the pipe ends; runs in a process of its own.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            pipe.send(run_trial(pipe.recv(), dataset))


def _end_with_parent() -> None:
    # Ends this process, in the middle of a training, when its parent has ended.
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


class RayWorkers:
    """The CPUs, or GPUs, of a Ray cluster: by default as many as it has room for.

    A trial is a task without Ray's own retries: that a worker died is told to the
    driver, which begins the trial again, as with processes of this machine. Training
    settings say which threads and device every trial needs.

    Raises:
        SettingsError: If the cluster cannot be reached.
    """

    def __init__(
        self, address: str, count: int | None, dataset: Dataset, training: TrainSettings
    ) -> None:
        self._ray = load_ray()
        self._connect(address, count)
        of_gpu = training.device.startswith("cuda")
        resources = self._ray.cluster_resources()
        self.count = count or max(1, int(resources.get("GPU" if of_gpu else "CPU", 1)))
        self._dataset = self._ray.put(dataset)
        self._run = self._ray.remote(run_trial).options(
            max_retries=0, num_cpus=training.threads, num_gpus=1 if of_gpu else 0
        )
        self._running: dict[Any, Job] = {}

    def _connect(self, address: str, count: int | None) -> None:
        more: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        try:
            if address == LOCAL:
                more |= {"num_cpus": count, "include_dashboard": False}
            else:
                _knock(address)
            self._ray.init(address=address, **more)
        except Exception as error:  # ConnectionError, ValueError, RuntimeError, ...
            raise SettingsError(
                f"--ray {address}: cannot be reached: {error}"
            ) from error

    def submit(self, job: Job) -> None:
        """Begin a trial where the cluster has room."""
        self._running[self._run.remote(job, self._dataset)] = job

    def wait(self, seconds: float) -> list[tuple[Job, TrialReport | None]]:
        """Return the trials that have ended since."""
        ready, _ = self._ray.wait(list(self._running), timeout=seconds)
        return [self._ended(task) for task in ready]

    def _ended(self, task: Any) -> tuple[Job, TrialReport | None]:
        job = self._running.pop(task)
        try:
            return job, self._ray.get(task)
        except self._ray.exceptions.RayTaskError as error:  # it could not even begin
            return job, failed(job, str(error).rstrip().rpartition("\n")[2])
        except self._ray.exceptions.RayError:
            return job, None

    def close(self) -> None:
        """Stop what is running, and leave the cluster."""
        for task in self._running:
            self._ray.cancel(task, force=True)
        self._running.clear()
        self._ray.shutdown()


def load_ray() -> Any:
    """Import Ray.

    Raises:
        SettingsError: If it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise SettingsError(
            "--ray needs Ray, which is not installed: "
            "pip install 'transformer-programs[ray]'"
        ) from None
    return ray


def _knock(address: str) -> None:
    # Whether anyone listens there; Ray itself would ask for minutes.
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon:  # else a word like "auto"
        socket.create_connection((host, int(port)), timeout=10).close()
