"""Restarts that are given up while others go on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from learn.test_population import MODEL, SHORT, interrupt_at, make_dataset
from transformer_programs.errors import SettingsError
from transformer_programs.learn import train
from transformer_programs.learn.schedules import evaluation_steps, halving_steps
from transformer_programs.learn.trainer import Trainer
from transformer_programs.settings import TrainSettings

HALVED = dataclasses.replace(SHORT, steps=24, restarts=5, halvings=2)


def test_halvings_are_within_the_first_half() -> None:
    assert halving_steps(HALVED) == {6, 12}
    assert halving_steps(HALVED) < evaluation_steps(HALVED)
    assert halving_steps(SHORT) == frozenset()
    assert halving_steps(TrainSettings(steps=1, halvings=3)) == frozenset()
    with pytest.raises(SettingsError, match="halvings >= 0"):
        TrainSettings(halvings=-1)


def test_the_less_accurate_half_is_given_up() -> None:
    learned = train(make_dataset(), MODEL, HALVED)
    for before, after in ((6, 12), (12, 18)):
        one, other = (
            next(item.accuracies for item in learned.history if item.step == step)
            for step in (before, after)
        )
        left = [r for r, accuracy in enumerate(other) if accuracy is not None]
        there = [r for r, accuracy in enumerate(one) if accuracy is not None]
        assert len(left) == (len(there) + 1) // 2
        gone = [one[r] or 0 for r in there if r not in left]
        assert min(one[r] or 0 for r in left) >= max(gone)
    assert learned.history[-1].accuracies[learned.restart] is not None


def test_what_is_left_goes_on_as_it_was() -> None:
    trainer = Trainer(make_dataset(), MODEL, SHORT)
    trainer.take_step()
    weights = trainer.model.readout.detach().clone()
    moments = trainer.optimizer.state[trainer.model.readout]["exp_avg"].clone()
    trainer.keep([1])
    assert trainer.active == [1]
    assert torch.equal(trainer.model.readout.detach(), weights[1:])
    state = trainer.optimizer.state[trainer.model.readout]
    assert torch.equal(state["exp_avg"], moments[1:])
    trainer.take_step()
    assert trainer.losses[0].isnan()
    assert trainer.losses[1].isfinite()
    assert trainer.evaluate().accuracies[0] is None


@pytest.mark.parametrize("step", [3, 6, 9, 12, 15])
def test_resumed_to_the_same_bits(step: int, tmp_path: Path) -> None:
    whole = train(make_dataset(), MODEL, HALVED)
    file = tmp_path / "checkpoint"
    train(
        make_dataset(), MODEL, HALVED, checkpoint=file, on_progress=interrupt_at(step)
    )
    again = train(make_dataset(), MODEL, HALVED, checkpoint=file, resume=True)
    assert again.program == whole.program
    assert again.history == whole.history
