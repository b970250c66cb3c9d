"""The accuracy of runs, on their own data, on files, and on longer inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Unpack

import numpy as np

from transformer_programs.data import (
    Accuracy,
    Examples,
    Quality,
    ReadChanges,
    ReadOptions,
    Scheme,
    baselines,
    changed,
    evaluate_all,
    find_tags,
    measuring_notes,
    of_another_file,
    read_examples,
    scheme_read,
    tags_of,
)
from transformer_programs.errors import RunFolderError, SettingsError
from transformer_programs.learn import Watch
from transformer_programs.optimize import check_length_free
from transformer_programs.runs import folder as run_folder
from transformer_programs.runs.loading import load_dataset
from transformer_programs.runs.specifications import check_inputs_of_task
from transformer_programs.runs.texts import own_texts
from transformer_programs.system import check_length
from transformer_programs.tasks import (
    DatasetSource,
    FileSource,
    Source,
    TaskSource,
    check_drawn_fit,
    sample_distinct,
)
from transformer_programs.verify import FileProcess

TIMES = (2, 4, 10)
"""Multiples of the training length at which accuracy is measured by default."""


def evaluate_run(
    run: Path,
    data: Path | None = None,
    *,
    any_length: bool = False,
    watch: Watch = Watch(),
    trust: bool = False,
    **reading: Unpack[ReadChanges],
) -> tuple[Accuracy, dict[str, Quality]]:
    """Measure the accuracy of a run's ``program.py``.

    Args:
        run: the run folder.
        data: a file of labelled sequences; by default the run's own test split.
        any_length: whether the file's sequences may be longer than in training.
        watch: callbacks; told how a file was read, and what is unusual about its
            tags.
        trust: whether the Python file of a task of one's own may be executed, which
            gives the held-out data.
        **reading: how it is read, such as its columns; by default as in training.

    Returns:
        The accuracy; and on the run's own data that of simple baselines, by name.

    Raises:
        LengthError: If ``any_length`` and the program is bound to its length.
        TransformerProgramsError: If the run or the data cannot be read.
    """
    config = run_folder.read_config(run, trust=trust)
    program = run_folder.read_program(run)
    beside: dict[str, Quality] = {}
    watch.begin("reading the data")
    if data is None:
        if reading:
            raise SettingsError(
                f"{', '.join(reading)}: for a file: name it with --data"
            )
        if isinstance(config.source, TaskSource):
            check_inputs_of_task(run, program, config.source.find_task())
        dataset = load_dataset(config, run, "name labelled sequences with --data")
        examples, beside = dataset.test, baselines(dataset)
        tags = dataset.tags
    else:
        options = of_another_file(_options_of(config.source), data)
        options = replace(
            changed(options, reading),
            max_length=None if any_length else program.input.max_bare_length,
            truncate=options.truncate and not any_length,
        )
        examples = read_examples(
            data, options, tagging=program.tagging, on_note=watch.on_note
        )
        scheme = scheme_read(options) or _scheme_of(run)
        tags = find_tags(examples, program.readout.labels, scheme)
        if watch.on_note is not None:
            for note in measuring_notes(tags_of(examples), tags):
                watch.on_note(note)
    if any_length:
        check_length_free(program)
    watch.begin(f"running {run_folder.FILE} on {len(examples):,} sequences")
    with FileProcess(*own_texts(run, program)) as file:
        predict = partial(file.labels, any_length=any_length)
        return evaluate_all(predict, examples, tags), beside


def _scheme_of(run: Path) -> Scheme | None:
    try:
        lines = run_folder.read_lines(run)
    except RunFolderError:
        return None
    for line in reversed(lines):
        if isinstance(line, dict) and line.get("kind") == "result":
            try:
                return Scheme(line["test"]["entities"]["scheme"].lower())
            except (AttributeError, KeyError, TypeError, ValueError):
                return None
    return None


def _options_of(source: Source | None) -> ReadOptions:
    match source:
        case FileSource():
            return source.options
        case DatasetSource(options=ReadOptions() as options):
            # Its columns have names of their own, which a file need not have.
            return replace(options, tokens_column=None, label_column=None)
    return ReadOptions()


def evaluate_lengths(
    run: Path,
    lengths: Sequence[int] | None = None,
    *,
    drawn: int = 2_000,
    trust: bool = False,
) -> dict[int, Accuracy]:
    """Measure the accuracy of a run's ``program.py`` on longer inputs than in training.

    Args:
        run: the run folder, learned from a task.
        lengths: the numbers of tokens of the inputs, without the frame; by default 2,
            4 and 10 times as many as in training.
        drawn: the number of inputs drawn from the task at every length; all, where
            fewer exist.
        trust: whether the Python file of a task of one's own may be executed.

    Returns:
        The accuracy by length.

    Raises:
        LengthError: If the program is bound to its length; names the statements.
        TransformerProgramsError: If the run cannot be read, was not learned from a
            task, or its task has no inputs of such a length.
    """
    source = run_folder.read_config(run, trust=trust).source
    if not isinstance(source, TaskSource):
        raise SettingsError(
            f"{run}: expected a run that was learned from a task, whose definition "
            "labels inputs of any length"
        )
    if drawn < 1:
        raise SettingsError(f"expected at least 1 drawn input, got {drawn}")
    program = run_folder.read_program(run)
    check_inputs_of_task(run, program, source.find_task())
    check_length_free(program)
    for length in lengths or ():
        check_length("lengths", length, program.input.frame_size)
    if lengths is None:
        lengths = [n * program.input.max_bare_length for n in TIMES]
    with FileProcess(*own_texts(run, program)) as file:
        predict = partial(file.labels, any_length=True)
        return {
            length: evaluate_all(predict, _examples_at(source, length, drawn))
            for length in lengths
        }


def _examples_at(source: TaskSource, length: int, drawn: int) -> Examples:
    # Inputs of exactly this length, without the frame.
    frame = source.find_task().input.frame_size
    task = replace(source, max_length=length + frame).find_task()
    exact = replace(task, min_length=length)
    rng = np.random.default_rng(source.seed)
    check_drawn_fit(exact.space, {"drawn": drawn})
    count = min(drawn, exact.space.size_up_to(drawn))
    return exact.examples(sample_distinct(exact.space, count, rng, exact.draw))
