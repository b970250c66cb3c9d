"""``tprog reproduce`` for public suites: learn every task, judge what was found.

A program is found by search; what is judged is its ``program.py``.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from transformer_programs.data import Dataset, Examples, evaluate_all
from transformer_programs.errors import LearningWarning, SettingsError
from transformer_programs.lab.reproduce.measure import versions
from transformer_programs.lab.reproduce.suite_page import update_suite_page
from transformer_programs.lab.reproduce.suite_record import (
    RightInputs,
    SuiteFile,
    SuiteProgram,
    SuiteResult,
    add_suite_result,
    read_suite,
    suite_file,
)
from transformer_programs.lab.suites import public_suite
from transformer_programs.lab.suites.suite import Suite, SuiteTask, Tokens
from transformer_programs.learn import Watch
from transformer_programs.runs import Run, train
from transformer_programs.settings import SearchSettings
from transformer_programs.tasks import TaskSource
from transformer_programs.verify import FileProcess

SEQUENCES = 15_000
"""Inputs that are drawn; four fifths are learned from, a tenth is held out."""

ALL_INPUTS = 60_000
"""The most inputs of the smallest sizes that are all judged."""

LONGER = 100
"""Inputs that are judged in every range of greater sizes."""

DRAWN_SEED = 1
"""Seed of the inputs that are drawn to judge a program; those of training have 0."""


@dataclass(frozen=True, slots=True)
class SuitePlan:
    """What is learned of a suite.

    Raises:
        SettingsError: For tasks that the suite does not have.
    """

    suite: Suite
    tasks: tuple[str, ...] = ()  # by default all
    settings: SearchSettings = SearchSettings()

    def __post_init__(self) -> None:
        known = tuple(task.name for task in self.suite.tasks)
        wrong = [name for name in self.tasks if name not in known]
        if wrong:
            raise SettingsError(
                f"expected task of {self.suite.name} {', '.join(known)}, "
                f"got {wrong[0]!r}"
            )
        object.__setattr__(self, "tasks", self.tasks or known)


@dataclass(frozen=True, slots=True)
class SuiteJob:
    """One task to be done; small, so that it can be sent to another process."""

    suite: str
    task: str
    settings: SearchSettings
    out: Path | None  # the run folder to write

    @property
    def name(self) -> str:
        """The name by which ``tprog train`` knows the task."""
        return f"{self.suite}:{self.task}"


def reproduce_suite(
    plan: SuitePlan,
    folder: Path,
    *,
    force: bool = False,
    runs: Path | None = None,
    processes: int = 1,
    watch: Watch = Watch(),
) -> SuiteFile:
    """Learn what the record does not have yet, and write record and page.

    The record is written after every task, the page beside the folder at the end. An
    error in one task is recorded, and the others go on; it is tried again the next
    time.

    Args:
        plan: What is learned.
        folder: Where records are kept.
        force: Whether what the record has is learned again.
        runs: Where to keep the run folder of every program; None to keep none.
        processes: Tasks at a time, each with one thread in a process of its own; one
            is done in this process.
        watch: Callbacks.

    Raises:
        KeyboardInterrupt: After Ctrl-C; what was learned before is kept.
    """
    suite, settings = plan.suite, plan.settings
    if processes < 1:
        raise SettingsError(f"expected processes >= 1, got {processes}")
    record = read_suite(folder, suite)
    jobs = []
    for name in plan.tasks:
        if not force and _known(record.of(name), suite, name, settings):
            watch.note(f"{name} is in the record")
        else:
            out = None if runs is None else runs / name
            jobs.append(SuiteJob(suite.name, name, settings, out))
    done = 0
    try:
        for found in _results(jobs, processes, watch):
            add_suite_result(folder, suite, found)
            done += 1
            watch.note(f"{found.task}: {sentence(found)} ({done} of {len(jobs)})")
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(
            f"stopped after {done} of {len(jobs)} tasks; the same command goes on with "
            f"{suite_file(folder, suite)}"
        ) from error
    finally:
        update_suite_page(folder, suite)
    return read_suite(folder, suite)


def sentence(result: SuiteResult) -> str:
    """Return what came of a task, in words."""
    found = result.program
    if found is None:
        return f"failed: {result.error}"
    longer = "right" if all(part.all_right for part in found.longer) else "wrong"
    return (
        f"{'exact' if found.exact else f'{found.labels_right:.2%} of labels'}, "
        + (f"at greater sizes {longer}, " if found.longer else "")
        + f"{found.statements} statements, {found.cpu_seconds:.0f} s"
    )


def _known(
    found: SuiteResult | None, suite: Suite, name: str, settings: SearchSettings
) -> bool:
    return (
        found is not None
        and found.program is not None
        and found.settings == _recorded(settings)
        and found.data == fingerprint(_task(suite, name).dataset(SEQUENCES))
    )


def _recorded(settings: SearchSettings) -> dict[str, Any]:
    # What a program depends on: not the number of processes.
    fields = asdict(settings)
    del fields["workers"]
    return fields


def _task(suite: Suite, name: str) -> SuiteTask:
    return next(task for task in suite.tasks if task.name == name)


def fingerprint(dataset: Dataset) -> str:
    """Return the SHA-256 of the sequences and labels of a data set."""
    digest = hashlib.sha256()
    for part in (dataset.train, dataset.validation, dataset.test):
        digest.update(json.dumps([part.sequences, part.targets]).encode())
    return digest.hexdigest()


def _results(
    jobs: Sequence[SuiteJob], processes: int, watch: Watch
) -> Iterator[SuiteResult]:
    if processes == 1:
        for job in jobs:
            watch.note(f"{job.task} is being learned")
            yield result_of(job, watch)
        return
    with ThreadPoolExecutor(processes) as threads:
        futures = [threads.submit(_in_a_process, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            threads.shutdown(cancel_futures=True)


def _in_a_process(job: SuiteJob) -> SuiteResult:
    # One that dies, for lack of memory say, must not end the others.
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, theirs), daemon=False)
    process.start()
    theirs.close()
    try:
        found: SuiteResult = ours.recv()
    except EOFError:
        process.join()
        error = f"its process ended with status {process.exitcode}"
        found = replace(_unlearned(job), error=error)
    process.join()
    return found


def _work(job: SuiteJob, answers: Connection) -> None:
    import torch

    torch.set_num_threads(1)
    try:
        answers.send(result_of(job, Watch()))
    except KeyboardInterrupt:
        answers.close()


def result_of(job: SuiteJob, watch: Watch) -> SuiteResult:
    """Learn a task and judge the program; an error becomes part of the result."""
    result = _unlearned(job)
    try:
        dataset = _task(public_suite(job.suite), job.task).dataset(SEQUENCES)
        result = replace(
            result, data=fingerprint(dataset), sequences=len(dataset.train)
        )
        return replace(result, program=_learned(job, watch))
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({Path(where.filename).name}"
        return replace(result, error=f"{text}:{where.lineno})")


def _unlearned(job: SuiteJob) -> SuiteResult:
    command = ["tprog", "reproduce", job.suite, "--tasks", job.task]
    if job.settings != SearchSettings():
        command += ["--search-work", f"{job.settings.work:g}"]
    return SuiteResult(
        job.task, "", 0, _recorded(job.settings), versions(), shlex.join(command)
    )


def _learned(job: SuiteJob, watch: Watch) -> SuiteProgram:
    task = _task(public_suite(job.suite), job.task)
    clock = _Clock(watch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LearningWarning)
        run = train(
            TaskSource(job.name, SEQUENCES),
            learner="search",
            search=job.settings,
            causal=task.causal,
            out=job.out,
            force=True,
            watch=clock.watch,
            progress=False,
        )
    assert run.training is not None
    if run.training.report.interrupted:
        raise KeyboardInterrupt
    watch.begin("judging the program")
    return _judged(run, task, clock.seconds)


class _Clock:
    """CPU seconds of the search: from its phase to the next call of any other kind."""

    def __init__(self, watch: Watch) -> None:
        self._begun: float | None = None
        self.seconds = 0.0
        self.watch = replace(
            watch,
            on_phase=partial(self._phase, watch.begin),
            on_compared=partial(self._compared, watch.on_compared),
        )

    def _phase(self, told: Callable[[str], None], phase: str) -> None:
        self._stop()
        if phase == "searching":
            self._begun = time.process_time()
        told(phase)

    def _compared(self, told: Callable[..., None] | None, *arguments: Any) -> None:
        self._stop()
        if told is not None:
            told(*arguments)

    def _stop(self) -> None:
        if self._begun is not None:
            self.seconds += time.process_time() - self._begun
            self._begun = None


def _judged(run: Run, task: SuiteTask, cpu_seconds: float) -> SuiteProgram:
    assert run.training is not None
    report, program = run.training.report, run.program
    history = run.training.outcome.history
    ended = next(line for line in history if line["kind"] == "search_ended")
    rng = np.random.default_rng(DRAWN_SEED)
    with FileProcess(program.source, program.tables_json) as file:

        def right(
            examples: Examples, sizes: range, *, any_length: bool = False
        ) -> RightInputs:
            predict = partial(file.labels, any_length=any_length)
            found = evaluate_all(predict, examples, None)
            count = round(found.per_sequence * found.sequences)
            return RightInputs(sizes[0], sizes[-1], found.sequences, count)

        every, largest = task.all_inputs(ALL_INPUTS)
        sizes = range(task.sizes[0], largest + 1)
        prefixes = None
        if task.causal:
            held_out = task.dataset(SEQUENCES).test.sequences
            prefixes = right(task.labelled(_cut(held_out, rng)), task.sizes)
        longer = [
            right(
                task.labelled(task.draw_distinct(greater, LONGER, rng)),
                greater,
                any_length=True,
            )
            for greater in (task.longer if program.length_free else ())
        ]
        return SuiteProgram(
            statements=len(program.statements),
            lines=program.lines,
            entries=program.entries,
            any_length=program.length_free,
            cpu_seconds=round(cpu_seconds, 1),
            work=round(ended["work"], 1),
            ending=report.search_ended or "",
            labels_right=report.test.per_label,
            held_out=RightInputs(
                task.sizes[0],
                task.sizes[-1],
                report.test.sequences,
                round(report.test.per_sequence * report.test.sequences),
            ),
            prefixes=prefixes,
            every=right(task.labelled(every), sizes) if every else None,
            longer=tuple(longer),
        )


def _cut(sequences: Sequence[Tokens], rng: np.random.Generator) -> list[Tokens]:
    # One beginning of every sequence, from one token to all but the last.
    return [
        tokens[: int(rng.integers(1, len(tokens)))]
        for tokens in sequences
        if len(tokens) > 1
    ]
