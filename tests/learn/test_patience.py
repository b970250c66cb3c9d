"""Training that ends when validation data say no more."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from learn.test_population import MODEL, interrupt_at, make_dataset
from transformer_programs.learn import train
from transformer_programs.learn.callbacks import Watch
from transformer_programs.learn.gradient import learn_by_gradient
from transformer_programs.learn.learned import Start
from transformer_programs.learn.selection import Evaluation, stalled
from transformer_programs.settings import (
    Learner,
    Recipe,
    TrainSettings,
    suited_recipe,
)

LONG = TrainSettings(
    steps=400, batch_size=16, restarts=2, evaluations=40, combine=True, patience=50
)


def history(*scores: float) -> list[Evaluation]:
    return [Evaluation(10 * n, 1.0, (score,)) for n, score in enumerate(scores, 1)]


@pytest.mark.parametrize(
    ("scores", "patience", "ends"),
    [
        ((), 10, False),
        ((0.5, 0.5), 0, False),
        ((0.5, 0.5), 10, True),
        ((0.5, 0.5), 11, False),
        ((0.5, 0.6, 0.5), 20, False),
        ((0.5, 0.6, 0.5, 0.6), 20, True),  # as good is no rise
        ((0.5, 0.4, 0.6), 20, False),
    ],
)
def test_what_patience_waits_for(
    scores: tuple[float, ...], patience: int, ends: bool
) -> None:
    assert stalled(history(*scores), patience) == ends


def test_training_ends_early() -> None:
    found = train(make_dataset(), MODEL, LONG)
    assert found.ended_at is not None
    assert found.ended_at < LONG.steps
    assert found.history[-1].step == found.ended_at
    assert found.validation.score == max(e.best for e in found.history)
    assert not found.interrupted
    assert len(found.last) == 2  # to be combined, as after the last step
    # What came before is the same as without patience.
    endless = train(make_dataset(), MODEL, dataclasses.replace(LONG, patience=0))
    assert endless.ended_at is None
    assert endless.history[-1].step == LONG.steps
    assert endless.history[: len(found.history)] == found.history


def test_resumed_to_the_same_end(tmp_path: Path) -> None:
    whole = train(make_dataset(), MODEL, LONG)
    file = tmp_path / "checkpoint.safetensors"
    stop = interrupt_at(25)
    parted = train(make_dataset(), MODEL, LONG, on_progress=stop, checkpoint=file)  # type: ignore[arg-type]
    assert parted.interrupted
    assert parted.ended_at is None
    for _ in range(2):  # and again, after its end
        again = train(make_dataset(), MODEL, LONG, checkpoint=file, resume=True)
        assert (again.program, again.ended_at) == (whole.program, whole.ended_at)


def test_it_is_said(tmp_path: Path) -> None:
    notes: list[str] = []
    recipe = Recipe(MODEL, LONG, learner=Learner.GRADIENT)
    found = learn_by_gradient(
        make_dataset(), recipe, Start(folder=tmp_path), Watch(on_note=notes.append)
    )
    (line,) = [line for line in found.history if line["kind"] == "training_ended"]
    assert line["step"] < 400
    said = f"at step {line['step']} of 400, as the validation score had not risen for"
    assert said in line["why"]
    assert any(said in note for note in notes)
    assert said in found.origin


def test_sums_over_words_alone_have_patience() -> None:
    assert suited_recipe(True, 5_000).training.patience > 0
    assert suited_recipe(False, 5_000).training.patience > 0
    assert suited_recipe(True, 10).training.patience == 0
    assert TrainSettings().patience == 0
