"""Learning by gradient descent: from random models, or a program, to a program.

train_population -> the best restart, or all together -> polish
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transformer_programs.data import Dataset, Quality, Scorer
from transformer_programs.language import Program, check, score_bound
from transformer_programs.learn.callbacks import Progress, Watch, deferred_interruption
from transformer_programs.learn.learned import Outcome, Start
from transformer_programs.learn.population import train as train_population
from transformer_programs.learn.records import Record, append_lines
from transformer_programs.learn.selection import (
    Learned,
    advice,
    divergence,
    quality,
)
from transformer_programs.learn.start import as_read_by
from transformer_programs.nn import (
    EXACT_LIMIT,
    HardenedModel,
    check_training_fits,
    steps_per_nat,
)
from transformer_programs.optimize import Pass, combined, drop_dead, polish
from transformer_programs.settings import (
    LARGE_VOCABULARY,
    MANY_PAIRS,
    Learner,
    ModelSettings,
    Recipe,
    TrainSettings,
)

ENDED_EARLY = "training_ended"
"""The kind of the line of ``metrics.jsonl`` that says where patience ended it."""

_Found = tuple[Program, Quality, str]
"""A program, its quality on validation data, and where it comes from, in words."""


def learn_by_gradient(
    dataset: Dataset, recipe: Recipe, start: Start, watch: Watch
) -> Outcome:
    """Train a population, and polish the program that comes of it.

    Raises:
        SettingsError: If there is not enough memory.
        TransformerProgramsError: The subclass says what is wrong (``errors.py``).
    """
    check_training_fits(dataset, recipe.model, recipe.training, start.program)
    if start.program is not None:
        dataset = as_read_by(start.program, dataset)
    else:
        _note_headless(dataset, recipe.model, watch)
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
    found = _together(dataset, learned) or _best(learned)
    if ended := _ended(learned, recipe.training):
        add({"kind": ENDED_EARLY, "step": learned.ended_at, "why": ended})
        watch.note(f"training ended {ended}")
        found = (*found[:2], f"{found[2]}; ended {ended}")
    interrupted = learned.interrupted
    if recipe.training.polish and not interrupted:
        watch.begin("polishing")
        scale = float(recipe.training.readout_scale)
        if start.program is not None:
            scale = steps_per_nat(start.program, recipe.training.readout_scale)
        found, interrupted = _polished(found, dataset, recipe.training, scale, passed)
    program, validation, origin = found
    kept = learned.failure is None and start.checkpoint is not None
    return Outcome(
        learned=program,
        program=program,
        learner=Learner.GRADIENT,
        validation=validation,
        origin=f"gradient: {origin}",
        history=tuple(history),
        interrupted=interrupted,
        resumable=interrupted and kept,
        failure=learned.failure,
    )


def _ended(learned: Learned, training: TrainSettings) -> str:
    # Where patience ended it, and why; "" if it did not.
    if learned.ended_at is None:
        return ""
    return (
        f"at step {learned.ended_at:,} of {training.steps:,}, as the validation score "
        f"had not risen for {training.patience:,} steps"
    )


def _note_headless(dataset: Dataset, model: ModelSettings, watch: Watch) -> None:
    """Note what cannot be learned of whole sequences, and why, if there are no heads.

    Of short ones they were omitted on purpose.
    """
    form = dataset.input
    words, length = len(form.vocabulary), form.max_length
    if words > LARGE_VOCABULARY:
        reason = f"compares all pairs of {words:,} words"
    else:
        reason = f"looks at all pairs of up to {length:,} positions"
    large = words > LARGE_VOCABULARY or length > MANY_PAIRS
    if large and not (dataset.tagging or model.has_heads):
        watch.note(
            "gradient descent learns whole sequences without heads, so no relations "
            f"between positions: a head {reason}; --categorical-heads N "
            "(categorical_heads=N) adds some"
        )


def _best(learned: Learned) -> _Found:
    check(learned.program)
    origin = f"restart {learned.restart}, step {learned.step}"
    return learned.program, learned.validation, origin


def _together(dataset: Dataset, learned: Learned) -> _Found | None:
    """All restarts as one program; None if the best is no worse."""
    if len(learned.last) < 2:
        return None
    program = combined(learned.last)
    length = program.input.max_length
    if score_bound(program.readout, program.domains, length) >= EXACT_LIMIT:
        return None  # sums of scores might not be exact
    validation = _measured(program, dataset)
    if validation.score <= learned.validation.score:
        return None
    return program, validation, f"{len(learned.last)} restarts together"


def _polished(
    found: _Found,
    dataset: Dataset,
    training: TrainSettings,
    scale: float,
    on_pass: Callable[[Pass], None],
) -> tuple[_Found, bool]:
    """The program with better choices, and whether Ctrl-C ended that."""
    program, origin = drop_dead(found[0]), found[2]
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
    validation = _measured(better, dataset)
    return (
        better,
        validation,
        f"{origin}; polished" if ";" in origin else f"{origin}, polished",
    ), stopped


def _measured(program: Program, dataset: Dataset) -> Quality:
    scorer = Scorer.of(dataset, dataset.validation)
    return quality(HardenedModel(program), scorer)


def _telling_of_divergence(
    training: TrainSettings, watch: Watch
) -> Callable[[Progress], None]:
    """What to call after every step: the watch, with a note for restarts that end."""
    told: set[int] = set()

    def tell(progress: Progress) -> None:
        new = {r: s for r, s in progress.diverged.items() if r not in told}
        if new:
            told.update(new)
            watch.note(
                f"{divergence(new)}; the others go on. To keep all: {advice(training)}"
            )
        if watch.on_progress is not None:
            watch.on_progress(progress)

    return tell
