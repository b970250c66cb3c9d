"""The inputs of a training: data, a program to start from, and word vectors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from transformer_programs.data import (
    LANGUAGE,
    Dataset,
    ReadOptions,
    UsedVectors,
    WordVectors,
    read_again,
    read_vectors,
    vectors_for_data,
)
from transformer_programs.errors import (
    DataError,
    InputError,
    RunFolderError,
    SettingName,
    SettingsError,
    TaskError,
)
from transformer_programs.language import InputFormat, Pooling, Program, enumerable
from transformer_programs.learn import Watch
from transformer_programs.runs.base import BaseRun, read_run
from transformer_programs.runs.folder import Config, folder_of, is_run, read_config
from transformer_programs.settings import (
    LARGE_VOCABULARY,
    LONG_TEXT,
    Learner,
    ModelSettings,
    Recipe,
    suited_recipe,
)
from transformer_programs.system import CONFIG
from transformer_programs.tasks import (
    DatasetSource,
    FileSource,
    Source,
    Task,
    TaskSource,
    names,
)
from transformer_programs.verify import as_read, later_head, open_ended

Data = str | Path | Task | Dataset | Source | None
"""What can be learned from: a task or its name, a file, a data set, a source of one;
None only where it follows from a start."""

Beginning = str | Path | Program | BaseRun | None
"""A program or run to begin with, or where it is: a run folder or ``program.json``."""

Vectors = str | os.PathLike[str] | WordVectors | ArrayLike | None
"""Word vectors: a file of them, what was read of one, or (vocabulary, features)."""


def load_data(data: Data) -> tuple[Source | None, Dataset, Recipe]:
    """Return where the data are from, the data, and settings that suit them.

    Raises:
        SettingsError: If nothing can be learned from what was given.
        DataError, TaskError: If the data cannot be had.
    """
    match data:
        case str():
            return load_data(TaskSource(data))
        case Path():
            return load_data(FileSource(str(data)))
        case TaskSource():
            source = data.stamped()
            task = source.find_task()
            return source, source.dataset(), Recipe(task.model, task.training)
        case FileSource():
            stamped = data.stamped()
            dataset = stamped.dataset()
            return stamped, dataset, _suited(dataset)
        case DatasetSource():
            read, dataset = data.read()
            return read, dataset, _suited(dataset)
        case Task():
            return None, data.dataset(), Recipe(data.model, data.training)
        case Dataset():
            return None, data, _suited(data)
    raise SettingsError(
        "expected a task or its name, the path of a data file, a Dataset, a "
        f"TaskSource, a FileSource or a DatasetSource, got {data!r}"
    )


def _suited(dataset: Dataset) -> Recipe:
    return suited_recipe(
        dataset.tagging, len(dataset.input.vocabulary), dataset.input.max_length
    )


def sums_tags(dataset: Dataset) -> bool:
    """Return whether labels are tags of words, of which sums are learned in rounds."""
    form = dataset.input
    short = form.max_length <= LONG_TEXT
    return dataset.tagging and len(form.vocabulary) > LARGE_VOCABULARY and short


def read_for_sums(
    source: Source | None, dataset: Dataset, suited: Recipe, vectors: Vectors
) -> tuple[Source | None, Dataset, Recipe]:
    """Return tags of words as sums of evidence read them best.

    The words of a file of vectors are in their vocabulary too, and character features
    have as many values as tags of words have by default, if they are only asked for as
    those of natural language.
    """
    if not isinstance(source, FileSource):
        return source, dataset, suited
    options = source.options
    plain = {name: getattr(ReadOptions(), name) for name in LANGUAGE}
    given = {name: getattr(options, name) for name in LANGUAGE}
    chosen = given not in (plain, LANGUAGE)
    bounded = not chosen or options.max_vocabulary is not None
    if isinstance(vectors, str | os.PathLike) and bounded and not options.more_words:
        options = replace(options, more_words=os.fspath(vectors))
    if not chosen:
        options = replace(options, **plain)
    if options == source.options:
        return source, dataset, suited
    found, again, recipe = load_data(FileSource(source.path, options))
    read = not chosen and again.input.surfaces
    return (found, again, recipe) if chosen or read else (source, dataset, suited)


def beginning(start: Beginning) -> BaseRun | None:
    """Return the run to begin with."""
    if isinstance(start, str | Path):
        return read_run(Path(start))
    return BaseRun(start) if isinstance(start, Program) else start


def source_of(run: BaseRun, *, trust: bool = False) -> Source | None:
    """Return where the data of a run are from, if that is known."""
    if run.training is not None:
        return run.training.config.source
    folder = run.folder or (run.file and folder_of(run.file))
    if folder is None or not is_run(folder):
        return None
    return read_config(folder, trust=trust).source


def starting_vectors(
    vectors: Vectors, dataset: Dataset, recipe: Recipe, watch: Watch
) -> tuple[NDArray[np.float32] | None, UsedVectors | None]:
    """Return a vector for every token of the data, and what a file of them covers.

    Raises:
        DataError: If the file cannot be read.
        SettingsError: If they are not vectors, or for none of the tokens, or if the
            model has no word classes to begin with them.
    """
    if vectors is None:
        return None, None
    watch.begin("reading word vectors")
    used = None
    if isinstance(vectors, str | os.PathLike):
        vectors = read_vectors(vectors, dataset.input.vocabulary.tokens)
    if isinstance(vectors, WordVectors):
        matrix, used = vectors_for_data(vectors, dataset)
    else:
        matrix = word_vectors(vectors)
    if not recipe.model.word_classes and recipe.learner is not Learner.LINEAR:
        raise SettingsError(
            "word vectors are where learned classes of words begin: expected ",
            SettingName("word_classes"),
            " >= 1, got 0",
        )
    if used is not None:
        watch.note(used.sentence())
    return matrix, used


def vectors_again(config: Config, dataset: Dataset) -> NDArray[np.float32] | None:
    """Return the vectors that a stopped training began with, if of a file."""
    if config.vectors is None or not config.vectors.path:
        return None
    vectors = read_again(config.vectors, dataset)
    return vectors_for_data(vectors, dataset)[0]


def word_vectors(vectors: ArrayLike) -> NDArray[np.float32]:
    """Return the vectors as an array."""
    expected = "expected finite word vectors of shape (vocabulary, features), got"
    try:
        array = np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{expected} {type(vectors).__name__}: {error}") from error
    none = np.isnan(array).all(axis=-1) if array.ndim == 2 else np.array(True)
    if none.all() or not np.isfinite(array[~none]).all():
        raise SettingsError(f"{expected} shape {array.shape}")
    return array


def load_dataset(source: Source | None, run: Path, otherwise: str) -> Dataset:
    """Return the data that a run was learned from.

    Messages end with ``otherwise``: what is done without them, or what to do.

    Raises:
        RunFolderError: If they were in memory.
        DataError, TaskError: If they cannot be had again.
    """
    if source is None:
        raise RunFolderError(
            f"{run}: its data were in memory, or its program came without any, so they "
            f"cannot be loaded again; {otherwise}"
        )
    try:
        return source.dataset()
    except (DataError, TaskError) as error:
        raise type(error)(*error.args, f"; {otherwise}") from error


def check_fits(program: Program, dataset: Dataset, run: Path) -> None:
    """Check that data have the tokens and labels of a program."""
    ours, theirs = program.input, dataset.input
    same = replace(ours, max_length=theirs.max_length) == theirs
    if not same or program.readout.labels != dataset.labels:
        raise RunFolderError(
            f"{run}: its data have other tokens or labels than its program; the one or "
            "the other was changed"
        )
    if theirs.max_length > ours.max_length:
        raise RunFolderError(
            f"{run}: its data have up to {theirs.max_bare_length} tokens, its program "
            f"takes {ours.max_bare_length}"
        )


def sequences_to_compare(
    config: Config, program: Program, run: Path, watch: Watch
) -> Sequence[Sequence[str]]:
    """Return the data of a run that its program accepts.

    None are needed where all inputs are compared; a note says if they are not there.
    """
    form = program.input
    if enumerable(form):
        return ()
    try:
        dataset = load_dataset(config.source, run, "this is checked without them")
    except (DataError, RunFolderError, SettingsError, TaskError) as error:
        watch.note(str(error))
        return ()
    return [tokens for tokens in dataset.sequences if _accepts(form, tokens)]


def _accepts(form: InputFormat, tokens: Sequence[str]) -> bool:
    try:
        form.encode(tokens)
    except InputError:
        return False
    return True


def task_named(program: Program) -> TaskSource | None:
    """Return the task that a program is named after, if it has the same inputs."""
    if program.name not in names():
        return None
    form = program.input
    size = len(form.vocabulary) + 1  # <pad> counts
    source = TaskSource(program.name, vocabulary_size=size, max_length=form.max_length)
    try:
        return source if source.find_task().input == form else None
    except TaskError:
        return None


def causal_recipe(
    recipe: Recipe, dataset: Dataset, begin: Program | None = None
) -> Recipe:
    """Return settings whose programs have no head that looks at later tokens.

    Raises:
        SettingsError: If the data have one label per sequence, or the program to begin
            with has such a head.
    """
    if not dataset.tagging:
        raise SettingsError(
            f"causal: {dataset.name} has one label for every sequence, which depends "
            "on all of it; omit it, or label every token by the sequence up to it"
        )
    if begin is not None and (head := later_head(begin)) is not None:
        raise SettingsError(
            f"causal: head {head} of the program to begin with looks at later tokens; "
            "omit it, or begin with a program that was learned so"
        )
    return replace(recipe, causal=True)


def check_pooling(model: ModelSettings, dataset: Dataset) -> None:
    """Check that the model gives the kind of labels that the data have.

    Raises:
        SettingsError: If it does not.
    """
    if dataset.tagging != (model.pooling is Pooling.NONE):
        labels, right = "a label for every token", "'none'"
        if not dataset.tagging:
            labels, right = "one label for every sequence", "'mean' or 'first'"
        raise SettingsError(
            f"{dataset.name} has {labels}, so pooling must be {right}, "
            f"got {model.pooling.value!r}"
        )


def check_inputs_of_task(run: Path, program: Program, task: Task) -> None:
    """Check that a task is about the inputs that the program of a run accepts.

    Raises:
        SettingsError: If not: its settings are not those that the program was learned
            with, and it says nothing about the inputs that it leaves out.
    """
    ours, theirs = program.input, task.input
    same = (
        set(ours.symbols) == set(theirs.symbols)
        and ours.max_bare_length == theirs.max_bare_length
        and not open_ended(ours)
    )
    if not same:
        raise SettingsError(
            f"{run}: the task {task.name!r} of its {CONFIG} is about "
            f"{_inputs_in_words(theirs)}; the program accepts "
            f"{_inputs_in_words(ours)}: nothing follows from the task for the others; "
            "learn it anew, or compare it with a function (--against FILE.py:FUNCTION)"
        )


def _inputs_in_words(form: InputFormat) -> str:
    shown = " ".join(form.symbols[:10]) + (" ..." if len(form.symbols) > 10 else "")
    read = as_read(form)
    more = f" ({read})" if read else ""
    return f"up to {form.max_bare_length} of {len(form.symbols)} tokens{more}: {shown}"
