from __future__ import annotations

import dataclasses
import itertools
import json
import math
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from learn.states import state
from nn.random_models import heats
from transformer_programs import tasks
from transformer_programs.data.dataset import Dataset, Examples
from transformer_programs.data.metrics import Scorer
from transformer_programs.errors import (
    AgreementError,
    RunFolderError,
    SettingsError,
    TrainingError,
)
from transformer_programs.language.nodes import Pooling, Program
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.learn import (
    Progress,
    Record,
    population,
    records,
    train,
    trainer as trainer_module,
)
from transformer_programs.learn.callbacks import Interruption
from transformer_programs.learn.records import record_from, record_steps
from transformer_programs.learn.schedules import heat, learning_rate
from transformer_programs.learn.selection import quality
from transformer_programs.learn.trainer import Trainer, grouped, population_loss
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.nn.relaxed import RelaxedModel
from transformer_programs.settings import ModelSettings, TrainSettings

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


def test_training_learns() -> None:
    settings = dataclasses.replace(SHORT, steps=60, evaluations=60)
    learned = train(make_dataset(), MODEL, settings)
    assert learned.validation.score == 1
    assert learned.history[0].best < 0.9
    assert learned.step == max(i.step for i in learned.history if i.best == 1)
    assert not learned.interrupted
    data = make_dataset()
    again = quality(HardenedModel(learned.program), Scorer.of(data, data.validation))
    assert again == learned.validation


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
    assert learned.validation.score > 0.95


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
    assert first.program == second.program
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
    assert seen[0].best is None
    assert seen[-1].best == learned.validation
    assert max(item.best for item in learned.history) == learned.validation.score


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
    assert resumed.program == expected.program
    assert state(parts) == state(whole)


def test_resuming_a_finished_training_returns_it(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    expected = train(make_dataset(), MODEL, SHORT, checkpoint=path)
    again = train(make_dataset(), MODEL, SHORT, checkpoint=path, resume=True)
    assert again.program == expected.program
    assert again == expected


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
    assert max(item.best for item in learned.history) == learned.validation.score


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
        assert state(path) != state(expected)
    else:
        with pytest.raises(KeyboardInterrupt):
            train(make_dataset(), MODEL, SHORT, checkpoint=path)
        assert state(path) == state(expected)


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


def spoil(trainer: Trainer, restart: int) -> None:
    with torch.no_grad():
        trainer.model.readout[restart, 0, 0] = math.nan


def test_a_restart_that_diverges_leaves_the_others_alone() -> None:
    good, bad = (Trainer(make_dataset(), MODEL, SHORT) for _ in range(2))
    good.take_step()
    bad.take_step()
    spoil(bad, 1)
    for trainer in (good, bad):
        for _ in range(SHORT.steps - 1):
            trainer.take_step()
    assert (good.diverged, bad.diverged) == ({}, {1: 1})
    assert math.isfinite(bad.loss)
    pairs = zip(good.model.parameters(), bad.model.parameters(), strict=True)
    assert all(one[0].equal(other[0]) for one, other in pairs)
    first, _ = good.evaluate().accuracies
    evaluation = bad.evaluate()
    assert evaluation.accuracies == (first, None)
    assert evaluation.best == first
    assert bad.best is not None
    assert bad.best.restart == 0


def test_a_weight_that_is_no_number_is_seen_before_its_loss() -> None:
    trainer = Trainer(make_dataset(), MODEL, SHORT)
    trainer.take_step()
    spoil(trainer, 0)
    assert trainer.evaluate().accuracies[0] is None
    assert trainer.diverged == {0: 1}


def test_training_stops_when_every_restart_has_diverged() -> None:
    trainer = Trainer(make_dataset(), MODEL, SHORT)
    spoil(trainer, 1)
    trainer.take_step()
    spoil(trainer, 0)
    message = (
        r"failed at step 1: .* \(NaN or inf\) in restart 1 at step 0, restart 0 at "
        r"step 1, and none is left; lower learning_rate \(now 0.05\) or raise tau_end"
    )
    for go_on in (trainer.take_step, trainer.evaluate):
        with pytest.raises(TrainingError, match=message):
            go_on()


def spoil_at(
    step: int, restarts: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    take_step = Trainer.take_step

    def spoiling(trainer: Trainer) -> None:
        if trainer.step == step:
            for restart in restarts:
                spoil(trainer, restart)
        take_step(trainer)

    monkeypatch.setattr(Trainer, "take_step", spoiling)


def test_a_failed_training_gives_the_best_until_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, expected = tmp_path / "checkpoint", tmp_path / "expected"
    stop = interrupt_at(6)
    best = train(make_dataset(), MODEL, SHORT, checkpoint=expected, on_progress=stop)
    spoil_at(8, [0, 1], monkeypatch)
    learned = train(make_dataset(), MODEL, SHORT, checkpoint=path)
    assert learned.failure is not None
    assert learned.failure.startswith("training failed at step 8: ")
    assert learned.interrupted
    assert learned.program == best.program
    assert state(path) == state(expected)
    again = train(make_dataset(), MODEL, SHORT, checkpoint=path, resume=True)
    assert again.failure == learned.failure


def test_a_training_may_fail_at_its_very_end(monkeypatch: pytest.MonkeyPatch) -> None:
    take_step = Trainer.take_step

    def spoiling(trainer: Trainer) -> None:
        take_step(trainer)
        if trainer.step == SHORT.steps:
            spoil(trainer, 0)
            spoil(trainer, 1)

    monkeypatch.setattr(Trainer, "take_step", spoiling)
    learned = train(make_dataset(), MODEL, SHORT)
    assert learned.failure is not None
    assert learned.interrupted
    assert [item.step for item in learned.history] == [3, 6, 9]


def test_a_training_that_fails_at_once_leaves_no_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_at(1, [0, 1], monkeypatch)
    path = tmp_path / "checkpoint"
    with pytest.raises(TrainingError, match="failed at step 1"):
        train(make_dataset(), MODEL, SHORT, checkpoint=path)
    assert list(tmp_path.iterdir()) == []


def test_what_diverged_stays_so_when_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_at(4, [1], monkeypatch)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    seen: list[Progress] = []
    data = make_dataset()
    train(data, MODEL, SHORT, checkpoint=whole, on_progress=seen.append)
    assert [p.step for p in seen if p.diverged] == [*range(5, 13)]
    assert seen[-1].diverged == {1: 4}
    train(data, MODEL, SHORT, checkpoint=parts, on_progress=interrupt_at(8))
    learned = train(data, MODEL, SHORT, checkpoint=parts, resume=True)
    assert state(parts) == state(whole)
    assert learned.history[-1].accuracies[1] is None
    assert not learned.interrupted


# What is recorded


def test_records_tell_of_every_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "RECORDS", 6)
    spoil_at(8, [1], monkeypatch)
    found: list[Record] = []
    losses: dict[int, float] = {}
    train(
        make_dataset(),
        MODEL,
        SHORT,
        on_record=found.append,
        on_progress=lambda p: losses.update({p.step: p.loss}),
    )
    assert [record.step for record in found] == [2, 3, 4, 6, 8, 9, 10, 12]
    evaluated = [record.step for record in found if record.accuracies is not None]
    assert evaluated == [3, 6, 9, 12]
    for record in found:
        assert record.loss == losses[record.step]
        there = [loss for loss in record.losses if loss is not None]
        assert len(there) == (2 if record.step <= 8 else 1)
        assert record.losses[0] == there[0]
        assert record.loss == pytest.approx(sum(there) / len(there))
        assert record_from(json.loads(json.dumps(record.line()))) == record
    assert found[0].temperature == heat(1, SHORT, 0, 1).tau
    assert found[-1].learning_rate == learning_rate(11, SHORT)
    seconds = [record.seconds for record in found]
    assert seconds == sorted(seconds)


def test_records_of_a_start_and_of_a_stop() -> None:
    found: list[Record] = []
    stop = interrupt_at(7)
    train(make_dataset(), MODEL, SHORT, on_record=found.append, on_progress=stop)
    assert [r.step for r in found] == [1, 2, 3, 4, 5, 6, 7, 7]
    assert found[-1].accuracies is not None


def test_resumed_records_begin_with_those_before(tmp_path: Path) -> None:
    path, data = tmp_path / "checkpoint", make_dataset()
    whole: list[Record] = []
    parts: list[Record] = []
    train(data, MODEL, SHORT, on_record=whole.append)
    train(data, MODEL, SHORT, checkpoint=path, on_progress=interrupt_at(7))
    train(data, MODEL, SHORT, checkpoint=path, resume=True, on_record=parts.append)
    seconds = [record.seconds for record in parts]
    assert seconds == sorted(seconds)
    assert [dataclasses.replace(r, seconds=0) for r in parts] == [
        dataclasses.replace(r, seconds=0) for r in whole
    ]


@pytest.mark.parametrize("steps", [1, 7, 100, 250])
def test_record_steps_are_spread(steps: int) -> None:
    moments = sorted(record_steps(steps))
    assert len(moments) == min(steps, 100)
    assert moments[-1] == steps
    gaps = {after - before for before, after in itertools.pairwise([0, *moments])}
    assert max(gaps) - min(gaps) <= 1


def test_a_long_training_is_saved_between_evaluations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(population.time, "perf_counter", lambda: clock[0])
    saved: list[int] = []
    monkeypatch.setattr(
        population, "save_checkpoint", lambda trainer, _: saved.append(trainer.step)
    )

    def wait(_: Progress) -> None:
        clock[0] += 13

    settings = dataclasses.replace(SHORT, evaluations=1)
    path = tmp_path / "checkpoint"
    train(make_dataset(), MODEL, settings, checkpoint=path, on_progress=wait)
    assert saved == [0, 4, 7, 10, 12]


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


def test_layers_that_are_settled_change_no_more() -> None:
    shape = dataclasses.replace(MODEL, layers=3)
    settings = dataclasses.replace(SHORT, steps=20, settle=0.5)
    trainer = Trainer(make_dataset(), shape, settings)
    for step in range(20):
        before = {n: p.detach().clone() for n, p in trainer.model.named_parameters()}
        trainer.take_step()
        changed = {
            name.rpartition(".")[0].removesuffix(".tables")
            for name, parameter in trainer.model.named_parameters()
            if not torch.equal(parameter, before[name])
        }
        ends = {"": 20, "layers.0": 9, "layers.1": 14, "layers.2": 18}
        assert changed == {name for name, end in ends.items() if step < end}


def test_settling_layers_resume_to_the_same_bits(tmp_path: Path) -> None:
    whole, path, data = tmp_path / "whole", tmp_path / "checkpoint", make_dataset()
    shape = dataclasses.replace(MODEL, layers=2)
    settings = dataclasses.replace(SHORT, settle=0.5)
    train(data, shape, settings, checkpoint=whole)
    train(data, shape, settings, checkpoint=path, on_progress=interrupt_at(7))
    train(data, shape, settings, checkpoint=path, resume=True)
    assert state(path) == state(whole)


@pytest.mark.parametrize("name", ["abacus", "meta", "cuda:99", "", "cpu:0"])
def test_unknown_device_is_refused(name: str) -> None:
    settings = dataclasses.replace(SHORT, device=name)
    message = f"^cannot train on device '{name}'; available here: cpu"
    with pytest.raises(SettingsError, match=message):
        train(make_dataset(), MODEL, settings)


def test_a_program_that_is_not_the_relaxed_model_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harden = RelaxedModel.harden

    def other(self: RelaxedModel, restart: int, scale: int, name: str) -> Program:
        return harden(self, 1 - restart, scale, name)

    monkeypatch.setattr(RelaxedModel, "harden", other)
    settings = dataclasses.replace(SHORT, readout_scale=10**5)
    with pytest.raises(AgreementError, match=r"relaxed model and program differ in \d"):
        train(make_dataset(), MODEL, settings)


def test_after_the_last_step_all_validation_data_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[int] = []

    def check(model: object, hardened: object, ids: torch.Tensor, _: object) -> None:
        compared.append(len(ids))

    monkeypatch.setattr(trainer_module, "check_hardened", check)
    train(make_dataset(), MODEL, SHORT)
    whole = len(make_dataset().validation)
    assert compared[-2:] == [16, whole - 16]
    assert {*compared[:-2]} == {16}


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
    scores = trainer.model(
        trainer.ids, trainer.lengths, heats(trainer.model, 1.0), trainer.noise
    )
    losses = population_loss(scores, trainer.targets)
    torch.autograd.backward(losses[0])
    for name, parameter in trainer.model.named_parameters():
        if parameter.numel() and parameter.grad is not None:
            assert not parameter.grad[1].any(), name
    assert trainer.model.readout.grad is not None
    assert trainer.model.readout.grad[0].any()


def test_minibatches_of_sequences_that_are_about_equally_long() -> None:
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 30, (1003,), generator=generator)
    order = torch.randperm(1003, generator=generator)
    batches = grouped(order, lengths, 10)
    assert batches.shape == (100, 10)
    assert len(batches.unique()) == 1000
    spread = lengths[batches].float().std(1).mean()
    assert spread < 0.3 * lengths.float().std()


def test_grouped_minibatches_pass_over_all_data() -> None:
    data = tasks.get("sort").dataset(size=400, vocabulary_size=6, max_length=6)
    settings = TrainSettings(steps=20, batch_size=16, restarts=1, group_by_length=True)
    trainer = Trainer(data, ModelSettings(layers=1), settings)
    steps = len(data.train) // 16
    rows = torch.cat([trainer._next_rows() for _ in range(steps)])
    assert len(rows.unique()) == steps * 16
