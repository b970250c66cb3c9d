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
    scheme_read,
    tags_of,
)
from transformer_programs.errors import RunFolderError, SettingsError
from transformer_programs.learn import Watch
from transformer_programs.runs.folder import own_texts, read_config, read_program
from transformer_programs.runs.loading import check_inputs_of_task, load_dataset
from transformer_programs.runs.report import read_report
from transformer_programs.system import FILE, check_length
from transformer_programs.tasks import (
    DatasetSource,
    FileSource,
    Source,
    TaskSource,
    check_drawn_fit,
    sample_distinct,
)
from transformer_programs.verify import FileProcess

DRAWN = 2_000
"""Inputs that are drawn at every length by default."""

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
    """Measure the accuracy of a run's ``program.py``; see ``Run.evaluate``.

    Returns:
        The accuracy; and on the run's own data that of simple baselines, by name.
    """
    config, program = read_config(run, trust=trust), read_program(run)
    beside: dict[str, Quality] = {}
    watch.begin("reading the data")
    if data is None:
        if reading:
            names = ", ".join(reading)
            raise SettingsError(f"{names}: for a file: name it with --data")
        if isinstance(config.source, TaskSource):
            check_inputs_of_task(run, program, config.source.find_task())
        otherwise = "name labelled sequences with --data"
        dataset = load_dataset(config.source, run, otherwise)
        examples, tags, beside = dataset.test, dataset.tags, baselines(dataset)
    else:
        from transformer_programs.data import (  # every reader
            of_another_file,
            read_examples,
        )

        options = of_another_file(_options_of(config.source), data)
        options = replace(
            changed(options, reading),
            split=program.input.split or options.split,
            max_length=None if any_length else program.input.max_bare_length,
            truncate=options.truncate and not any_length,
        )
        examples = read_examples(
            data, options, tagging=program.tagging, on_note=watch.on_note
        )
        scheme = scheme_read(options) or _scheme_of(run)
        tags = find_tags(examples, program.readout.labels, scheme)
        for note in measuring_notes(tags_of(examples), tags):
            watch.note(note)
    if any_length:
        from transformer_programs.optimize import check_length_free

        check_length_free(program)
    watch.begin(f"running {FILE} on {len(examples):,} sequences")
    with FileProcess(*own_texts(run, program)) as file:
        predict = partial(file.labels, any_length=any_length)
        return evaluate_all(predict, examples, tags), beside


def _scheme_of(run: Path) -> Scheme | None:
    try:
        report = read_report(run)
    except RunFolderError:
        return None
    tags = None if report is None else report.test.tags
    return None if tags is None else tags.scheme


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
    drawn: int = DRAWN,
    trust: bool = False,
) -> dict[int, Accuracy]:
    """Measure the accuracy at lengths beyond those of training.

    See ``Run.evaluate_lengths``.
    """
    from transformer_programs.optimize import check_length_free

    source = read_config(run, trust=trust).source
    if not isinstance(source, TaskSource):
        raise SettingsError(
            f"{run}: expected a run that was learned from a task, whose definition "
            "labels inputs of any length"
        )
    if drawn < 1:
        raise SettingsError(f"expected at least 1 drawn input, got {drawn}")
    program = read_program(run)
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
