from __future__ import annotations

import random

import pytest
import torch
from random_models import heats, random_batch, random_relaxed, real_positions

from transformer_programs.language.encode import Batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import Pooling
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.nn.neighbours import copy_name, neighbour
from transformer_programs.nn.plan import make_plan
from transformer_programs.settings import ModelSettings

FORM = InputFormat(Vocabulary(("a", "b")), 5)


def test_copies_are_those_of_heads_that_look_before_or_after() -> None:
    values = torch.tensor([[0, 10], [1, 11], [2, 99]])  # (N, B); one is padding
    lengths = torch.tensor([3, 2])
    found = {d: neighbour(values, d, lengths)[:, 0].tolist() for d in (-2, -1, 1, 2)}
    assert found == {-2: [0, 0, 0], -1: [0, 0, 1], 1: [1, 2, 0], 2: [2, 0, 1]}
    assert neighbour(values, 1, lengths)[:2, 1].tolist() == [11, 10]
    assert neighbour(values, 0, lengths) is values


@pytest.mark.parametrize("seed", range(30))
def test_what_the_readout_adds_is_what_the_program_computes(seed: int) -> None:
    relaxed = random_relaxed(seed, restarts=1)
    form = relaxed.input_format
    program = relaxed.harden(0, 10**6)
    ids, lengths = random_batch(form, random.Random(seed).randint(0, 99), size=20)
    with torch.no_grad():
        labels = relaxed(ids, lengths, heats(relaxed, 1e-6))[0].argmax(-1)
    predicted = Interpreter(program).predict(Batch(ids.numpy(), lengths.numpy()))
    where = ... if program.tagging is False else real_positions(ids, lengths)
    assert torch.equal(labels[where], torch.from_numpy(predicted)[where])


def test_a_window_is_of_use_in_tagging_alone() -> None:
    settings = ModelSettings(word_classes=2, window=2, pairs=3)
    plan = make_plan(settings, FORM)
    assert plan.offsets == (-2, -1, 0, 1, 2)
    assert plan.near == (-2, -1, 1, 2)
    pairs = [(pair.word_class, pair.distance) for pair in plan.pairs]
    assert pairs == [(0, 1), (1, 1), (0, 2)]
    pooled = ModelSettings(word_classes=2, window=2, pooling=Pooling.MEAN)
    assert make_plan(pooled, FORM).offsets == (0,)


def test_names_of_copies() -> None:
    names = [copy_name("shape", offset) for offset in (-2, -1, 0, 1, 2)]
    assert names == [
        "shape_before_2",
        "shape_before",
        "shape",
        "shape_after",
        "shape_after_2",
    ]
