from __future__ import annotations

import dataclasses
import math
import signal
from pathlib import Path

import pytest
import torch

from transformer_programs.errors import RunFolderError, SettingsError, TrainingError
from transformer_programs.extract import extract
from transformer_programs.learn import Learned, Progress, train
from transformer_programs.learn.checkpoint import load_checkpoint
from transformer_programs.learn.interruption import Interruption
from transformer_programs.learn.selection import accuracy
from transformer_programs.learn.trainer import Trainer, population_loss
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.program.nodes import Pooling
from transformer_programs.program.types import InputFormat, Vocabulary
from transformer_programs.settings import ModelSettings, TrainSettings
from transformer_programs.tasks.dataset import Dataset, Examples

MODEL = ModelSettings(
    layers=1,
    categorical_heads=1,
    numerical_heads=1,
    tables=2,
)
SHORT = TrainSettings(steps=12, batch_size=16, restarts=2, evaluations=4)


def make_dataset(tagging: bool = True) -> Dataset:
    """Sequences of a and b; the label is the token, or the first token."""
    sequences = tuple(
        tuple(format(number, f"0{length}b").replace("0", "a").replace("1", "b"))
        for length in (1, 2, 3, 4)
        for number in range(2**length)
    )
    targets = tuple(seq if tagging else seq[0] for seq in sequences)
    examples = Examples(sequences, targets)
    form = InputFormat(Vocabulary(("a", "b")), 4)
    return Dataset("copy", form, ("a", "b"), tagging, examples, examples, examples)


def interrupt_at(step: int) -> object:
    def on_progress(progress: Progress) -> None:
        if progress.step == step:
            raise KeyboardInterrupt

    return on_progress


def program_of(learned: Learned) -> object:
    return extract(learned.model, "test")


def test_training_learns() -> None:
    settings = dataclasses.replace(SHORT, steps=60, evaluations=60)
    learned = train(make_dataset(), MODEL, settings)
    assert learned.validation_accuracy == 1
    assert learned.history[0].best < 0.9
    assert learned.step == max(i.step for i in learned.history if i.best == 1)
    assert not learned.interrupted
    data = make_dataset()
    again = accuracy(learned.model, data.encode(data.validation))
    assert again == learned.validation_accuracy


def test_threads_are_set_for_training_alone() -> None:
    before = torch.get_num_threads()
    seen = []
    settings = dataclasses.replace(SHORT, steps=1, threads=before + 1)
    train(
        make_dataset(),
        MODEL,
        settings,
        on_progress=lambda _: seen.append(torch.get_num_threads()),
    )
    assert (seen, torch.get_num_threads()) == ([before + 1], before)


@pytest.mark.parametrize("pooling", [Pooling.MEAN, Pooling.FIRST])
def test_classification_learns(pooling: Pooling) -> None:
    model = dataclasses.replace(MODEL, pooling=pooling)
    settings = dataclasses.replace(SHORT, steps=80)
    learned = train(make_dataset(tagging=False), model, settings)
    assert learned.validation_accuracy > 0.95


def test_word_classes_start_from_vectors() -> None:
    model = dataclasses.replace(MODEL, word_classes=2, cardinality=2)
    vectors = torch.eye(2).numpy() * 50
    trainer = Trainer(make_dataset(), model, SHORT, vectors)
    assert trainer.model.class_logits.shape == (2, 2, 2, 2)
    assert trainer.model.class_logits.abs().max() > 10
    with pytest.raises(SettingsError, match=r"2 tokens.*3 rows"):
        train(make_dataset(), model, SHORT, vectors=torch.zeros(3, 2).numpy())


def test_same_seed_same_result_and_no_global_randomness() -> None:
    torch.manual_seed(0)
    state = torch.get_rng_state()
    first = train(make_dataset(), MODEL, SHORT)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(1)
    second = train(make_dataset(), MODEL, SHORT)
    assert first.history == second.history
    assert program_of(first) == program_of(second)
    other = train(make_dataset(), MODEL, dataclasses.replace(SHORT, seed=1))
    assert other.history != first.history


def test_progress_tells_every_step_and_evaluation() -> None:
    seen: list[Progress] = []
    learned = train(make_dataset(), MODEL, SHORT, on_progress=seen.append)
    assert [progress.step for progress in seen] == list(range(1, 13))
    assert [p.step for p in seen if p.evaluation] == [3, 6, 9, 12]
    assert tuple(p.evaluation for p in seen if p.evaluation) == learned.history
    assert seen[0].tau == SHORT.tau_start
    assert seen[10].tau == pytest.approx(SHORT.tau_end)
    assert seen[0].best_accuracy is None
    assert seen[-1].best_accuracy == learned.validation_accuracy
    assert max(item.best for item in learned.history) == learned.validation_accuracy


def test_resumed_training_gives_the_same_bits(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    expected = train(make_dataset(), MODEL, SHORT, checkpoint=whole)
    stopped = train(
        make_dataset(), MODEL, SHORT, checkpoint=parts, on_progress=interrupt_at(8)
    )
    assert stopped.interrupted
    seen: list[Progress] = []
    resumed = train(
        make_dataset(),
        MODEL,
        SHORT,
        checkpoint=parts,
        resume=True,
        on_progress=seen.append,
    )
    assert seen[0].step == 9
    assert resumed.history == expected.history
    assert program_of(resumed) == program_of(expected)
    assert parts.read_bytes() == whole.read_bytes()


def test_resuming_a_finished_training_returns_it(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    expected = train(make_dataset(), MODEL, SHORT, checkpoint=path)
    again = train(make_dataset(), MODEL, SHORT, checkpoint=path, resume=True)
    assert program_of(again) == program_of(expected)
    assert dataclasses.replace(again, model=expected.model) == expected


def test_unfit_checkpoints_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    with pytest.raises(RunFolderError, match="nothing to resume"):
        train(make_dataset(), MODEL, SHORT, checkpoint=path, resume=True)
    train(make_dataset(), MODEL, SHORT, checkpoint=path)
    other = dataclasses.replace(SHORT, seed=5)
    with pytest.raises(RunFolderError, match="other data or settings"):
        train(make_dataset(), MODEL, other, checkpoint=path, resume=True)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RunFolderError, match="not a file that this version"):
        train(make_dataset(), MODEL, SHORT, checkpoint=path, resume=True)


@pytest.mark.parametrize("step", [1, 7])
def test_interruption_returns_the_best_so_far(step: int) -> None:
    on_progress = interrupt_at(step)
    learned = train(make_dataset(), MODEL, SHORT, on_progress=on_progress)
    assert learned.interrupted
    assert learned.history[-1].step == step
    assert max(item.best for item in learned.history) == learned.validation_accuracy


@pytest.mark.parametrize("presses", [1, 2])
def test_a_second_interruption_keeps_the_last_checkpoint(
    presses: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, expected = tmp_path / "checkpoint", tmp_path / "expected"
    train(
        make_dataset(), MODEL, SHORT, checkpoint=expected, on_progress=interrupt_at(6)
    )
    take_step = Trainer.take_step

    def press(trainer: Trainer) -> None:
        take_step(trainer)
        if trainer.step == 8:
            for _ in range(presses):  # in the middle of a step, for its caller
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Trainer, "take_step", press)
    if presses == 1:
        learned = train(make_dataset(), MODEL, SHORT, checkpoint=path)
        assert learned.history[-1].step == 8
        assert path.read_bytes() != expected.read_bytes()
    else:
        with pytest.raises(KeyboardInterrupt):
            train(make_dataset(), MODEL, SHORT, checkpoint=path)
        assert path.read_bytes() == expected.read_bytes()


def test_interrupting_the_last_step_changes_nothing() -> None:
    learned = train(make_dataset(), MODEL, SHORT, on_progress=interrupt_at(12))
    assert not learned.interrupted
    assert learned.history == train(make_dataset(), MODEL, SHORT).history


def test_an_early_interruption_waits_for_a_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def requested_at_once(self: Interruption) -> None:
        self.requested = True

    monkeypatch.setattr(Interruption, "__init__", requested_at_once)
    learned = train(make_dataset(), MODEL, SHORT)
    assert [item.step for item in learned.history] == [1]
    assert math.isfinite(learned.history[0].loss)


def test_loss_that_is_no_number_stops_training() -> None:
    trainer = Trainer(make_dataset(), MODEL, SHORT)
    with torch.no_grad():
        trainer.model.readout[1, 0, 0] = math.nan
    with pytest.raises(TrainingError, match=r"step 0.*lower learning_rate"):
        trainer.take_step()
    with pytest.raises(TrainingError, match="weight is not a finite number"):
        trainer.evaluate()


def test_last_steps_train_the_readout_alone() -> None:
    trainer = Trainer(make_dataset(), MODEL, dataclasses.replace(SHORT, steps=20))
    for step in range(20):
        before = {n: p.detach().clone() for n, p in trainer.model.named_parameters()}
        trainer.take_step()
        changed = {
            name
            for name, parameter in trainer.model.named_parameters()
            if not torch.equal(parameter, before[name])
        }
        assert "readout" in changed
        assert (changed == {"readout"}) == (step >= 18)


@pytest.mark.parametrize("name", ["abacus", "meta", "cuda:99", "", "cpu:0"])
def test_unknown_device_is_refused(name: str) -> None:
    settings = dataclasses.replace(SHORT, device=name)
    message = f"^cannot train on device '{name}'; available here: cpu"
    with pytest.raises(SettingsError, match=message):
        train(make_dataset(), MODEL, settings)


def test_a_restored_best_model_stays_on_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint"
    train(make_dataset(), MODEL, SHORT, checkpoint=path)
    trainer = Trainer(make_dataset(), MODEL, SHORT)
    moved: list[object] = []
    monkeypatch.setattr(HardenedModel, "to", lambda self, device: moved.append(device))
    load_checkpoint(trainer, path)
    assert trainer.best is not None
    assert trainer.best.model.device.type == "cpu"
    assert not moved


def test_loss_leaves_unlabelled_positions_out() -> None:
    scores = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[0, 1, -1, -1], [4, -1, -1, -1], [2, 2, 2, -1]])
    expected = [
        torch.nn.functional.cross_entropy(
            part.flatten(0, 1), targets.flatten(), ignore_index=-1
        )
        for part in scores
    ]
    found = population_loss(scores, targets)
    torch.testing.assert_close(found, torch.stack(expected))
    nothing = population_loss(scores, torch.full_like(targets, -1))
    assert nothing.tolist() == [0, 0]


def test_training_one_restart_does_not_touch_another() -> None:
    trainer = Trainer(make_dataset(), MODEL, SHORT)
    scores = trainer.model(trainer.ids, trainer.lengths, 1.0, trainer.noise)
    losses = population_loss(scores, trainer.targets)
    torch.autograd.backward(losses[0])
    for name, parameter in trainer.model.named_parameters():
        if parameter.numel() and parameter.grad is not None:
            assert not parameter.grad[1].any(), name
    assert trainer.model.readout.grad is not None
    assert trainer.model.readout.grad[0].any()
