"""Learning by gradient descent: from random models, or a program, to a program.

train_population -> the best restart, or all together -> polish
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transformer_programs.data import Scorer
from transformer_programs.learn.divergence import advice, divergence
from transformer_programs.learn.interruption import deferred_interruption
from transformer_programs.learn.learned import Outcome, Start
from transformer_programs.learn.population import train as train_population
from transformer_programs.learn.records import (
    append_lines,
)
from transformer_programs.learn.selection import quality
from transformer_programs.learn.start import as_read_by
from transformer_programs.nn import (
    EXACT_LIMIT,
    check_training_fits,
    compile_program,
    extract,
    steps_per_nat,
)
from transformer_programs.optimize import combined, drop_dead, polish
from transformer_programs.program import score_bound
from transformer_programs.settings import Learner

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformer_programs.data import Dataset, Quality
    from transformer_programs.learn.callbacks import Watch
    from transformer_programs.learn.progress import Learned, Progress
    from transformer_programs.learn.records import Record
    from transformer_programs.nn import HardenedModel
    from transformer_programs.optimize import Pass
    from transformer_programs.program import Program
    from transformer_programs.settings import Recipe, TrainSettings


@dataclass(frozen=True, slots=True)
class _Model:
    """A hardened model, the same as a program, and where it comes from, in words."""

    model: HardenedModel
    program: Program
    validation: Quality
    origin: str


def learn_by_gradient(
    dataset: Dataset, recipe: Recipe, start: Start, watch: Watch
) -> Outcome:
    """Train a population, and polish the program that comes of it.

    Raises:
        SettingsError: if there is not enough memory.
        TransformerProgramsError: the subclass says what is wrong (``errors.py``).
    """
    check_training_fits(dataset, recipe.model, recipe.training, start.program)
    if start.program is not None:
        dataset = as_read_by(start.program, dataset)
    history: list[dict[str, Any]] = []

    def add(line: dict[str, Any]) -> None:
        history.append(line)
        append_lines(start.folder, [line])

    def record(found: Record) -> None:
        add(found.line())
        if watch.on_record is not None:
            watch.on_record(found)

    def passed(found: Pass) -> None:
        add(found.line())
        if watch.on_pass is not None:
            watch.on_pass(found)

    watch.begin("preparing to learn")
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
    found, interrupted = _best(dataset, learned), learned.interrupted
    if recipe.training.polish and not interrupted:
        watch.begin("polishing")
        scale = float(recipe.training.readout_scale)
        if start.program is not None:
            scale = steps_per_nat(start.program, recipe.training.readout_scale)
        found, interrupted = _polished(found, dataset, recipe.training, scale, passed)
    return Outcome(
        learned=found.model,
        program=found.program,
        model=found.model,
        learner=Learner.GRADIENT,
        validation=found.validation,
        origin=f"gradient: {found.origin}",
        history=tuple(history),
        interrupted=interrupted,
        resumable=interrupted
        and learned.failure is None
        and start.checkpoint is not None,
        failure=learned.failure,
    )


def _best(dataset: Dataset, learned: Learned) -> _Model:
    """The best restart, or all together if that is better."""
    together = _together(dataset, learned)
    if together is not None:
        return together
    return _Model(
        learned.model,
        extract(learned.model, dataset.name),
        learned.validation,
        f"restart {learned.restart}, step {learned.step}",
    )


def _together(dataset: Dataset, learned: Learned) -> _Model | None:
    """All restarts as one model; None if the best is no worse."""
    if len(learned.last) < 2:
        return None
    program = combined([extract(model, dataset.name) for model in learned.last])
    length = program.input.max_length
    if score_bound(program.readout, program.domains, length) >= EXACT_LIMIT:
        return None  # sums of scores might not be exact
    model = compile_program(program)
    found = quality(model, Scorer.of(dataset, dataset.validation))
    if found.score <= learned.validation.score:
        return None
    return _Model(model, program, found, f"{len(learned.last)} restarts together")


def _polished(
    found: _Model,
    dataset: Dataset,
    training: TrainSettings,
    scale: float,
    on_pass: Callable[[Pass], None],
) -> tuple[_Model, bool]:
    """The model with better choices, and whether Ctrl-C ended that."""
    program = drop_dead(found.program)
    with deferred_interruption() as interruption:

        def told(done: Pass) -> None:
            try:
                on_pass(done)
            except KeyboardInterrupt:
                interruption.requested = True

        better = polish(
            program,
            dataset,
            training.polish,
            scale,
            seed=training.seed,
            on_pass=told,
            stopped=lambda: interruption.requested,
        )
        stopped = interruption.requested
    if better == program:
        return found, stopped
    model = compile_program(better)
    validation = quality(model, Scorer.of(dataset, dataset.validation))
    polished = _Model(model, better, validation, f"{found.origin}, polished")
    return polished, stopped


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
