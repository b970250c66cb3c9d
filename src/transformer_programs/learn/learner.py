"""How a program is learned: by search, by gradient descent, or one after the other."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from transformer_programs.codegen import from_json, to_json
from transformer_programs.data import (
    NO_LABEL,
    Dataset,
    Examples,
    Quality,
    Scorer,
    labels_of,
)
from transformer_programs.errors import (
    RunFolderError,
    SchemaError,
    SettingsError,
    TrainingError,
)
from transformer_programs.language import Batch, Interpreter, Program, Scope
from transformer_programs.learn.callbacks import Watch
from transformer_programs.learn.gradient import learn_by_gradient
from transformer_programs.learn.learned import (
    FRONT,
    SEARCH_ENDED,
    WEIGHED,
    Outcome,
    Start,
)
from transformer_programs.learn.linear.learner import LITTLE, weigh
from transformer_programs.learn.records import append_lines
from transformer_programs.learn.trials import Trials, is_much_shorter, reading_length
from transformer_programs.nn import check_training_fits
from transformer_programs.optimize import EFFORT, minimise, name_by_meaning
from transformer_programs.search import Ending, SearchProgress, search
from transformer_programs.settings import Learner, Recipe
from transformer_programs.system import (
    SEARCHED,
    Work,
    decode,
    document_of,
    read_object,
    write_files,
    wrong,
)

FEW = 100
"""Validation sequences that tell too little to choose by."""

FOLDS = 5
"""Parts of the training data that are held out in turn, if few sequences validate."""


def learn(
    dataset: Dataset,
    recipe: Recipe,
    start: Start = Start(),
    watch: Watch = Watch(),
    shorten: bool = True,
) -> Outcome:
    """Learn a program as the recipe says.

    ``auto`` searches first. If the program found is not exact on the training and
    validation data, a sum of evidence is learned as well; and if that is not better,
    gradient descent learns another program. The best on held-out data is kept; the one
    found by search also where it is much shorter and loses next to nothing.

    Args:
        dataset: what is learned from.
        recipe: the settings.
        start: where gradient descent begins.
        watch: what to call meanwhile.
        shorten: whether what gradient descent learned is made shorter by trials.

    Raises:
        TransformerProgramsError: The subclass says what is wrong (``errors.py``).
    """
    match recipe.learner:
        case Learner.SEARCH:
            return _by_search(dataset, recipe, start, watch)[0]
        case Learner.LINEAR:
            return _by_weighing(dataset, recipe, start, watch)
        case Learner.GRADIENT:
            trained = learn_by_gradient(dataset, recipe, start, watch)
            return _shortened(trained, watch, shorten)
        case Learner.AUTO:
            trials = Trials()
            if start.resume and start.folder is not None:
                found = _searched(dataset, start.folder)
                append_lines(start.folder, found.history)
            else:
                found, enough = _by_search(dataset, recipe, start, watch)
                if enough:
                    return found
                _keep(found, start.folder)
            trials.add(found, found.searched_seconds)
            watch.note(
                "search found no exact program that is shorter than the labels "
                f"({found.validation} on validation data): trying other learners as "
                "well"
            )
            found = _with_weighing(found, dataset, recipe, start, watch, trials)
            if found.interrupted or found.learner is Learner.LINEAR:
                return _told(found, trials, start)  # what is added up needs no heads
            best = _with_gradient(found, dataset, recipe, start, watch, trials)
            if best.learner is Learner.GRADIENT:
                best = _shortened(best, watch, shorten)
            return _told(best, trials, start)


def _by_search(
    dataset: Dataset, recipe: Recipe, start: Start, watch: Watch
) -> tuple[Outcome, bool]:
    """Return what the search found, and whether nothing else need be tried."""
    history: list[dict[str, Any]] = []

    def add(line: dict[str, Any]) -> None:
        history.append(line)
        append_lines(start.folder, [line])

    def report(progress: SearchProgress) -> None:
        add({"kind": "search"} | asdict(progress))
        if watch.on_search is not None:
            watch.on_search(progress)

    watch.begin("searching")
    widest = Scope.CAUSAL if recipe.causal else Scope.ALL
    found = search(dataset, recipe.search, report, widest, watch.note)
    for sized in () if found.exact else found.front:
        program = json.loads(to_json(name_by_meaning(sized.program)))
        size = {"kind": FRONT, "statements": len(sized.program.statements)}
        worse = {"training": sized.training, "accuracy": sized.accuracy}
        add(size | worse | {"program": program})
    limit = recipe.search.seconds if found.ending is Ending.TIME else None
    told = {name: getattr(found, name) for name in ("seconds", "work", "layers")}
    add({"kind": SEARCH_ENDED, **told, "limit": limit, "why": found.why})
    outcome = _found(dataset, name_by_meaning(found.program), history)
    interrupted = found.ending is Ending.INTERRUPTED
    exact = found.exact and _explains(outcome.program, dataset)
    return replace(outcome, interrupted=interrupted), exact or interrupted


def _explains(program: Program, dataset: Dataset) -> bool:
    # Any labels are those of a table of as many entries as they have bits.
    times = np.array([*Counter(labels_of(dataset.train.targets)).values()])
    bits = -float((times * np.log2(times / times.sum())).sum())
    return bits >= reading_length(program)


def _found(
    dataset: Dataset, program: Program, history: list[dict[str, Any]]
) -> Outcome:
    # It is short already; to keep only its labels would lose what holds beyond the
    # lengths that were searched.
    compared = [line["candidates"] for line in history if line["kind"] == "search"]
    origin = "search: stopped before the first layer"
    if compared:
        origin = f"search: {compared[-1]:,} candidates compared"
    return _outcome(program, Learner.SEARCH, origin, dataset, history)


def _outcome(
    program: Program,
    learner: Learner,
    origin: str,
    dataset: Dataset,
    history: list[dict[str, Any]],
) -> Outcome:
    # Of a program that is short already.
    return Outcome(
        learned=program,
        program=program,
        learner=learner,
        validation=_quality(program, dataset, dataset.validation),
        origin=origin,
        history=tuple(history),
        interrupted=False,
        resumable=False,
    )


def _quality(program: Program, dataset: Dataset, examples: Examples) -> Quality:
    scorer = Scorer.of(dataset, examples)
    known = Batch(scorer.data.ids, scorer.data.lengths)
    return scorer.quality(Interpreter(program).predict(known))


def _by_weighing(
    dataset: Dataset, recipe: Recipe, start: Start, watch: Watch
) -> Outcome:
    """Return the sum of n-grams that is learned."""
    found = weigh(
        dataset,
        recipe.evidence,
        watch.begin,
        Work(),
        causal=recipe.causal,
        vectors=None if start.vectors is None else start.vectors.astype(np.float64),
    )
    history = [{"kind": WEIGHED} | asdict(sized) for sized in found.front]
    append_lines(start.folder, history)
    outcome = _outcome(
        found.program,
        Learner.LINEAR,
        f"linear: {found.grams:,} of {found.known:,} {found.unit}",
        dataset,
        history,
    )
    watch.note(f"{outcome.origin}: {outcome.validation} on validation data")
    return outcome


def _told(best: Outcome, trials: Trials, start: Start) -> Outcome:
    # What was tried, and why this is kept.
    lines = trials.lines(best)
    append_lines(start.folder, lines)
    return replace(best, history=(*best.history, *lines))


def _with_weighing(
    found: Outcome,
    dataset: Dataset,
    recipe: Recipe,
    start: Start,
    watch: Watch,
    trials: Trials,
) -> Outcome:
    """The better of what the search found and the best sum of n-grams."""
    try:
        weighed = _by_weighing(dataset, recipe, start, watch)
    except KeyboardInterrupt:
        return replace(found, interrupted=True)
    trials.add(weighed)
    sequences = len(dataset.validation)
    # Held-out parts of the training data say more than the validation data alone, and
    # no program is expected to do better on them than on what it learned.
    lines = (line for line in weighed.history if line["kind"] == WEIGHED)
    by_weighing = max(float(line["score"]) for line in lines)
    least = by_weighing - _forgiven(
        found.program, weighed.program, by_weighing, sequences
    )
    by_search = _quality(found.program, dataset, dataset.train).score
    stopped = False
    if by_search > least:
        if sequences >= FEW:
            return _better(found, weighed, sequences)
        by_search, stopped = _held_out(dataset, recipe, watch, least)
    best = found if by_search > least else weighed
    trials.compare(by_search, by_weighing)
    history = found.history + weighed.history
    return replace(best, history=history, interrupted=stopped)


def _held_out(
    dataset: Dataset, recipe: Recipe, watch: Watch, least: float
) -> tuple[float, bool]:
    """Return how right the search is on folds, or less, and whether it was stopped.

    No more folds are searched when the mean cannot be larger than ``least``.
    """
    largest = 1.0
    train = dataset.train
    widest = Scope.CAUSAL if recipe.causal else Scope.ALL
    for number in range(FOLDS):
        watch.begin(f"searching without part {number + 1} of {FOLDS} of the data")
        rows = np.arange(len(train)) % FOLDS
        inside = replace(dataset, train=train.rows(np.flatnonzero(rows != number)))
        outside = train.rows(np.flatnonzero(rows == number))
        found = search(inside, recipe.search, None, widest, watch.note)
        if found.ending is Ending.INTERRUPTED:
            return 0.0, True
        score = _quality(found.program, dataset, outside).score
        largest -= (1 - score) / FOLDS
        if largest <= least:
            break
    return largest, False


def _keep(found: Outcome, folder: Path | None) -> None:
    # For a training that is stopped after the search.
    if folder is not None:
        kept = {"program": to_json(found.program), "history": found.history}
        write_files(folder, {SEARCHED: json.dumps(kept, allow_nan=False) + "\n"})


def _searched(dataset: Dataset, folder: Path) -> Outcome:
    # Before the training was stopped.
    file = folder / SEARCHED
    try:
        kept = decode(read_object(file), document_of(_Kept, make=dict))
        for index, line in enumerate(kept["history"]):
            _check_line(line, f"history[{index}]")
    except SchemaError as error:
        raise RunFolderError(f"{file}: not what a search found: {error}") from error
    program = from_json(kept["program"], str(file))
    return _found(dataset, program, list(kept["history"]))


@dataclass(frozen=True)
class _Kept:
    """What is kept of a search: the text of its program, and its lines of metrics."""

    program: str
    history: tuple[dict[str, Any], ...]


def _check_line(line: dict[str, Any], place: str) -> None:
    if not isinstance(line.get("kind"), str):
        raise wrong(place, "a line of metrics", line)
    if line["kind"] == "search" and type(line.get("candidates")) is not int:
        raise wrong(place, "candidates of a search", line)


def _shortened(outcome: Outcome, watch: Watch, shorten: bool) -> Outcome:
    # The same labels by a shorter program; after Ctrl-C without trials.
    trials = shorten and not outcome.interrupted
    if trials:
        watch.note("making the program shorter, with the same labels")
        watch.begin("making the program shorter")
    short = minimise(outcome.program, EFFORT if trials else 0)
    named = name_by_meaning(short)
    pairs = zip(named.statements, short.statements, strict=True)
    names = ((new.output, old.output) for new, old in pairs)
    program = replace(named, aliases=tuple((n, o) for n, o in names if n != o))
    return replace(outcome, program=program)


def _with_gradient(
    found: Outcome,
    dataset: Dataset,
    recipe: Recipe,
    start: Start,
    watch: Watch,
    trials: Trials,
) -> Outcome:
    """The better of what the search found and what gradient descent learns."""
    try:
        check_training_fits(dataset, recipe.model, recipe.training, start.program)
    except SettingsError as error:
        watch.note(f"gradient descent is left out: {error}")
        return found
    try:
        trained = learn_by_gradient(dataset, recipe, start, watch)
        trials.add(trained)
        return _better(found, trained, len(dataset.validation))
    except TrainingError as error:  # before it had any program
        return replace(found, interrupted=True, failure=error.message)
    except KeyboardInterrupt:  # likewise
        return replace(found, interrupted=True)


def _better(found: Outcome, trained: Outcome, sequences: int) -> Outcome:
    """The better of the two by validation data, with what is true of both together."""
    least = trained.validation.score
    least -= _forgiven(found.program, trained.program, least, sequences)
    best = found if found.validation.score >= least else trained
    return replace(
        best,
        history=found.history + trained.history,
        interrupted=trained.interrupted,
        resumable=trained.resumable,
        failure=trained.failure,
    )


def _forgiven(short: Program, long: Program, score: float, sequences: int) -> float:
    """Return how much less accurate a much shorter program may be than another.

    It is no more than what data of so many sequences cannot tell.
    """
    if not is_much_shorter(short, long):
        return 0.0
    return min(LITTLE, math.sqrt(score * (1 - score) / max(sequences, 1)))


def nothing_learned(dataset: Dataset, outcome: Outcome) -> str | None:
    """Return why a program says no more than the most frequent label, if so.

    Data of one label have nothing else to be learned.
    """
    if dataset.single_label is not None:
        return None
    if outcome.searched_layers == 0 and outcome.learner is Learner.SEARCH:
        return (
            "nothing was learned: the search was stopped before it had compared its "
            "first layer of candidates"
        )
    program = outcome.program
    if program.statements or not _constant(program, dataset):
        return None
    return (
        "nothing was learned: the program always says the same, and is no better than "
        "the most frequent label"
    )


def _constant(program: Program, dataset: Dataset) -> bool:
    # Whether it says the same of all training data where labels are asked.
    data = dataset.encode(dataset.train)
    said = Interpreter(program).predict(Batch(data.ids, data.lengths))
    return len(np.unique(said[data.targets != NO_LABEL])) <= 1
