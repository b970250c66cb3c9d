from __future__ import annotations

import math
import signal
from dataclasses import replace

import pytest
import torch

from transformer_programs.data import evaluate_all
from transformer_programs.data.dataset import Dataset, Examples
from transformer_programs.errors import SettingsError, TrainingError
from transformer_programs.lab.baselines.settings import StandardSettings
from transformer_programs.lab.baselines.training import (
    StandardProgress,
    TrainedTransformer,
    fit,
)
from transformer_programs.language.types import InputFormat, Vocabulary

TINY = StandardSettings(
    layers=1,
    heads=2,
    width=16,
    feed_forward=16,
    steps=60,
    batch_size=16,
    learning_rate=0.02,
    evaluations=4,
)


def make_dataset(tagging: bool = True) -> Dataset:
    """Sequences of a and b; the label is the token, or the first token."""
    sequences = tuple(
        tuple(format(number, f"0{length}b").replace("0", "a").replace("1", "b"))
        for length in (1, 2, 3, 4)
        for number in range(2**length)
    )
    targets = tuple(
        (None, *sequence[1:]) if tagging else sequence[0] for sequence in sequences
    )
    examples = Examples(sequences, targets)
    form = InputFormat(Vocabulary(("a", "b", "<s>")), 5, "<s>")
    return Dataset("copy", form, ("a", "b"), tagging, examples, examples, examples)


def stop_at(step: int) -> object:
    def on_progress(progress: StandardProgress) -> None:
        if progress.step == step:
            raise KeyboardInterrupt

    return on_progress


def weights(fitted: TrainedTransformer) -> list[float]:
    return [float(p.detach().sum()) for p in fitted.model.parameters()]


def validated(progress: StandardProgress) -> float:
    assert progress.evaluation is not None
    return progress.evaluation.accuracy


@pytest.mark.parametrize("tagging", [True, False])
def test_it_learns(tagging: bool) -> None:
    dataset = make_dataset(tagging)
    seen: list[StandardProgress] = []
    fitted = fit(dataset, TINY, seen.append)
    found = evaluate_all(fitted.model.batch, dataset.test)
    assert found.per_label == found.per_sequence == 1
    assert found.labels == (68 if tagging else 30)
    assert [e.step for e in fitted.history] == [15, 30, 45, 60]
    assert [p.step for p in seen] == [*range(1, 61)]
    assert seen[-1] == fitted.history[-1]
    assert seen[-1].loss < seen[0].loss / 2
    assert not fitted.interrupted


def test_the_best_on_validation_data_is_kept() -> None:
    dataset = make_dataset()
    fitted = fit(dataset, replace(TINY, steps=8, evaluations=8, learning_rate=0.3))
    best = max(fitted.history, key=lambda e: (validated(e), e.step))
    found = evaluate_all(fitted.model.batch, dataset.validation)
    assert found.per_label == validated(best)
    assert fitted.step == best.step


def test_the_seed_fixes_all_and_nothing_outside_is_touched() -> None:
    settings = replace(TINY, steps=5, dropout=0.2)
    torch.manual_seed(8)
    before = torch.get_rng_state()
    first = fit(make_dataset(), settings)
    assert torch.equal(before, torch.get_rng_state())
    torch.rand(3)
    assert weights(fit(make_dataset(), settings)) == weights(first)
    assert weights(fit(make_dataset(), replace(settings, seed=1))) != weights(first)


def test_when_stopped_it_gives_the_best_so_far() -> None:
    fitted = fit(make_dataset(), TINY, stop_at(7))  # type: ignore[arg-type]
    assert fitted.interrupted
    assert [e.step for e in fitted.history] == [7]
    assert fitted.step == 7


def test_it_can_be_stopped_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Dataset.encode

    def stopped(dataset: Dataset, examples: Examples) -> object:
        signal.raise_signal(signal.SIGINT)
        return whole(dataset, examples)

    monkeypatch.setattr(Dataset, "encode", stopped)
    fitted = fit(make_dataset(), TINY)
    assert fitted.interrupted
    assert [e.step for e in fitted.history] == [1]


def test_ctrl_c_waits_for_the_end_of_a_step() -> None:
    def on_progress(progress: StandardProgress) -> None:
        if progress.step == 3:
            signal.raise_signal(signal.SIGINT)

    assert fit(make_dataset(), TINY, on_progress).history[-1].step == 3


def test_what_diverges_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrainingError, match=r"step \d+: .*; lower learning_rate"):
        fit(make_dataset(), replace(TINY, learning_rate=1e38))
    monkeypatch.setattr(
        "transformer_programs.lab.baselines.training._loss",
        lambda scores, _: scores.sum() * math.nan,
    )
    with pytest.raises(TrainingError, match=r"step 0: the loss is nan; lower"):
        fit(make_dataset(), TINY)


def test_the_device_must_be_there() -> None:
    with pytest.raises(SettingsError, match="cannot train on device 'gpu': "):
        fit(make_dataset(), replace(TINY, device="gpu"))


def test_unknown_labels_of_validation_data_are_errors() -> None:
    dataset = make_dataset(tagging=False)
    other = Examples((("a",), ("b",)), ("a", "never seen"))
    fitted = fit(replace(dataset, validation=other), TINY)
    assert validated(fitted.history[-1]) == 0.5
