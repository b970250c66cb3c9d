from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import transformer_programs as tp
from learn.states import state
from transformer_programs import tasks
from transformer_programs.data.dataset import Dataset
from transformer_programs.errors import RunFolderError, SettingsError
from transformer_programs.language.nodes import Pooling, Program, Readout, Table
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.learn import Progress, train
from transformer_programs.learn.start import as_read_by, label_evidence
from transformer_programs.learn.trainer import Trainer
from transformer_programs.search import search
from transformer_programs.settings import ModelSettings, TrainSettings, warm_start

MODEL = ModelSettings()
SHORT = warm_start(TrainSettings(steps=12, batch_size=16, restarts=2, evaluations=4))


SEVENS = Vocabulary(("0", "1", "7", "<s>", "</s>"))


@cache
def tiny_sort() -> Dataset:
    return tasks.get("sort").dataset(size=200, vocabulary_size=6, max_length=6)


@cache
def sorting() -> Program:
    found = search(tiny_sort())
    assert found.exact
    return found.program


def damaged() -> Program:
    """The sorting program with the entries of its table turned around."""
    program = sorting()
    statements = tuple(
        dataclasses.replace(s, table=s.table[::-1]) if isinstance(s, Table) else s
        for s in program.statements
    )
    assert statements != program.statements
    return dataclasses.replace(program, statements=statements)


def test_an_exact_start_stays_exact() -> None:
    settings = dataclasses.replace(SHORT, steps=150)
    learned = train(tiny_sort(), MODEL, settings, start=sorting())
    assert [item.step for item in learned.history] == [0, 38, 75, 113, 150]
    assert all(item.accuracies == (1, 1) for item in learned.history)
    assert all(np.isfinite(item.loss) for item in learned.history)
    assert (learned.validation.score, learned.step) == (1, 150)
    program = learned.program
    assert [s.inputs for s in program.statements] == [
        s.inputs for s in sorting().statements
    ]


def test_a_damaged_start_is_mended() -> None:
    settings = dataclasses.replace(SHORT, steps=200, learning_rate=0.1)
    learned = train(tiny_sort(), MODEL, settings, start=damaged())
    assert learned.history[0].best < 0.8
    assert learned.validation.score == 1


def test_nothing_worse_than_the_start_is_returned() -> None:
    settings = dataclasses.replace(SHORT, learning_rate=1e4, steps=5)
    learned = train(tiny_sort(), MODEL, settings, start=sorting())
    assert max(item.best for item in learned.history[1:]) < 1
    assert (learned.validation.score, learned.step) == (1, 0)
    assert learned.program.statements == sorting().statements


def test_resumed_training_gives_the_same_bits(tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.step == 8:
            raise KeyboardInterrupt

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    start, data = damaged(), tiny_sort()
    expected = train(data, MODEL, SHORT, start=start, checkpoint=whole)
    train(data, MODEL, SHORT, start=start, checkpoint=parts, on_progress=stop)
    resumed = train(data, MODEL, SHORT, start=start, checkpoint=parts, resume=True)
    assert resumed.history == expected.history
    assert resumed.history[0].step == 0
    assert resumed.program == expected.program
    assert state(parts) == state(whole)


def test_a_checkpoint_belongs_to_its_start(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    train(tiny_sort(), MODEL, SHORT, start=damaged(), checkpoint=path)
    for start in (sorting(), None):
        with pytest.raises(RunFolderError, match="other data or settings"):
            train(tiny_sort(), MODEL, SHORT, start=start, checkpoint=path, resume=True)


def test_last_steps_train_the_readout_alone() -> None:
    settings = dataclasses.replace(SHORT, steps=20)
    trainer = Trainer(tiny_sort(), MODEL, settings, start=damaged())
    for step in range(20):
        before = {n: p.detach().clone() for n, p in trainer.model.named_parameters()}
        trainer.take_step()
        changed = {
            name
            for name, parameter in trainer.model.named_parameters()
            if not parameter.equal(before[name])
        }
        assert "readout" in changed
        assert (changed == {"readout"}) == (step >= 18)


def with_input(program: Program, **changes: object) -> Program:
    form = dataclasses.replace(program.input, **changes)
    return dataclasses.replace(program, input=form)


def with_readout(program: Program, **changes: object) -> Program:
    readout = dataclasses.replace(program.readout, **changes)
    return dataclasses.replace(program, readout=readout)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda p: with_readout(p, pooling=Pooling.MEAN),
            "the program gives labels per sequence, the data have them per token",
        ),
        (
            lambda p: with_readout(p, labels=("0", "1", "x")),
            "label of the program alone: 'x'; label of the data alone: '2'$",
        ),
        (
            lambda p: with_input(
                p, vocabulary=Vocabulary(("0", "1", "7", "<s>", "</s>"))
            ),
            "token of the program alone: '7'; token of the data alone: '2'$",
        ),
        (lambda p: with_input(p, end=None), "end token is None, the data's '</s>'"),
        (lambda p: with_input(p, max_length=3), "at most 3 framed tokens, .* up to 6"),
    ],
)
def test_a_start_that_does_not_fit_is_refused(
    change: Callable[[Program], Program], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        train(tiny_sort(), MODEL, SHORT, start=change(sorting()))


def test_everything_that_differs_is_said() -> None:
    start = with_input(with_readout(sorting(), labels=("0",)), max_length=3, end=None)
    with pytest.raises(SettingsError, match=r"'sort'.*'1', '2'; .*end token.*; .*3"):
        as_read_by(start, tiny_sort())


def test_start_and_vectors_exclude_each_other() -> None:
    vectors = np.zeros((5, 2), dtype=np.float32)
    with pytest.raises(SettingsError, match="got both"):
        train(tiny_sort(), MODEL, SHORT, start=sorting(), vectors=vectors)


def test_longer_programs_with_tokens_in_another_order_fit() -> None:
    data = tiny_sort()
    tokens = data.input.vocabulary.tokens[::-1]
    form = InputFormat(Vocabulary(tokens), 9, data.input.begin, data.input.end)
    labels = data.labels[::-1]
    start = Program("other", form, (), Readout(labels, ()))
    encoded = as_read_by(start, data).encode(data.train)
    expected = data.encode(data.train)
    width = data.input.max_length
    assert (encoded.lengths == expected.lengths).all()
    real = np.arange(width) < encoded.lengths[:, None]
    ids = len(tokens) - 1 - expected.ids
    assert (encoded.ids[:, :width] == ids)[real].all()
    asked = expected.targets >= 0
    targets = len(labels) - 1 - expected.targets
    assert (encoded.targets[:, :width] == targets)[asked].all()


def words(pairs: list[tuple[list[str], str]]) -> Dataset:
    return tp.labelled_sequences(
        pairs * 10 + [(["rare", str(n)], "x") for n in range(20)], max_vocabulary=6
    )


def test_evidence_is_for_the_labels_that_words_occur_with() -> None:
    data = words([(["good", "film"], "x"), (["bad", "film"], "y")])
    evidence = label_evidence(data)
    rows = dict(zip(data.input.vocabulary.tokens, evidence.tolist(), strict=True))
    assert rows["bad"][1] > 1 > rows["film"][1] > rows["good"][1]
    assert evidence.sum(1).abs().max() < 1e-5
    tags = tp.labelled_sequences(
        [(["a", "b", str(n)], ["x", "y", "x"]) for n in range(20)], max_vocabulary=3
    )
    assert label_evidence(tags).argmax(1).tolist()[1:] == [0, 1]


def with_fixed_classes(**settings: Any) -> Trainer:
    data = words([(["good", "film"], "x"), (["bad", "film"], "y")])
    model = ModelSettings(
        layers=1,
        categorical_heads=0,
        numerical_heads=0,
        tables=0,
        word_classes=2,
        cardinality=4,
        fixed_classes=True,
        pooling=Pooling.MEAN,
    )
    training = TrainSettings(steps=12, batch_size=8, restarts=4, evaluations=2)
    return Trainer(data, model, dataclasses.replace(training, **settings))


def test_every_second_restart_keeps_the_classes_that_it_begins_with() -> None:
    trainer = with_fixed_classes()
    before = [parameter.clone() for parameter in trainer.model.parameters()]
    names = [name for name, _ in trainer.model.named_parameters()]
    while trainer.step < 12:
        trainer.take_step()
    after = dict(zip(names, trainer.model.parameters(), strict=True))
    for name, old in zip(names, before, strict=True):
        moved = (after[name] != old).flatten(1).any(1).tolist() if old.numel() else []
        if name == "class_logits":
            assert moved == [True, False, True, False]
        elif name == "readout":
            assert moved == [True] * 4
    trainer.keep([1, 2])
    assert trainer.model.fixed.tolist() == [True, False]


def test_weights_are_held_small_where_classes_are_fixed() -> None:
    squares = []
    for penalty in (0.0, 1.0):
        trainer = with_fixed_classes(fixed_penalty=penalty)
        while trainer.step < 12:
            trainer.take_step()
        assert trainer.model.weight_squares()[::2].tolist() == [0, 0]
        squares.append(trainer.model.readout.square().flatten(1).sum(1))
    assert (squares[1] < squares[0] / 2).tolist() == [False, True, False, True]
    assert torch.equal(squares[0][::2], squares[1][::2])
    with pytest.raises(SettingsError, match="expected fixed_penalty >= 0, got -1"):
        TrainSettings(fixed_penalty=-1)
