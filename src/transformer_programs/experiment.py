"""The driver: from labelled sequences to an exact, readable program.

    data -> Dataset -> train -> hardened model -> Program -> program.py -> certificate

Every step is one call in ``_learn``; what each does is in the module it comes from.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transformer_programs import run_folder
from transformer_programs.certification import HardenedPredictor, certify_run
from transformer_programs.errors import RunFolderError, SettingsError
from transformer_programs.evaluate import Accuracy, evaluate
from transformer_programs.extract import extract
from transformer_programs.learn.population import train as train_population
from transformer_programs.nn.storage import save_model
from transformer_programs.program.nodes import Pooling
from transformer_programs.program.serialize import to_json
from transformer_programs.result import Result
from transformer_programs.runnable import RunnableProgram
from transformer_programs.settings import (
    ModelSettings,
    Recipe,
    TrainSettings,
    suited_recipe,
)
from transformer_programs.tasks.baselines import baselines
from transformer_programs.tasks.dataset import Dataset
from transformer_programs.tasks.files import read_examples
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.sources import FileSource, Source, TaskSource
from transformer_programs.tasks.task import Task
from transformer_programs.verify.certificate import Certificate, certify
from transformer_programs.verify.predictors import load_file
from transformer_programs.watch import Watch

Change = Callable[[Recipe], Recipe]
"""Takes the settings that suit the data, and gives those to use."""

Data = str | Task | Dataset | Source
"""What can be learned from: a task or its name, a data set, or where one is."""


def train(
    data: Data,
    training: TrainSettings | None = None,
    model: ModelSettings | None = None,
    *,
    change: Change | None = None,
    out: str | Path | None = None,
    force: bool = False,
    vectors: NDArray[np.float32] | None = None,
    watch: Watch = Watch(),
) -> Result:
    """Learn a program.

    Args:
        data: a task or its name, a data set, or a source of one.
        training: how to train; by default as suits the task or the data.
        model: the shape of the model; likewise.
        change: applied to the settings before they are used.
        out: the run folder to write, if any.
        force: whether a run folder that is there may be replaced.
        vectors: (vocabulary, features) word vectors to start word classes from.
        watch: what to call meanwhile.

    Returns:
        The result; after a KeyboardInterrupt that of the best model until then.

    Raises:
        TransformerProgramsError: the subclass says what is wrong (``errors.py``).
    """
    source, dataset, suited = _load(data)
    recipe = Recipe(model or suited.model, training or suited.training)
    recipe = change(recipe) if change else recipe
    _check_pooling(recipe.model, dataset)
    config = run_folder.Config(dataset.name, source, recipe.model, recipe.training)
    if out is None:
        return _learn(dataset, config, None, vectors=vectors, watch=watch)
    with run_folder.new_run(Path(out), force=force) as run:
        result = _learn(dataset, config, run, vectors=vectors, watch=watch)
    return replace(result, folder=Path(out))


def resume(out: str | Path, *, watch: Watch = Watch()) -> Result:
    """Go on with a training that was stopped, to where it would have come.

    Args:
        out: its run folder, which is replaced when training is complete.
        watch: what to call meanwhile.

    Raises:
        RunFolderError: if there is nothing to go on with.
        TransformerProgramsError: as for ``train``.
    """
    place = Path(out)
    stopped = run_folder.stopped_run(place)
    config = run_folder.read_config(stopped)
    dataset = load_dataset(config, place)
    with run_folder.new_run(place, force=True, resume=True) as run:
        if stopped != run:
            for name in (run_folder.CONFIG, run_folder.CHECKPOINT):
                shutil.copyfile(stopped / name, run / name)
        result = _learn(dataset, config, run, resume=True, watch=watch)
    return replace(result, folder=place)


def evaluate_run(
    run: Path,
    data: Path | None = None,
    *,
    tokens_column: str | None = None,
    label_column: str | None = None,
) -> Accuracy:
    """The accuracy of a run's ``program.py``.

    Args:
        run: the run folder.
        data: a file of labelled sequences; by default the run's own test split.
        tokens_column: where the file has its tokens, by default as in training.
        label_column: where it has its labels, by default as in training.

    Raises:
        TransformerProgramsError: the subclass says what is wrong.
    """
    config = run_folder.read_config(run)
    program = run_folder.read_program(run)
    if data is None:
        examples = load_dataset(config, run).test
    else:
        source = config.source
        options = source.options if isinstance(source, FileSource) else ReadOptions()
        options = replace(
            options,
            tokens_column=tokens_column or options.tokens_column,
            label_column=label_column or options.label_column,
            max_length=program.input.max_bare_length,
        )
        examples = read_examples(data, options, tagging=program.tagging)
    file = load_file(run_folder.read_text(run / run_folder.FILE))
    return evaluate(file["run"], examples)


def verify_run(run: Path, *, full: bool = False, watch: Watch = Watch()) -> Certificate:
    """Check a run again, and write its certificate.

    Args:
        run: the run folder.
        full: give ``program.py`` every input, not a sample.
        watch: what to call meanwhile.

    Raises:
        AgreementError: at the first difference; the certificate is removed.
        TransformerProgramsError: if the run cannot be read.
    """
    config = run_folder.read_config(run)
    data = load_dataset(config, run).sequences if config.source else ()
    (run / run_folder.CERTIFICATE).unlink(missing_ok=True)
    certificate = certify_run(run, data, full=full, advance=watch.on_compared)
    run_folder.write_files(run, {run_folder.CERTIFICATE: certificate.to_json()})
    return certificate


def load_dataset(config: run_folder.Config, run: Path) -> Dataset:
    """The data that a run was learned from.

    Raises:
        RunFolderError: if they were in memory.
        DataError, TaskError: if they cannot be had again.
    """
    if config.source is None:
        raise RunFolderError(
            f"{run}: its data were in memory, so they cannot be loaded again; "
            "name a file with --data"
        )
    return config.source.dataset()


def _learn(
    dataset: Dataset,
    config: run_folder.Config,
    run: Path | None,
    *,
    resume: bool = False,
    vectors: NDArray[np.float32] | None = None,
    watch: Watch,
) -> Result:
    """The whole pipeline; writes what it makes into ``run``, if there is one."""
    if run is not None:
        run_folder.write_files(run, {run_folder.CONFIG: config.to_json()})
    started = time.perf_counter()
    learned = train_population(
        dataset,
        config.model,
        config.training,
        on_progress=watch.on_progress,
        vectors=vectors,
        checkpoint=None if run is None else run / run_folder.CHECKPOINT,
        resume=resume,
    )
    seconds = time.perf_counter() - started
    program = RunnableProgram(extract(learned.model, dataset.name))
    certificate = certify(
        program.program,
        program.source,
        [HardenedPredictor(learned.model)],
        dataset.sequences,
        seed=config.training.seed,
        advance=watch.on_compared,
    )
    file = load_file(program.source)
    result = Result(
        program=program,
        validation=evaluate(file["run"], dataset.validation),
        test=evaluate(file["run"], dataset.test),
        baselines=baselines(dataset),
        certificate=certificate,
        learned=learned,
        seconds=seconds,
        folder=None,
        notes=dataset.notes,
    )
    if run is not None:
        _save(result, run)
    return result


def _save(result: Result, run: Path) -> None:
    save_model(result.learned.model, run / run_folder.MODEL)
    history = [{"kind": "evaluation"} | asdict(e) for e in result.learned.history]
    metrics = [*history, {"kind": "result"} | result.summary()]
    texts = {
        run_folder.PROGRAM: to_json(result.program.program),
        run_folder.FILE: result.program.source,
        run_folder.METRICS: "".join(json.dumps(line) + "\n" for line in metrics),
        run_folder.CERTIFICATE: result.certificate.to_json(),
    }
    run_folder.write_files(run, texts)
    if not result.learned.interrupted:
        (run / run_folder.CHECKPOINT).unlink(missing_ok=True)


def _load(data: Data) -> tuple[Source | None, Dataset, Recipe]:
    """Where the data are from, the data, and settings that suit them."""
    match data:
        case str() | TaskSource():
            source = TaskSource(data) if isinstance(data, str) else data
            return source, source.dataset(), Recipe(source.find_task().model)
        case FileSource():
            dataset = data.dataset()
            return data.stamped(), dataset, _suited(dataset)
        case Task():
            return None, data.dataset(), Recipe(data.model)
        case Dataset():
            return None, data, _suited(data)


def _suited(dataset: Dataset) -> Recipe:
    return suited_recipe(dataset.tagging, len(dataset.input.vocabulary))


def _check_pooling(model: ModelSettings, dataset: Dataset) -> None:
    """Does the model give the kind of labels that the data have?

    Raises:
        SettingsError: if it does not.
    """
    if dataset.tagging and model.pooling is not Pooling.NONE:
        raise SettingsError(
            f"{dataset.name} has a label for every token, so pooling must be 'none', "
            f"got {model.pooling.value!r}"
        )
    if not dataset.tagging and model.pooling is Pooling.NONE:
        raise SettingsError(
            f"{dataset.name} has one label for every sequence, so pooling must be "
            "'mean' or 'first', got 'none'"
        )
