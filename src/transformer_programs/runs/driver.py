"""The driver: from labelled sequences to an exact, readable program.

    data -> Dataset -> learn -> hardened model = Program -> program.py -> certificate

``_learn`` is the pipeline; each of its steps is in a module of its own.
"""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from transformer_programs.codegen import program_hash, to_json
from transformer_programs.data import Dataset, baselines, evaluate_all
from transformer_programs.errors import AgreementError, LearningWarning, SettingsError
from transformer_programs.language import Program as Plain
from transformer_programs.learn import (
    Outcome,
    Start,
    Watch,
    as_read_by,
    deferred_interruption,
    learn,
    nothing_learned,
)
from transformer_programs.nn import check_training_fits
from transformer_programs.runs.agreement import compare, write_run
from transformer_programs.runs.base import BaseRun
from transformer_programs.runs.folder import Config, read_config, read_program
from transformer_programs.runs.front import (
    choice_of,
    front_of,
    sums_of,
    trials_of,
)
from transformer_programs.runs.loading import (
    Beginning,
    Data,
    Vectors,
    beginning,
    causal_recipe,
    check_pooling,
    load_data,
    load_dataset,
    read_for_sums,
    sequences_to_compare,
    source_of,
    starting_vectors,
    sums_tags,
    task_named,
    vectors_again,
)
from transformer_programs.runs.place import new_run, resumed_run, stopped_run
from transformer_programs.runs.progress import shows_progress
from transformer_programs.runs.report import Report, Training
from transformer_programs.runs.run import Run
from transformer_programs.runs.runnable import Program
from transformer_programs.settings import (
    EvidenceSettings,
    Learner,
    ModelSettings,
    Recipe,
    SearchSettings,
    TrainSettings,
    warm_start,
)
from transformer_programs.system import (
    CHECKPOINT,
    CONFIG,
    FILES,
    LOCK,
    SEARCHED,
    START,
    regular_file,
    write_files,
)
from transformer_programs.verify import (
    INVARIANT,
    CheckRequest,
    FileProcess,
    RecordedCheck,
    check_property,
    first_later_read,
    looks_causal,
    shown,
)

PREFIX = "prefix"
"""The property that labels do not depend on later tokens."""

CAUSAL_INPUTS = 10_000
"""Inputs that are drawn for it where more than two million exist."""

SUMMING = (Learner.LINEAR, Learner.AUTO)
"""Learners of sums of evidence, for which word vectors group words of tagged texts."""

Change = Callable[[Recipe], Recipe]
"""Takes the settings that suit the data, and gives those to use."""


@shows_progress
def train(
    data: Data = None,
    training: TrainSettings | None = None,
    model: ModelSettings | None = None,
    *,
    learner: Learner | str | None = None,
    search: SearchSettings | None = None,
    evidence: EvidenceSettings | None = None,
    start: Beginning = None,
    change: Change | None = None,
    out: str | Path | None = None,
    force: bool = False,
    vectors: Vectors = None,
    shorten: bool = True,
    causal: bool = False,
    watch: Watch = Watch(),
    trust: bool = False,
    progress: bool | None = None,
) -> Run:
    """Learn a program.

    Args:
        data: A task or its name, the path of a file, a data set, or a source of one;
            by default that of the run ``start``.
        training: How to train; by default as suits the data.
        model: The shape of the model; likewise.
        learner: ``search``, ``linear``, ``gradient`` or ``auto``; by default as suits
            the data, and gradient where ``training``, ``model`` or ``start`` are
            given, or ``vectors`` for other labels than tags of words.
        search: How long and how widely to search.
        evidence: Which sums of n-grams to learn.
        start: A program or a run to start from instead of at random, or the run folder
            or ``program.json`` that holds it. Its choices are trained, not its
            structure.
        change: Applied to the settings before they are used.
        out: The run folder to write; by default the run is in memory.
        force: Whether a run folder that is there may be replaced.
        vectors: Word vectors that classes of words are clusters of, or begin from: a
            file of them (``docs/how-to/data.md``), ``read_vectors(file)``, or
            (vocabulary, features).
        shorten: Whether a program that gradient descent learned is made shorter by
            trials, which keep its labels and may take longer than learning.
        causal: Whether a label depends only on its token and those before: no head
            then looks further. For data with a label per token.
        watch: Callbacks.
        trust: Whether the Python file of a task may be executed that the run ``start``
            names (``docs/explanation/trust.md``).
        progress: Whether progress is shown; by default on terminals and in notebooks,
            if ``watch`` calls nothing.

    Returns:
        The run; after Ctrl-C, or where training fails, that of the best model until
        then, and ``report.failure`` says why.

    Warns:
        LearningWarning: If nothing was learned, or learning was cut short.

    Raises:
        TransformerProgramsError: The subclass says what is wrong (``errors.py``).

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> run = tp.train(task, out="runs/sort")
    >>> run.program(["2", "0", "1"])
    ['0', '1', '2']
    >>> run.accuracy.per_label
    1.0
    """
    begin = beginning(start)
    program = None if begin is None else begin.program.data
    watch.begin("reading the data")
    if data is None and begin is not None:
        data = source_of(begin, trust=trust)
        if data is None:
            raise SettingsError(
                f"{begin.place}: no data belong to this program; name what to learn "
                "from as well: a task, or labelled sequences (--data FILE)"
            )
    source, dataset, suited = load_data(data)
    of_gradient = any(x is not None for x in (training, model, start))

    def planned(suited: Recipe, of_gradient: bool) -> Recipe:
        recipe = Recipe(
            model or suited.model,
            training or suited.training,
            search or suited.search,
            _learner(learner, suited.learner, of_gradient),
            evidence=evidence or suited.evidence,
        )
        if program is not None and training is None:
            recipe = replace(recipe, training=warm_start(recipe.training))
        return change(recipe) if change else recipe

    summed = sums_tags(dataset) and planned(suited, of_gradient).learner in SUMMING
    if summed:
        source, dataset, suited = read_for_sums(source, dataset, suited, vectors)
    recipe = planned(suited, of_gradient or (vectors is not None and not summed))
    if causal:
        recipe = causal_recipe(recipe, dataset, program)
    changed = (recipe.model, recipe.training) != (suited.model, suited.training)
    by_gradient = recipe.learner in (Learner.GRADIENT, Learner.AUTO)
    if changed and by_gradient:
        check_training_fits(dataset, recipe.model, recipe.training, program)
    origin = None if program is None else program_hash(program)
    matrix, used = starting_vectors(vectors, dataset, recipe, watch)
    config = Config(dataset.name, source, recipe, origin, used)
    run = train_as(
        config,
        dataset,
        None if out is None else Path(out),
        Start(program, matrix),
        force=force,
        watch=watch,
        shorten=shorten,
    )
    _warn(run)
    return run


def train_as(
    config: Config,
    dataset: Dataset,
    out: Path | None,
    start: Start = Start(),
    *,
    force: bool = False,
    watch: Watch = Watch(),
    shorten: bool = True,
) -> Run:
    """Learn a program as a configuration says, in a run folder if one is named."""
    if out is None:
        return _learn(dataset, config, start, None, watch, shorten)
    with new_run(out, force=force) as partial:
        run = _learn(dataset, config, start, partial, watch, shorten)
    return _put(run, out)


@shows_progress
def resume(
    out: str | Path,
    *,
    watch: Watch = Watch(),
    trust: bool = False,
    progress: bool | None = None,
) -> Run:
    """Resume an interrupted training.

    The result is bit-identical to that of an uninterrupted one.

    Args:
        out: Its run folder, which is replaced when training is complete.
        watch: As for ``train``.
        trust: As for ``train``, of the task that the run names.
        progress: As for ``train``.

    Raises:
        RunFolderError: If there is nothing to resume.
        TransformerProgramsError: As for ``train``.

    >>> def stop(progress):
    ...     if progress.step == 2:
    ...         raise KeyboardInterrupt
    >>> task = tp.TaskSource("hist", size=200, vocabulary_size=6, max_length=6)
    >>> few = tp.TrainSettings(steps=4, restarts=1, polish=0)
    >>> _ = tp.train(task, few, out="runs/hist", watch=tp.Watch(on_progress=stop))
    >>> tp.resume("runs/hist").summary()["interrupted"]
    False
    """
    place = Path(out)
    config = read_config(stopped_run(place), trust=trust)
    watch.begin("reading the data")
    otherwise = "a training can only go on with the data that it began with"
    dataset = load_dataset(config.source, place, otherwise)
    with resumed_run(place) as partial:
        known = config.start is not None
        program = read_program(partial / START) if known else None
        start = Start(program, vectors_again(config, dataset), resume=True)
        run = _learn(dataset, config, start, partial, watch)
    run = _put(run, place)
    _warn(run)
    return run


def compile_run(
    run: BaseRun, out: Path, *, force: bool, watch: Watch, trust: bool
) -> Run:
    """Make a new run of a program; see ``Run.compile``."""
    program, known = run.program, source_of(run, trust=trust)
    config = Config(program.name, known, None, program_hash(program))
    about = replace(config, source=known or task_named(program))
    data = sequences_to_compare(about, program.data, run.place, watch)
    size = {"statements": len(program.statements), "lines": program.lines}
    with new_run(out, force=force) as partial:
        write_files(partial, {CONFIG: config.to_json()})
        certificate = compare(program, data, watch.on_compared)
        write_run(partial, program, certificate, [{"kind": "compiled"} | size])
    return Run(program, out)


def save_run(run: BaseRun, out: Path, *, force: bool) -> Run:
    """Write a run into another folder, as it is."""
    with new_run(out, force=force) as partial:
        if run.training is None:
            assert run.folder is not None
            for name in set(FILES) - {LOCK}:
                file = run.folder / name
                if file.exists():
                    shutil.copyfile(regular_file(file), partial / name)
        else:
            training = run.training
            _write_beginning(partial, training.config, training.start)
            _write_training(partial, run, training, training.outcome.history)
    return Run(run.program, out, training=run.training)


def _learner(
    chosen: Learner | str | None, suited: Learner, of_gradient: bool
) -> Learner:
    if chosen is None:
        return Learner.GRADIENT if of_gradient else suited
    if chosen not in list(Learner):
        names = ", ".join(Learner)
        raise SettingsError(f"expected learner {names}, got {chosen!r}")
    if of_gradient and chosen in (Learner.SEARCH, Learner.LINEAR):
        raise SettingsError(
            "training, model, start and vectors are for the gradient learner (vectors "
            "also for tags of words); omit them, or choose learner 'gradient', or "
            "'auto', which uses all"
        )
    return Learner(chosen)


def _learn(
    dataset: Dataset,
    config: Config,
    start: Start,
    partial: Path | None,
    watch: Watch,
    shorten: bool = True,
) -> Run:
    """Learn, compare, measure, and write into a folder, if there is one."""
    assert config.recipe is not None
    check_pooling(config.recipe.model, dataset)
    if partial is not None:
        start = replace(start, folder=partial)
        _write_beginning(partial, config, start.program)
    if start.program is not None:
        as_read_by(start.program, dataset)  # fails before anything is said or learned
    for note in dataset.notes:  # before time is spent on the data
        watch.note(note)
    times = [time.perf_counter()]
    outcome = learn(dataset, config.recipe, start, watch, shorten)
    times.append(time.perf_counter())
    with deferred_interruption():  # a program that is learned is not lost
        program = Program.of(outcome.program)
        certificate = compare(
            program,
            dataset.sequences,
            watch.on_compared,
            learned=_longer(outcome),
            seed=config.seed,
        )
        certificate = replace(certificate, cut_short=outcome.cut_short)
        times.append(time.perf_counter())
        watch.begin("measuring accuracy")
        remarks: tuple[str, ...] = ()
        if config.recipe.causal:
            certificate = certificate.with_check(_prefix(program.data))
        elif looks_causal(dataset):
            remarks = _later_reads(program.data, dataset)
            for note in remarks:
                watch.note(note)
        report = _measured(program, outcome, dataset, times, remarks)
        training = Training(config, start.program, outcome, certificate, report)
        run = Run(program, training=training)
        if partial is not None:
            _write_training(partial, run, training)
    return run


def _measured(
    program: Program,
    outcome: Outcome,
    dataset: Dataset,
    times: Sequence[float],
    remarks: Sequence[str],
) -> Report:
    with FileProcess(program.source, program.tables_json) as file:
        validation, test = (
            evaluate_all(file.labels, part, dataset.tags)
            for part in (dataset.validation, dataset.test)
        )
    seconds, checking_seconds = (round(b - a, 1) for a, b in pairwise(times))
    return Report(
        test=test,
        validation=validation,
        baselines=baselines(dataset),
        learner=outcome.learner,
        origin=outcome.origin,
        search_ended=outcome.search_ended,
        interrupted=outcome.interrupted,
        cut_short=outcome.cut_short,
        nothing_learned=nothing_learned(dataset, outcome),
        seconds=seconds,
        checking_seconds=checking_seconds,
        notes=(*dataset.notes, *remarks),
        front=front_of(outcome.history),
        failure=outcome.failure,
        sums=sums_of(outcome.history),
        tried=trials_of(outcome.history),
        chosen=choice_of(outcome.history),
    )


def _longer(outcome: Outcome) -> Plain | None:
    # The program as it was learned, if it was made shorter.
    return None if outcome.learned == outcome.program else outcome.learned


def _write_beginning(partial: Path, config: Config, start: Plain | None) -> None:
    write_files(partial, {CONFIG: config.to_json()})
    if start is not None:
        write_files(partial, {START: to_json(start)})


def _write_training(
    partial: Path,
    run: BaseRun,
    training: Training,
    history: Sequence[dict[str, Any]] = (),
) -> None:
    # ``history`` is what ``metrics.jsonl`` does not hold yet.
    lines = [*history, {"kind": "result"} | run.summary()]
    longer = _longer(training.outcome)
    write_run(partial, run.program, training.certificate, lines, longer)


def _prefix(program: Plain) -> RecordedCheck:
    # No label may depend on later tokens.
    request = CheckRequest(INVARIANT, PREFIX, CAUSAL_INPUTS)
    result = check_property(program, PREFIX, drawn=CAUSAL_INPUTS)
    if result.counterexample is not None:
        raise AgreementError(
            f"no head may look at later tokens, but {result.sentence()}; please "
            "report this"
        )
    return RecordedCheck(request, None, result)


def _later_reads(program: Plain, dataset: Dataset) -> tuple[str, ...]:
    # A note, where labels do not depend on later tokens and those of a program do.
    example = first_later_read(program, dataset)
    if example is None:
        return ()
    return (
        "labels look like functions of the tokens up to their own, but the program "
        f"reads later ones: of {shown(example)} the last token changes an earlier "
        "label; --causal (causal=True) learns a program that cannot",
    )


def _warn(run: Run) -> None:
    report = run.report
    assert report is not None
    text = report.nothing_learned
    if text is None and report.cut_short is not None and report.failure is None:
        text = f"learning was cut short by {report.cut_short}"
    if text is not None:
        warnings.warn(text, LearningWarning, stacklevel=4)


def _put(run: Run, place: Path) -> Run:
    # The state of learning is removed last: whatever ends the process before, a
    # resumption can mend.
    assert run.training is not None
    resumable = (place / CHECKPOINT).exists()
    if not run.training.report.interrupted or not resumable:
        for name in (CHECKPOINT, SEARCHED):
            (place / name).unlink(missing_ok=True)
    return Run(run.program, place, training=run.training)
