"""How a program is learned: by search, by gradient descent, or one after the other."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from transformer_programs.errors import RunFolderError, TrainingError
from transformer_programs.extract import extract
from transformer_programs.learn.divergence import advice, divergence
from transformer_programs.learn.population import train as train_population
from transformer_programs.learn.selection import quality
from transformer_programs.nn.compile import compile_program
from transformer_programs.nn.fixed_point import EXACT_LIMIT
from transformer_programs.passes.combine import combined
from transformer_programs.passes.naming import name_by_meaning
from transformer_programs.passes.observed import EFFORT
from transformer_programs.passes.simplify import simplify
from transformer_programs.program.nodes import score_bound
from transformer_programs.program.serialize import from_json, to_json
from transformer_programs.run_folder import (
    CHECKPOINT,
    SEARCHED,
    append_lines,
    read_text,
    write_files,
)
from transformer_programs.search import Ending, search
from transformer_programs.settings import Learner
from transformer_programs.tasks.yardstick import Yardstick
from transformer_programs.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from transformer_programs.learn import Progress, Record
    from transformer_programs.learn.progress import Learned
    from transformer_programs.metrics import Quality
    from transformer_programs.nn.hardened import HardenedModel
    from transformer_programs.program.nodes import Program
    from transformer_programs.search import SearchProgress
    from transformer_programs.settings import Recipe, TrainSettings
    from transformer_programs.tasks.dataset import Dataset


SEARCH_ENDED = "search_ended"
"""The kind of the line of ``metrics.jsonl`` that says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a learner found.

    Attributes:
        learned: the hardened model as it was learned.
        program: a program with the same labels, made as short as they allow.
        model: the same as a hardened model.
        learner: the learner that found it: search or gradient.
        validation: how right it is on validation data.
        origin: where in the search or the training it came from, in words.
        history: what happened on the way, a line of ``metrics.jsonl`` each.
        interrupted: whether Ctrl-C, or a failure, ended the learning.
        resumable: whether it can go on from there.
        failure: why training could not go on, and what to do; None if it could.
    """

    learned: HardenedModel
    program: Program
    model: HardenedModel
    learner: Learner
    validation: Quality
    origin: str
    history: tuple[dict[str, Any], ...]
    interrupted: bool
    resumable: bool
    failure: str | None = None

    @property
    def search_ended(self) -> str | None:
        """Why the search ended, in words; None if there was none."""
        ends = (line["why"] for line in self.history if line["kind"] == SEARCH_ENDED)
        return next(ends, None)


@dataclass(frozen=True, slots=True)
class Start:
    """Where gradient descent begins.

    Attributes:
        program: a program to begin with; without one at random.
        vectors: (vocabulary, features) word vectors for word classes.
        folder: the run folder that keeps the state of learning, if any.
        resume: whether to go on from that state.
    """

    program: Program | None = None
    vectors: NDArray[np.float32] | None = None
    folder: Path | None = None
    resume: bool = False

    @property
    def checkpoint(self) -> Path | None:
        """The file that keeps the state of training."""
        return None if self.folder is None else self.folder / CHECKPOINT


def learn(
    dataset: Dataset,
    recipe: Recipe,
    start: Start = Start(),
    watch: Watch = Watch(),
    shorten: bool = True,
) -> Outcome:
    """Learn a program as the recipe says.

    ``auto`` searches first. If the program found is not exact on the training and
    validation data, gradient descent learns another, and the better one on
    validation data is kept; of two equal ones the one found by search.

    Args:
        dataset: what is learned from.
        recipe: the settings.
        start: where gradient descent begins.
        watch: what to call meanwhile.
        shorten: whether what gradient descent learned is made shorter by trials.

    Raises:
        TransformerProgramsError: the subclass says what is wrong (``errors.py``).
    """
    match recipe.learner:
        case Learner.SEARCH:
            return _by_search(dataset, recipe, start, watch)[0]
        case Learner.GRADIENT:
            trained = _by_gradient(dataset, recipe, start, watch)
            return _shortened(trained, watch, shorten)
        case Learner.AUTO:
            if start.resume and start.folder is not None:
                found = _searched(dataset, start.folder)
                append_lines(start.folder, found.history)
            else:
                found, enough = _by_search(dataset, recipe, start, watch)
                if enough:
                    return found
                _keep(found, start.folder)
            if watch.on_note is not None:
                watch.on_note(
                    "search found no exact program "
                    f"({found.validation} on validation data): "
                    "learning by gradient as well"
                )
            best = _with_gradient(found, dataset, recipe, start, watch)
            if best.learner is Learner.SEARCH:
                return best
            return _shortened(best, watch, shorten)


def _by_search(
    dataset: Dataset, recipe: Recipe, start: Start, watch: Watch
) -> tuple[Outcome, bool]:
    """What the search found, and whether nothing else need be tried."""
    history: list[dict[str, Any]] = []

    def add(line: dict[str, Any]) -> None:
        history.append(line)
        append_lines(start.folder, [line])

    def report(progress: SearchProgress) -> None:
        add({"kind": "search"} | asdict(progress))
        if watch.on_search is not None:
            watch.on_search(progress)

    found = search(dataset, recipe.search, report)
    add({"kind": SEARCH_ENDED, "seconds": found.seconds, "why": found.ending})
    outcome = _found(dataset, found.program, history)
    interrupted = found.ending is Ending.INTERRUPTED
    return replace(outcome, interrupted=interrupted), found.exact or interrupted


def _found(
    dataset: Dataset, program: Program, history: list[dict[str, Any]]
) -> Outcome:
    """A program that a search found, as an outcome.

    It is short already; to keep only its labels would lose what holds beyond the
    lengths that were searched.
    """
    model = compile_program(program)
    compared = [line["candidates"] for line in history if line["kind"] == "search"]
    return Outcome(
        learned=model,
        program=program,
        model=model,
        learner=Learner.SEARCH,
        validation=quality(model, Yardstick.of(dataset, dataset.validation)),
        origin=f"search: {compared[-1]:,} candidates compared"
        if compared
        else "search: stopped before the first layer",
        history=tuple(history),
        interrupted=False,
        resumable=False,
    )


def _keep(found: Outcome, folder: Path | None) -> None:
    """Write down what the search found, for a training that is stopped after it."""
    if folder is not None:
        kept = {"program": to_json(found.program), "history": found.history}
        write_files(folder, {SEARCHED: json.dumps(kept, allow_nan=False) + "\n"})


def _searched(dataset: Dataset, folder: Path) -> Outcome:
    """What the search had found before the training was stopped.

    Raises:
        RunFolderError: if that cannot be read.
    """
    file = folder / SEARCHED
    try:
        kept = json.loads(read_text(file))
        program, history = kept["program"], kept["history"]
    except (ValueError, LookupError, TypeError) as error:
        raise RunFolderError(f"{file}: not what a search found: {error}") from error
    return _found(dataset, from_json(program, str(file)), history)


def _by_gradient(
    dataset: Dataset, recipe: Recipe, start: Start, watch: Watch
) -> Outcome:
    history: list[dict[str, Any]] = []

    def record(found: Record) -> None:
        history.append(found.line())
        append_lines(start.folder, history[-1:])
        if watch.on_record is not None:
            watch.on_record(found)

    learned = train_population(
        dataset,
        recipe.model,
        recipe.training,
        on_progress=_telling_of_divergence(recipe.training, watch),
        on_record=record,
        vectors=start.vectors,
        start=start.program,
        checkpoint=start.checkpoint,
        resume=start.resume,
    )
    together = _together(dataset, learned)
    model, found = together or (learned.model, learned.validation)
    whose = f"restart {learned.restart}, step {learned.step}"
    if together is not None:
        whose = f"{len(learned.last)} restarts together"
    return Outcome(
        learned=model,
        program=extract(model, dataset.name),
        model=model,
        learner=Learner.GRADIENT,
        validation=found,
        origin=f"gradient: {whose}",
        history=tuple(history),
        interrupted=learned.interrupted,
        resumable=learned.interrupted
        and learned.failure is None
        and start.checkpoint is not None,
        failure=learned.failure,
    )


def _together(
    dataset: Dataset, learned: Learned
) -> tuple[HardenedModel, Quality] | None:
    """All restarts as one model, and how right it is; None if the best is no worse."""
    if len(learned.last) < 2:
        return None
    program = combined([extract(model, dataset.name) for model in learned.last])
    length = program.input.max_length
    if score_bound(program.readout, program.domains, length) >= EXACT_LIMIT:
        return None  # sums of scores might not be exact
    model = compile_program(program)
    found = quality(model, Yardstick.of(dataset, dataset.validation))
    return (model, found) if found.score > learned.validation.score else None


def _telling_of_divergence(
    training: TrainSettings, watch: Watch
) -> Callable[[Progress], None]:
    """What to call after every step: the watch, with a note for restarts that end."""
    told: set[int] = set()

    def tell(progress: Progress) -> None:
        new = {r: s for r, s in progress.diverged.items() if r not in told}
        if new and watch.on_note is not None:
            told.update(new)
            watch.on_note(
                f"{divergence(new)}; the others go on. To keep all: {advice(training)}"
            )
        if watch.on_progress is not None:
            watch.on_progress(progress)

    return tell


def _shortened(outcome: Outcome, watch: Watch, shorten: bool) -> Outcome:
    """The same labels by a shorter program; after Ctrl-C without trials."""
    trials = shorten and not outcome.interrupted
    if watch.on_note is not None and trials:
        watch.on_note("making the program shorter, with the same labels")
    short = simplify(outcome.program, EFFORT if trials else 0)
    named = name_by_meaning(short)
    pairs = zip(named.statements, short.statements, strict=True)
    names = ((new.output, old.output) for new, old in pairs)
    program = replace(named, aliases=tuple((n, o) for n, o in names if n != o))
    return replace(outcome, program=program, model=compile_program(program))


def _with_gradient(
    found: Outcome, dataset: Dataset, recipe: Recipe, start: Start, watch: Watch
) -> Outcome:
    """The better of what the search found and what gradient descent learns."""
    try:
        return _better(found, _by_gradient(dataset, recipe, start, watch))
    except TrainingError as error:  # before it had any program
        return replace(found, interrupted=True, failure=str(error))


def _better(found: Outcome, trained: Outcome) -> Outcome:
    """The better of the two, with what is true of both together."""
    best = max(found, trained, key=lambda outcome: outcome.validation.score)
    return replace(
        best,
        history=found.history + trained.history,
        interrupted=trained.interrupted,
        resumable=trained.resumable,
        failure=trained.failure,
    )
