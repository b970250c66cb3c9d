"""What training can give: model, program and file are the same, input by input."""

from __future__ import annotations

import dataclasses
import random
from itertools import product

import pytest
import torch
from random_models import LABELS, random_settings

from transformer_programs.codegen.python import emit
from transformer_programs.language.nodes import (
    Head,
    Pooling,
    Scope,
)
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.nn.relaxed import RelaxedModel
from transformer_programs.runs.agreement import HardenedPredictor
from transformer_programs.settings import ModelSettings
from transformer_programs.verify.certificate import certify

CASES = list(product(Scope, Pooling, range(3)))


def small_format(rng: random.Random) -> InputFormat:
    """With and without begin, end and unknown token; few enough inputs to try all."""
    symbols = tuple("abc"[: rng.randint(1, 3)])
    begin, end = rng.choice([None, "<"]), rng.choice([None, ">"])
    frame = tuple(token for token in (begin, end) if token is not None)
    unknown = rng.choice([None, *symbols])
    length = rng.randint(1, 4) + len(frame)
    return InputFormat(Vocabulary(symbols + frame, unknown), length, begin, end)


def settings_of(index: int) -> ModelSettings:
    scope, pooling, _ = CASES[index]
    drawn = random_settings(random.Random(index))
    return dataclasses.replace(drawn, scope=scope, pooling=pooling)


@pytest.mark.parametrize("index", range(len(CASES)))
def test_all_three_agree_on_every_input(index: int) -> None:
    form = small_format(random.Random(index))
    generator = torch.Generator().manual_seed(index)
    relaxed = RelaxedModel(settings_of(index), form, LABELS, 1, generator)
    program = relaxed.harden(0, 100)
    model = HardenedModel(program)
    source, tables = emit(program)
    predictors = [HardenedPredictor(model)]
    certificate = certify(program, source, predictors, (), tables=tables, full=True)
    assert certificate.exhaustive
    assert all(c.inputs == certificate.domain.size for c in certificate.comparisons)


def test_the_cases_cover_what_models_can_have() -> None:
    forms = [small_format(random.Random(index)) for index in range(len(CASES))]
    frames = {(form.begin is None, form.end is None) for form in forms}
    assert len(frames) == 4
    assert {form.vocabulary.unknown is None for form in forms} == {True, False}
    shapes = [settings_of(index) for index in range(len(CASES))]
    assert any(shape.word_classes for shape in shapes)
    assert any(shape.numerical_heads and shape.tables for shape in shapes)
    assert any(shape.set_predicates and shape.numerical_heads for shape in shapes)


def test_the_cases_cover_what_counts_are_read_by() -> None:
    """Heads by query and by key, and tables: where ids and numbers are told apart."""
    read: set[str] = set()
    for index in range(len(CASES)):
        form = small_format(random.Random(index))
        generator = torch.Generator().manual_seed(index)
        relaxed = RelaxedModel(settings_of(index), form, LABELS, 1, generator)
        for statement in relaxed.harden(0, 100).statements:
            match statement:
                case Head():
                    roles = {"query": statement.query, "key": statement.key}
                case _:
                    roles = {"table": " ".join(statement.inputs)}
            read |= {role for role, name in roles.items() if "num_attn" in name}
    assert read == {"query", "key", "table"}
