"""``tprog train``: learn a program."""

from __future__ import annotations

import shlex
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from transformer_programs.cli import console
from transformer_programs.cli.options import (
    AsJson,
    Chosen,
    Flag,
    Force,
    Quiet,
    Trust,
    check_alone,
    command,
    learner_for,
)
from transformer_programs.cli.sources import DATA, name_of, place_name, source
from transformer_programs.errors import LearningWarning, SettingsError, TrainingError
from transformer_programs.learn import Watch, kept_memory
from transformer_programs.settings import (
    EvidenceSettings,
    Learner,
    ModelSettings,
    SearchSettings,
    TrainSettings,
    apply,
)

if TYPE_CHECKING:  # these load numpy and torch
    from transformer_programs.runs import Report

NOTHING_LEARNED = 3
"""The exit status where a program says no more than the most frequent label."""

LEARNING = (SearchSettings, EvidenceSettings, ModelSettings, TrainSettings)
"""The settings of the learners."""

_MORE = Group("More options", sort_key=5)


@command(
    {
        "Data": DATA,
        "Search": (SearchSettings,),
        "Linear learner": (EvidenceSettings,),
        "Gradient learner: model (by default what suits the data)": (ModelSettings,),
        "Gradient learner: training (by default what suits the data)": (TrainSettings,),
    }
)
def train(
    task: str | None = None,
    /,
    *,
    data: Path | None = None,
    learner: Learner | None = None,
    chosen: Chosen,
    causal: Annotated[Flag, Parameter(group=_MORE)] = False,
    init: Annotated[Path | None, Parameter(group=_MORE)] = None,
    vectors: Annotated[Path | None, Parameter(group=_MORE)] = None,
    out: Path | None = None,
    force: Force = False,
    resume: Path | None = None,
    tensorboard: Annotated[
        list[Path] | None, Parameter(consume_multiple=(0, 1), negative="", group=_MORE)
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    trust: Annotated[Trust, Parameter(group=_MORE)] = False,
) -> None:
    """Learn a program from a task or from labelled sequences.

    The program, its Transformer and a certificate that both agree are written into a
    run folder. Ctrl-C keeps the best program so far.

    Args:
        task: A built-in task (see "tprog tasks"), or FILE.py:NAME for one of your own.
        data: A file of labelled sequences: JSON lines, CSV, TSV or CoNLL, also .gz.
        learner: How to learn: search for an exact program, linear (a sum of weighed
            n-grams), gradient descent, or auto, which searches first and, where no
            exact program is found, tries the others that suit the data. By default
            auto; gradient where options of model or training are given.
        causal: Let a label depend only on its token and those before it.
        init: Start gradient descent from the program of this run folder or
            program.json; without a task or file, on the data of that run.
        vectors: Group words by these word vectors: GloVe or word2vec text, a word2vec
            .bin (each also .gz), or .npz. For tags of words, and for the word classes
            that gradient descent starts from.
        out: The run folder [default: runs/NAME, numbered if that exists].
        resume: Resume the interrupted training in this run folder.
        tensorboard: Write the training curves for TensorBoard as well, into this
            folder [default: tensorboard/NAME beside the run folder].
    """
    from transformer_programs.runs import free_folder

    with console.waiting("loading PyTorch", quiet=quiet or as_json):
        from transformer_programs.runs import driver as experiment

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
        check_alone(task, [*options, *chosen], "run")
        with _learning(resume, tensorboard, quiet=quiet or as_json) as watch:
            result = experiment.resume(resume, watch=watch, trust=trust, progress=False)
    else:
        if task is None and chosen.get("language") and vectors is not None:
            chosen.setdefault("more_words", str(vectors))
        learned_from = source(task, data, chosen, init)
        for option, value, unfit in (
            ("--init", init, (Learner.SEARCH, Learner.LINEAR)),
            ("--vectors", vectors, (Learner.SEARCH,)),
        ):
            if value is not None and learner in unfit:
                raise SettingsError(
                    f"{option}: not for --learner {learner}; omit one of them"
                )
        if init is not None and vectors is not None:
            raise SettingsError("--init, --vectors: both are beginnings; omit one")
        settings = chosen.of(*LEARNING)
        by = learner_for(learner, settings)
        name = name_of(learned_from) if learned_from else place_name(init or Path())
        place = out or free_folder(Path("runs"), name)
        with _learning(place, tensorboard, quiet=quiet or as_json) as watch:
            result = experiment.train(
                learned_from,
                learner=by,
                start=init,
                change=lambda recipe: apply(recipe, settings),
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
        compared = {
            "tried": [tried.numbers() for tried in report.tried],
            "chosen": report.chosen,
            "sums": [asdict(sized) for sized in report.sums],
        }
        told = {name: value for name, value in compared.items() if value}
        console.print_json(result.summary() | told | {"run": str(folder)})
    elif quiet:
        console.out.print(str(folder), markup=False)
    else:
        console.print_result(result, folder)
    _exit(report, folder)


def _exit(report: Report, folder: Path) -> None:
    # The status says how learning ended.
    if report.failure is not None:
        raise TrainingError(
            report.failure,
            f". The best program until then is in {folder}; to begin with it: tprog "
            f"train --init {shlex.quote(str(folder))}",
        )
    if report.interrupted:
        sys.exit(console.INTERRUPTED)
    if report.nothing_learned is not None:
        sys.exit(NOTHING_LEARNED)


@contextmanager
def _learning(run: Path, board: list[Path] | None, *, quiet: bool) -> Iterator[Watch]:
    # ``board`` is the folder of TensorBoard, or none for the default; None for neither.
    with (
        kept_memory(),
        warnings.catch_warnings(),
        console.watching(quiet=quiet) as watch,
    ):
        warnings.simplefilter("ignore", LearningWarning)  # the summary says it
        if board is None:
            yield watch
            return
        from transformer_programs.learn import TensorBoard

        place = run.resolve()
        folder = board[0] if board else place.parent / "tensorboard" / place.name
        with TensorBoard(folder) as curves:
            yield replace(watch, on_record=curves.write)
