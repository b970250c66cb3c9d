"""Random valid programs, relaxed models and inputs, from a seed."""

from __future__ import annotations

import dataclasses
import random

import torch

from statements import counting, embedding
from transformer_programs.language.nodes import (
    Head,
    Pooling,
    Predicate,
    Program,
    Readout,
    Scope,
    Statement,
    Table,
    Term,
    output_domain,
)
from transformer_programs.language.surface import Surface, SurfaceKind
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.nn.relaxed import RelaxedModel
from transformer_programs.nn.sampling import Heat
from transformer_programs.nn.trainable import Trainable
from transformer_programs.settings import ModelSettings

LABELS = ("x", "y", "z")


def heats(model: Trainable, tau: float) -> list[Heat]:
    """Every layer of a model equally hot."""
    return [Heat(tau)] * model.depth


def random_format(rng: random.Random) -> InputFormat:
    tokens = tuple("abcdefghij"[: rng.randint(1, 10)])
    return InputFormat(Vocabulary(tokens), rng.randint(1, 8))


def with_surfaces(form: InputFormat, rng: random.Random) -> InputFormat:
    """The format with up to two surfaces; programs need not be able to compute them."""
    surfaces = tuple(
        Surface(name, SurfaceKind.SUFFIX, ("a", "b", "other")[: rng.randint(2, 3)], 1)
        for name in ("suffix", "last")[: rng.randint(0, 2)]
    )
    return dataclasses.replace(form, surfaces=surfaces)


def random_settings(rng: random.Random) -> ModelSettings:
    classes = rng.choice([0, 0, 1, 3])
    return ModelSettings(
        layers=rng.randint(1, 3),
        categorical_heads=rng.randint(0, 3),
        numerical_heads=rng.randint(0, 3),
        set_predicates=rng.random() < 0.5,
        tables=rng.randint(0, 3),
        cardinality=rng.choice([None, 2, 5, 12]),
        word_classes=classes,
        window=rng.choice([0, 0, 1, 2]),
        pairs=rng.randint(0, 4) if classes else 0,
        scope=rng.choice(list(Scope)),
        pooling=rng.choice(list(Pooling)),
    )


def random_relaxed(seed: int, restarts: int = 2) -> RelaxedModel:
    rng = random.Random(seed)
    labels = LABELS[: rng.randint(1, 3)]
    generator = torch.Generator().manual_seed(seed)
    form = with_surfaces(random_format(rng), rng)
    model = RelaxedModel(random_settings(rng), form, labels, restarts, generator)
    for parameter in model.neighbours.parameters():  # they start at 0
        torch.nn.init.uniform_(parameter, -1, 1, generator=generator)
    return model


def random_program(seed: int) -> Program:
    """Any scope per head, set-valued predicates, variables of different sizes."""
    rng = random.Random(seed)
    form = random_format(rng)
    domains = {
        "tokens": Domain.of_tokens(form.vocabulary.tokens),
        "positions": Domain.of_positions(form.max_length),
        "ones": Domain.of_numbers(1),
    }
    statements = []
    for index in range(rng.randint(1, 8)):
        statement = _random_statement(rng, f"v{index}", domains)
        statements.append(statement)
        domains[statement.output] = output_domain(statement, domains, form.max_length)
    labels = LABELS[: rng.randint(1, 3)]
    names = rng.sample(list(domains), rng.randint(1, len(domains)))
    terms = tuple(_random_term(rng, name, domains[name], len(labels)) for name in names)
    readout = Readout(labels, terms, rng.choice(list(Pooling)))
    return Program("random", form, tuple(statements), readout)


def _random_statement(
    rng: random.Random, output: str, domains: dict[str, Domain]
) -> Statement:
    small = [name for name, domain in domains.items() if domain.size <= 100]
    numbers = [name for name in small if domains[name].numerical]
    kind = rng.choice(["embed", "attend", "count", "lookup"])
    new = Domain.of_classes(rng.randint(1, 5))
    if rng.random() < 0.3:
        new = Domain.of_numbers(rng.randint(0, 3))
    if kind == "embed":
        table = tuple(rng.randrange(new.size) for _ in range(domains["tokens"].size))
        return embedding(output, table, new)
    query, key = rng.choice(small), rng.choice(small)
    if kind == "lookup":
        inputs = (query, key)[: rng.randint(1, 2)]
        size = domains[query].size * (domains[key].size if len(inputs) == 2 else 1)
        table = tuple(rng.randrange(new.size) for _ in range(size))
        return Table(output, inputs, table, new)
    predicate = _random_predicate(rng, domains[query].size, domains[key].size)
    scope = rng.choice(list(Scope))
    if kind == "attend":
        return Head(output, query, key, rng.choice(small), predicate, scope)
    return counting(output, query, key, rng.choice(numbers), predicate, scope)


def _random_predicate(rng: random.Random, queries: int, keys: int) -> Predicate:
    density = rng.random()
    return tuple(
        tuple(key for key in range(keys) if rng.random() < density)
        for _ in range(queries)
    )


def _random_term(rng: random.Random, name: str, domain: Domain, labels: int) -> Term:
    rows = 1 if domain.numerical else domain.size
    # Small weights, so that ties happen.
    weights = tuple(
        tuple(rng.randint(-2, 2) for _ in range(labels)) for _ in range(rows)
    )
    return Term(name, weights)


def random_batch(
    form: InputFormat, seed: int, size: int = 40
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and lengths, among them one token and full length."""
    generator = torch.Generator().manual_seed(seed)
    shape = (size, form.max_length)
    ids = torch.randint(form.code_count, shape, generator=generator)
    lengths = torch.randint(1, form.max_length + 1, (size,), generator=generator)
    lengths[0], lengths[1] = 1, form.max_length
    return ids, lengths


def real_positions(ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Where there is a token, not padding."""
    return torch.arange(ids.shape[1]) < lengths[:, None]
