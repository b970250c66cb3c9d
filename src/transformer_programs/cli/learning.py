"""Commands that make runs: ``train`` and ``compile``."""

from __future__ import annotations

import shlex
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from transformer_programs.cli import console
from transformer_programs.cli.base import (
    INTERRUPTED,
    NOTHING_LEARNED,
    AsJson,
    Flag,
    Trust,
    app,
    print_json,
)
from transformer_programs.cli.options import (
    DataOptions,
    ModelOptions,
    SearchOptions,
    TrainingOptions,
    as_typed,
    change,
    given,
    learner as chosen_learner,
    shown,
)
from transformer_programs.cli.sources import name_of, source
from transformer_programs.errors import LearningWarning, SettingsError, TrainingError
from transformer_programs.learn import Watch, kept_memory
from transformer_programs.settings import Learner

if TYPE_CHECKING:  # these load numpy and torch
    from transformer_programs.runs import Report
    from transformer_programs.tasks import Source

_DATA = Group("Data", sort_key=1)
_SEARCH = Group("Search", sort_key=2)
_MODEL = Group("Gradient learner: model (by default what suits the data)", sort_key=3)
_TRAINING = Group("Gradient learner: training (likewise)", sort_key=4)


@app.command(sort_key=2)
def train(
    task: str | None = None,
    /,
    *,
    data: Path | None = None,
    learner: Learner | None = None,
    causal: Flag = False,
    init: Path | None = None,
    vectors: Path | None = None,
    out: Path | None = None,
    force: Flag = False,
    resume: Path | None = None,
    tensorboard: Annotated[
        list[Path] | None, Parameter(consume_multiple=(0, 1), negative="")
    ] = None,
    quiet: Flag = False,
    as_json: AsJson = False,
    trust: Trust = False,
    read: Annotated[DataOptions, Parameter(name="*", group=_DATA)] = DataOptions(),
    search: Annotated[
        SearchOptions, Parameter(name="*", group=_SEARCH)
    ] = SearchOptions(),
    model: Annotated[ModelOptions, Parameter(name="*", group=_MODEL)] = ModelOptions(),
    training: Annotated[
        TrainingOptions, Parameter(name="*", group=_TRAINING)
    ] = TrainingOptions(),
) -> None:
    """Learn a program from a task or from labelled sequences, and write a run folder.

    Parameters
    ----------
    task
        A built-in task (see "tprog tasks"), or FILE.py:NAME for one of your own.
    data
        Labelled sequences instead of a task: JSON lines, CSV, TSV, CoNLL, also .gz.
    learner
        How: by search for an exact program, by gradient descent, or auto: search
        first, and gradient descent as well if it finds none. By default auto;
        gradient where options of the model or training are given.
    causal
        Let a label depend only on its token and those before it.
    init
        Begin gradient descent with the program of this run folder or program.json;
        without a task or file, on the data of that run.
    vectors
        Begin gradient descent with these word vectors: GloVe or word2vec text, a
        word2vec .bin (each also .gz), or .npz; for models with word classes.
    out
        The run folder [default: runs/NAME, numbered if that exists].
    force
        Replace the run folder if it exists.
    resume
        Go on with the training that was stopped, or killed, in this run folder.
    tensorboard
        Write what is recorded for TensorBoard as well, into this folder [default:
        tensorboard/NAME beside the run folder].
    quiet
        Print nothing but the run folder.
    as_json
        Print the result as JSON.
    """
    from transformer_programs.runs import free_folder

    with console.waiting("loading PyTorch", quiet=quiet or as_json):
        from transformer_programs.runs import driver as experiment

    parts = (read, model, training, search)
    if resume is not None:
        others = {
            "data": data,
            "learner": learner,
            "causal": causal or None,
            "init": init,
            "vectors": vectors,
            "out": out,
            "force": force or None,
        }
        options = [name for name, value in others.items() if value is not None]
        options += [name for part in parts for name in given(part)]
        check_alone(task, options, "run")
        with (
            kept_memory(),
            _said_in_the_summary(),
            console.watching(quiet=quiet or as_json) as watch,
            _boarding(watch, tensorboard, resume) as watch,
        ):
            result = experiment.resume(resume, watch=watch, trust=trust, progress=False)
    else:
        words = task is None and read.language and read.more_words is None
        if words and vectors is not None:
            read = replace(read, more_words=str(vectors))
        learned_from = source(task, data, read, init)
        for option, value in (("--init", init), ("--vectors", vectors)):
            if value is not None and learner is Learner.SEARCH:
                raise SettingsError(
                    f"{option}: not for --learner search; omit one of them"
                )
        if init is not None and vectors is not None:
            raise SettingsError("--init, --vectors: both are beginnings; omit one")
        by = chosen_learner(learner, model, training, search)
        place = out or free_folder(Path("runs"), _run_name(learned_from, init))
        with (
            as_typed(*parts),
            kept_memory(),
            _said_in_the_summary(),
            console.watching(quiet=quiet or as_json) as watch,
            _boarding(watch, tensorboard, place) as watch,
        ):
            result = experiment.train(
                learned_from,
                learner=by,
                start=init,
                change=lambda recipe: change(recipe, model, training, search),
                out=place,
                force=force,
                vectors=vectors,
                causal=causal,
                watch=watch,
                trust=trust,
                progress=False,
            )
    folder, report = result.folder, result.report
    assert folder is not None
    assert report is not None
    if as_json:
        print_json(result.summary() | {"run": str(folder)})
    elif quiet:
        console.out.print(str(folder), markup=False)
    else:
        console.print_result(result, folder)
    with as_typed(*parts):
        _exit(report, folder)


def _exit(report: Report, folder: Path) -> None:
    """End with the status that says how learning ended.

    Raises:
        TrainingError: if training failed on the way.
    """
    if report.failure is not None:
        raise TrainingError(
            f"{report.failure}. The best program until then is in "
            f"{folder}; to begin with it: tprog train --init {shlex.quote(str(folder))}"
        )
    if report.interrupted:
        sys.exit(INTERRUPTED)
    if report.nothing_learned is not None:
        sys.exit(NOTHING_LEARNED)


@app.command(name="compile", sort_key=7)
def compile_program(
    program: Path,
    /,
    *,
    out: Path | None = None,
    force: Flag = False,
    quiet: Flag = False,
    trust: Trust = False,
) -> None:
    """Turn a program.json, perhaps edited by hand, back into a checked run folder.

    The program becomes a Transformer with one module per statement and a program.py,
    which are compared. "eval" then measures it, "train --init" goes on from it.

    Parameters
    ----------
    program
        A program.json, or the run folder that holds one.
    out
        The run folder [default: runs/NAME-compiled, numbered if that exists].
    force
        Replace the run folder if it exists.
    quiet
        Print nothing but the run folder.
    """
    from transformer_programs.cli import next_steps
    from transformer_programs.runs import free_folder, load

    with console.waiting("loading PyTorch", quiet=quiet):
        from transformer_programs.runs import driver as experiment

    place = out or free_folder(Path("runs"), f"{_place_name(program)}-compiled")
    with console.watching(quiet=quiet) as watch:
        run = experiment.compile_run(
            load(program), place, force=force, watch=watch, trust=trust, progress=False
        )
    if quiet:
        console.out.print(str(place), markup=False)
    else:
        assert run.certificate is not None
        console.print_certificate(run.certificate)
        console.print_next(place, next_steps.after_compiling(place))
        missing = next_steps.without_data(place)
        if missing is not None:
            console.note(missing)


@contextmanager
def _said_in_the_summary() -> Iterator[None]:
    """In this context, Python warns of nothing that the summary says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LearningWarning)
        yield


@contextmanager
def _boarding(watch: Watch, chosen: list[Path] | None, run: Path) -> Iterator[Watch]:
    """The watch, which also writes for TensorBoard if that was asked for.

    Args:
        watch: what is called otherwise.
        chosen: the folder to write into, or none for the default; None not to write.
        run: the run folder.
    """
    if chosen is None:
        yield watch
        return
    from transformer_programs.learn import TensorBoard

    place = run.resolve()
    folder = chosen[0] if chosen else place.parent / "tensorboard" / place.name
    with TensorBoard(folder) as board:
        yield replace(watch, on_record=board.write)


def _run_name(learned_from: Source | None, init: Path | None) -> str:
    """The name of a run folder, after what is learned from."""
    if learned_from is None:
        assert init is not None
        return _place_name(init)
    return name_of(learned_from)


def _place_name(program: Path) -> str:
    """The name of a run folder that a program lies in, else of its file."""
    from transformer_programs.runs import (
        folder_of,
        is_run,
    )
    from transformer_programs.system import (
        PROGRAM,
    )

    folder = folder_of(program)
    if program.name != PROGRAM and program != folder and not is_run(folder):
        return program.stem
    return folder.resolve().name or "program"


def check_alone(task: str | None, options: list[str], known_to: str) -> None:
    """Is ``--resume`` given alone?

    Raises:
        SettingsError: if it is given with what the run, or the sweep, knows.
    """
    found = [f"the task {task!r}"] if task is not None else []
    found += [shown(options)] if options else []
    if found:
        raise SettingsError(
            f"--resume takes everything from the {known_to}: omit {', '.join(found)}"
        )
