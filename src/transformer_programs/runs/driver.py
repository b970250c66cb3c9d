"""The driver: from labelled sequences to an exact, readable program.

    data -> Dataset -> learn -> hardened model = Program -> program.py -> certificate

Every step is one call in ``_learn``; what each does is in the module it comes from.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from transformer_programs.data import Dataset, baselines, evaluate_all, file_hash
from transformer_programs.errors import (
    AgreementError,
    LearningWarning,
    SettingsError,
)
from transformer_programs.learn import (
    Outcome,
    Start,
    Watch,
    as_read_by,
    deferred_interruption,
    learn,
    nothing_learned,
)
from transformer_programs.nn import HardenedModel, check_training_fits, save_model
from transformer_programs.program import (
    Program,
    Scope,
    program_hash,
    to_json,
)
from transformer_programs.runs import folder as run_folder
from transformer_programs.runs.agreement import HardenedPredictor
from transformer_programs.runs.loading import (
    Beginning,
    Data,
    Vectors,
    check_pooling,
    data_of,
    load_data,
    load_dataset,
    sequences_to_compare,
    source_of,
    starting_program,
    starting_vectors,
    task_named,
    vectors_again,
)
from transformer_programs.runs.place import new_run, resumed_run, stopped_run
from transformer_programs.runs.progress import shows_progress
from transformer_programs.runs.result import Result
from transformer_programs.runs.runnable import RunnableProgram
from transformer_programs.runs.writer import write_compiled, write_run
from transformer_programs.settings import (
    Learner,
    ModelSettings,
    Recipe,
    SearchSettings,
    TrainSettings,
    warm_start,
)
from transformer_programs.tasks import (
    TaskSource,
)
from transformer_programs.verify import (
    INVARIANT,
    Certificate,
    CheckRequest,
    FileProcess,
    RecordedCheck,
    certify,
    check_property,
    first_later_read,
    is_causal,
    looks_causal,
    shown,
)

PREFIX = "prefix"
"""The invariant that labels do not depend on later tokens."""

CAUSAL_INPUTS = 10_000
"""Inputs that are drawn for it where more than two million exist."""

Change = Callable[[Recipe], Recipe]
"""Takes the settings that suit the data, and gives those to use."""


@shows_progress()
def train(
    data: Data = None,
    training: TrainSettings | None = None,
    model: ModelSettings | None = None,
    *,
    learner: Learner | str | None = None,
    search: SearchSettings | None = None,
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
) -> Result:
    """Learn a program.

    Args:
        data: a task or its name, the path of a file, a data set, or a source of one;
            by default that of the run that ``start`` names.
        training: how to train; by default as suits the task or the data.
        model: the shape of the model; likewise.
        learner: search, gradient or auto. By default gradient where ``training``,
            ``model``, ``start`` or ``vectors`` are given, which are its own; else what
            suits the data.
        search: how long and how widely to search.
        start: a program to begin with instead of at random, or the run folder or
            ``program.json`` that holds it. Its choices are trained, not its structure.
        change: applied to the settings before they are used.
        out: the run folder to write, if any.
        force: whether a run folder that is there may be replaced.
        vectors: word vectors to start word classes from: a file of them
            (``docs/data.md``), ``read_vectors(file)``, or (vocabulary, features).
        shorten: whether a program that gradient descent learned is made shorter by
            trials, which keep its labels and may take longer than learning.
        causal: whether a label depends only on its token and those before: no head
            then looks further. For data with a label per token.
        watch: what to call meanwhile.
        trust: whether the Python file of a task may be executed that the run names
            which ``start`` is (``docs/trust.md``).
        progress: whether progress is shown; by default on terminals and in notebooks,
            if ``watch`` calls nothing.

    Returns:
        The result; after Ctrl-C, or where training fails, that of the best model until
        then, and ``outcome.failure`` says why.

    Raises:
        TransformerProgramsError: the subclass says what is wrong (``errors.py``).
    """
    begin = starting_program(start)
    watch.begin("reading the data")
    if data is None and start:
        data = data_of(start, trust=trust)
    source, dataset, suited = load_data(data)
    of_gradient = any(x is not None for x in (training, model, start, vectors))
    recipe = Recipe(
        model or suited.model,
        training or suited.training,
        search or suited.search,
        _learner(learner, suited.learner, of_gradient),
    )
    if begin is not None and training is None:
        recipe = replace(recipe, training=warm_start(recipe.training))
    recipe = change(recipe) if change else recipe
    if causal:
        recipe = _causal_recipe(recipe, dataset, begin)
    if (recipe.model, recipe.training) != (suited.model, suited.training):
        _check_memory(dataset, recipe, begin)
    origin = None if begin is None else program_hash(begin)
    if vectors is not None:
        watch.begin("reading word vectors")
    matrix, used = starting_vectors(vectors, dataset, recipe, watch.on_note)
    config = run_folder.Config(dataset.name, source, recipe, origin, used)
    beginning = Start(begin, matrix)
    if out is None:
        result = _learn(dataset, config, beginning, None, watch, shorten)
    else:
        with new_run(Path(out), force=force) as run:
            result = _learn(dataset, config, beginning, run, watch, shorten)
        result = _put(result, Path(out))
    _warn(result)
    return result


def train_as(
    config: run_folder.Config,
    dataset: Dataset,
    out: Path,
    start: Start = Start(),
    *,
    force: bool = False,
    watch: Watch = Watch(),
) -> Result:
    """Learn a program as a configuration says, and write its run folder.

    Args:
        config: the settings, and where the data are from.
        dataset: these data.
        out: the run folder.
        start: where gradient descent begins.
        force: whether a run folder that is there may be replaced.
        watch: what to call meanwhile.

    Raises:
        TransformerProgramsError: the subclass says what is wrong (``errors.py``).
    """
    with new_run(out, force=force) as run:
        result = _learn(dataset, config, start, run, watch)
    return _put(result, out)


@shows_progress()
def resume(
    out: str | Path,
    *,
    watch: Watch = Watch(),
    trust: bool = False,
    progress: bool | None = None,
) -> Result:
    """Go on with a training that was stopped, to where it would have come.

    Args:
        out: its run folder, which is replaced when training is complete.
        watch: what to call meanwhile.
        trust: whether the Python file of the task that it names may be executed
            (``docs/trust.md``).
        progress: whether progress is shown, as for ``train``.

    Raises:
        RunFolderError: if there is nothing to go on with.
        TransformerProgramsError: as for ``train``.
    """
    place = Path(out)
    config = run_folder.read_config(stopped_run(place), trust=trust)
    watch.begin("reading the data")
    dataset = load_dataset(
        config, place, "a training can only go on with the data that it began with"
    )
    with resumed_run(place) as run:
        program = None
        if config.start is not None:
            program = run_folder.read_program(run / run_folder.START)
        start = Start(program, vectors_again(config, dataset), resume=True)
        result = _learn(dataset, config, start, run, watch)
    result = _put(result, place)
    _warn(result)
    return result


@shows_progress()
def compile_run(
    program: Path,
    out: Path,
    *,
    force: bool = False,
    watch: Watch = Watch(),
    trust: bool = False,
    progress: bool | None = None,
) -> Certificate:
    """Make a run of a program: the way back for one that was edited by hand.

    The program becomes a hardened model, is written down as ``program.py``, and
    all three are compared. If it lies in a run folder, the new run is about the same
    data. They are among the inputs where not all are compared; so are those of the
    task that a program without data has the name and the inputs of.

    Args:
        program: a ``program.json``, or the run folder that holds one.
        out: the run folder to write.
        force: whether a run folder that is there may be replaced.
        watch: what to call meanwhile.
        trust: whether the Python file of a task that the run names may be executed,
            which gives the data; they are left out otherwise, with a note.
        progress: whether progress is shown, as for ``train``.

    Raises:
        AgreementError: at the first difference; nothing is written.
        TransformerProgramsError: if the program is not valid, or ``out`` is taken.
    """
    source = RunnableProgram(run_folder.read_program(program))
    made_from = program_hash(source.program)
    known = source_of(program, trust=trust)
    config = run_folder.Config(source.program.name, known, None, made_from)
    about = replace(config, source=known or task_named(source.program))
    data = sequences_to_compare(about, source.program, program, watch.on_note)
    line = {
        "kind": "compiled",
        "statements": len(source.program.statements),
        "lines": source.lines,
    }
    with new_run(out, force=force) as run:
        return write_compiled(run, source, config, data, [line], watch)


def _tell(notes: Sequence[str], watch: Watch) -> None:
    """Say what is to be known."""
    if watch.on_note is not None:
        for text in notes:
            watch.on_note(text)


def _learner(
    chosen: Learner | str | None, suited: Learner, of_gradient: bool
) -> Learner:
    """The learner that was chosen, or follows from what was given.

    Raises:
        SettingsError: for no learner, or for search with what is of gradient descent.
    """
    if chosen is None:
        return Learner.GRADIENT if of_gradient else suited
    if chosen not in list(Learner):
        names = ", ".join(Learner)
        raise SettingsError(f"expected learner {names}, got {chosen!r}")
    if of_gradient and chosen == Learner.SEARCH:
        raise SettingsError(
            "training, model, start and vectors are for the gradient learner; omit "
            "them, or choose learner 'gradient', or 'auto', which uses both"
        )
    return Learner(chosen)


def _check_memory(dataset: Dataset, recipe: Recipe, begin: Program | None) -> None:
    """Is there room for the gradient descent that was asked for? A search is not."""
    if recipe.learner is not Learner.SEARCH:
        check_training_fits(dataset, recipe.model, recipe.training, begin)


def _learn(
    dataset: Dataset,
    config: run_folder.Config,
    start: Start,
    run: Path | None,
    watch: Watch,
    shorten: bool = True,
) -> Result:
    """The whole pipeline; writes what it makes into ``run``, if there is one."""
    assert config.recipe is not None
    check_pooling(config.recipe.model, dataset)
    if run is not None:
        start = replace(start, folder=run)
        run_folder.write_files(run, {run_folder.CONFIG: config.to_json()})
        if start.program is not None:
            run_folder.write_files(run, {run_folder.START: to_json(start.program)})
    if start.program is not None:
        as_read_by(start.program, dataset)  # fails before anything is said or learned
    _tell(dataset.notes, watch)  # before time is spent on the data
    started = time.perf_counter()
    outcome = learn(dataset, config.recipe, start, watch, shorten)
    seconds = time.perf_counter() - started
    with deferred_interruption():  # a program that is learned is not lost
        return _finished(dataset, config, outcome, seconds, run, watch)


def _finished(
    dataset: Dataset,
    config: run_folder.Config,
    outcome: Outcome,
    seconds: float,
    run: Path | None,
    watch: Watch,
) -> Result:
    """What was learned, checked, measured and written; the first Ctrl-C waits."""
    assert config.recipe is not None
    program = RunnableProgram(outcome.program)
    model, learned = HardenedModel(outcome.program), HardenedModel(outcome.learned)
    shortened = outcome.learned != outcome.program
    if run is not None:
        save_model(model, run / run_folder.MODEL)
        if shortened:
            save_model(learned, run / run_folder.LEARNED)
    started = time.perf_counter()
    certificate = certify(
        program.program,
        program.source,
        [HardenedPredictor(model)],
        dataset.sequences,
        learned=[HardenedPredictor(learned, "learned model")] if shortened else (),
        tables=program.tables,
        model_sha256=None if run is None else file_hash(run / run_folder.MODEL),
        learned_sha256=(
            file_hash(run / run_folder.LEARNED) if run and shortened else None
        ),
        seed=config.seed,
        advance=watch.on_compared,
    )
    checking_seconds = time.perf_counter() - started
    watch.begin("measuring accuracy")
    certificate = replace(certificate, cut_short=outcome.cut_short)
    remarks: tuple[str, ...] = ()
    if config.recipe.causal:
        certificate = certificate.with_check(_causal(program.program))
    elif looks_causal(dataset):
        remarks = _later_reads(program.program, dataset)
        _tell(remarks, watch)
    with FileProcess(program.source, program.tables) as file:
        validation, test = (
            evaluate_all(file.labels, part, dataset.tags)
            for part in (dataset.validation, dataset.test)
        )
    result = Result(
        program=program,
        validation=validation,
        test=test,
        baselines=baselines(dataset),
        certificate=certificate,
        outcome=outcome,
        seconds=seconds,
        checking_seconds=checking_seconds,
        folder=None,
        notes=(*dataset.notes, *remarks),
        judgeable=isinstance(config.source, TaskSource),
        nothing_learned=nothing_learned(dataset, outcome),
    )
    if run is not None:
        line = {"kind": "result"} | result.summary()
        write_run(run, program, certificate, [line])
    return result


def _causal_recipe(recipe: Recipe, dataset: Dataset, begin: Program | None) -> Recipe:
    """The recipe for a program whose labels do not depend on later tokens.

    Raises:
        SettingsError: if the data, or the program to begin with, allow for none.
    """
    if not dataset.tagging:
        raise SettingsError(
            f"causal: {dataset.name} has one label for every sequence, which depends "
            "on all of it; omit it"
        )
    if begin is not None and not is_causal(begin):
        raise SettingsError(
            "causal: the program to begin with has heads that look at later tokens"
        )
    return replace(recipe, model=replace(recipe.model, scope=Scope.CAUSAL), causal=True)


def _causal(program: Program) -> RecordedCheck:
    """That no label of a program depends on later tokens, checked.

    Raises:
        AgreementError: if one does.
    """
    request = CheckRequest(INVARIANT, PREFIX, CAUSAL_INPUTS)
    result = check_property(program, PREFIX, drawn=CAUSAL_INPUTS)
    if result.counterexample is not None:
        raise AgreementError(
            f"no head may look at later tokens, but {result.sentence()}; please "
            "report this"
        )
    return RecordedCheck(request, None, result)


def _later_reads(program: Program, dataset: Dataset) -> tuple[str, ...]:
    """A note, where labels do not depend on later tokens and those of a program do."""
    example = first_later_read(program, dataset)
    if example is None:
        return ()
    return (
        "labels look like functions of the tokens up to their own, but the program "
        f"reads later ones: of {shown(example)} the last token changes an earlier "
        "label; --causal (causal=True) learns a program that cannot",
    )


def _warn(result: Result) -> None:
    """Say in Python what the command line says in its summary."""
    outcome = result.outcome
    if result.nothing_learned is not None:
        warnings.warn(result.nothing_learned, LearningWarning, stacklevel=4)
    elif outcome.cut_short is not None and outcome.failure is None:
        text = f"learning was cut short by {outcome.cut_short}"
        warnings.warn(text, LearningWarning, stacklevel=4)


def _put(result: Result, place: Path) -> Result:
    """The result with its folder, which no longer needs the state of learning.

    That is taken away last: whatever ends the process before, a resumption can mend.
    """
    resumable = (place / run_folder.CHECKPOINT).exists()
    if not result.outcome.interrupted or not resumable:
        for name in (run_folder.CHECKPOINT, run_folder.SEARCHED):
            (place / name).unlink(missing_ok=True)
    return replace(result, folder=place)
