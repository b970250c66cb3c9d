"""The driver: from labelled sequences to an exact, readable program.

    data -> Dataset -> train -> hardened model -> Program -> program.py -> certificate

Every step is one call in ``_learn``; what each does is in the module it comes from.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from transformer_programs import run_folder
from transformer_programs.certification import (
    HardenedPredictor,
    certify_run,
    check_written,
)
from transformer_programs.errors import (
    AgreementError,
    DataError,
    RunFolderError,
    SettingsError,
    TaskError,
)
from transformer_programs.evaluate import Accuracy, evaluate
from transformer_programs.extract import extract
from transformer_programs.learn.population import train as train_population
from transformer_programs.loading import (
    Data,
    check_pooling,
    load,
    load_dataset,
    word_vectors,
)
from transformer_programs.nn.storage import save_model
from transformer_programs.program.serialize import to_json
from transformer_programs.result import Result
from transformer_programs.run_place import new_run, resumed_run, stopped_run
from transformer_programs.runnable import RunnableProgram
from transformer_programs.settings import (
    ModelSettings,
    Recipe,
    TrainSettings,
)
from transformer_programs.tasks.baselines import baselines
from transformer_programs.tasks.dataset import Dataset
from transformer_programs.tasks.files import read_examples
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.sources import (
    FileSource,
    file_hash,
)
from transformer_programs.verify.certificate import Certificate, certify
from transformer_programs.verify.inputs import EXHAUSTIVE_LIMIT, domain_size
from transformer_programs.verify.predictors import load_file
from transformer_programs.watch import Watch

Change = Callable[[Recipe], Recipe]
"""Takes the settings that suit the data, and gives those to use."""


def train(
    data: Data,
    training: TrainSettings | None = None,
    model: ModelSettings | None = None,
    *,
    change: Change | None = None,
    out: str | Path | None = None,
    force: bool = False,
    vectors: ArrayLike | None = None,
    watch: Watch = Watch(),
) -> Result:
    """Learn a program.

    Args:
        data: a task or its name, the path of a file, a data set, or a source of one.
        training: how to train; by default as suits the task or the data.
        model: the shape of the model; likewise.
        change: applied to the settings before they are used.
        out: the run folder to write, if any.
        force: whether a run folder that is there may be replaced.
        vectors: (vocabulary, features) word vectors to start word classes from.
        watch: what to call meanwhile.

    Returns:
        The result; after Ctrl-C during training that of the best model until then.

    Raises:
        TransformerProgramsError: the subclass says what is wrong (``errors.py``).
    """
    source, dataset, suited = load(data)
    recipe = Recipe(model or suited.model, training or suited.training)
    recipe = change(recipe) if change else recipe
    check_pooling(recipe.model, dataset)
    config = run_folder.Config(dataset.name, source, recipe.model, recipe.training)
    start = word_vectors(vectors)
    if out is None:
        return _learn(dataset, config, None, vectors=start, watch=watch)
    with new_run(Path(out), force=force) as run:
        result = _learn(dataset, config, run, vectors=start, watch=watch)
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
    config = run_folder.read_config(stopped_run(place))
    dataset = load_dataset(
        config, place, "a training can only go on with the data that it began with"
    )
    with resumed_run(place) as run:
        result = _learn(dataset, config, run, resume=True, watch=watch)
    return replace(result, folder=place)


def evaluate_run(
    run: Path,
    data: Path | None = None,
    *,
    tokens_column: str | None = None,
    label_column: str | None = None,
) -> tuple[Accuracy, dict[str, float]]:
    """The accuracy of a run's ``program.py``.

    Args:
        run: the run folder.
        data: a file of labelled sequences; by default the run's own test split.
        tokens_column: where the file has its tokens, by default as in training.
        label_column: where it has its labels, by default as in training.

    Returns:
        The accuracy; and on the run's own data that of simple methods, by name.

    Raises:
        TransformerProgramsError: the subclass says what is wrong.
    """
    config = run_folder.read_config(run)
    program = run_folder.read_program(run)
    beside: dict[str, float] = {}
    if data is None:
        if tokens_column or label_column:
            raise SettingsError("columns are those of a file: name it with --data")
        dataset = load_dataset(config, run, "name labelled sequences with --data")
        examples, beside = dataset.test, baselines(dataset)
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
    return evaluate(file["run"], examples), beside


def verify_run(run: Path, *, full: bool = False, watch: Watch = Watch()) -> Certificate:
    """Check a run again, and write its certificate.

    The data of the run are among the inputs if they can still be had; where there are
    few enough inputs to check them all, they are not needed.

    Args:
        run: the run folder.
        full: give ``program.py`` every input, not a sample.
        watch: what to call meanwhile.

    Raises:
        AgreementError: at the first difference; the certificate is removed.
        TransformerProgramsError: if the run cannot be read.
    """
    data = _data_to_verify(run, watch)
    try:
        certificate = certify_run(run, data, full=full, advance=watch.on_compared)
    except AgreementError:
        with run_folder.writing(run):
            (run / run_folder.CERTIFICATE).unlink(missing_ok=True)
        raise
    run_folder.write_files(run, {run_folder.CERTIFICATE: certificate.to_json()})
    return certificate


def _data_to_verify(run: Path, watch: Watch) -> Sequence[Sequence[str]]:
    config = run_folder.read_config(run)
    if domain_size(run_folder.read_program(run).input) <= EXHAUSTIVE_LIMIT:
        return ()
    try:
        return load_dataset(config, run, "this is checked without them").sequences
    except (DataError, RunFolderError, TaskError) as error:
        if watch.on_note is not None:
            watch.on_note(str(error))
        return ()


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
    if run is not None:
        save_model(learned.model, run / run_folder.MODEL)
    certificate = certify(
        program.program,
        program.source,
        [HardenedPredictor(learned.model)],
        dataset.sequences,
        model_sha256=None if run is None else file_hash(run / run_folder.MODEL),
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
    history = [{"kind": "evaluation"} | asdict(e) for e in result.learned.history]
    metrics = [*history, {"kind": "result"} | result.summary()]
    texts = {
        run_folder.PROGRAM: to_json(result.program.program),
        run_folder.FILE: result.program.source,
        run_folder.METRICS: "".join(_json_line(line) for line in metrics),
        run_folder.CERTIFICATE: result.certificate.to_json(),
    }
    run_folder.write_files(run, texts)
    check_written(run, result.program.program, result.program.source)
    if not result.learned.interrupted:
        (run / run_folder.CHECKPOINT).unlink(missing_ok=True)


def _json_line(value: dict[str, Any]) -> str:
    return json.dumps(value, allow_nan=False) + "\n"
