"""What a training begins with: random models, or a program."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from transformer_programs.data import NO_LABEL, Dataset
from transformer_programs.errors import SettingsError
from transformer_programs.language import Program
from transformer_programs.nn import RelaxedModel, RelaxedProgram, Trainable
from transformer_programs.settings import ModelSettings


def starting_models(
    dataset: Dataset,
    model: ModelSettings,
    restarts: int,
    generator: Generator,
    vectors: NDArray[np.float32] | None = None,
    start: Program | None = None,
) -> Trainable:
    """Return the models that a training begins with.

    All of them start at the program `start`, if there is one; else they are random ones
    of the shape `model`, whose word classes start from word vectors, if any.

    Raises:
        SettingsError: If settings, start and data do not fit each other.
    """
    if start is None:
        features = None if vectors is None else torch.from_numpy(vectors)
        form, labels = dataset.input, dataset.labels
        evidence = label_evidence(dataset) if model.fixed_classes else None
        return RelaxedModel(
            model, form, labels, restarts, generator, features, evidence
        )
    if vectors is not None:
        raise SettingsError(
            "training starts either at a program or from word vectors, got both; "
            "leave one out"
        )
    return RelaxedProgram(start, restarts, generator)


def label_evidence(dataset: Dataset) -> Tensor:
    """Return how much every word speaks for every label, (vocabulary, labels).

    These are log odds as in naive Bayes: of the tags of the word itself, else of the
    labels of the sequences that it occurs in. One is added to every count; a word that
    does not occur says nothing.
    """
    data = dataset.encode(dataset.train)
    words = dataset.input.word_ids(data.ids)
    counts = np.zeros((len(dataset.input.vocabulary), len(dataset.labels)))
    if dataset.tagging:
        labelled = data.targets != NO_LABEL
        np.add.at(counts, (words[labelled], data.targets[labelled]), 1)
    else:
        for row, length, target in zip(words, data.lengths, data.targets, strict=True):
            counts[np.unique(row[:length]), target] += 1
    shares = np.log((counts + 1) / (counts + 1).sum(axis=0))
    odds = shares - shares.mean(axis=1, keepdims=True)
    odds[counts.sum(axis=1) == 0] = 0
    return torch.from_numpy(odds).float()


def as_read_by(program: Program, dataset: Dataset) -> Dataset:
    """Return the data set with tokens and labels in the order of a program.

    Raises:
        SettingsError: If the program is not one for such data; says all that differs.
    """
    different = [*_differences(program, dataset)]
    if different:
        raise SettingsError(
            f"training cannot start at the program {program.name!r}, it does not fit "
            f"the data {dataset.name!r}: {'; '.join(different)}"
        )
    labels = program.readout.labels
    return dataclasses.replace(dataset, input=program.input, labels=labels)


def _differences(program: Program, dataset: Dataset) -> Iterator[str]:
    ours, theirs = program.input, dataset.input
    if program.tagging != dataset.tagging:
        kinds = {True: "per token", False: "per sequence"}
        yield (
            f"the program gives labels {kinds[program.tagging]}, "
            f"the data have them {kinds[dataset.tagging]}"
        )
    yield from _unlike("token", ours.vocabulary.tokens, theirs.vocabulary.tokens)
    yield from _unlike("label", program.readout.labels, dataset.labels)
    named = {
        "unknown token": (ours.vocabulary.unknown, theirs.vocabulary.unknown),
        "begin token": (ours.begin, theirs.begin),
        "end token": (ours.end, theirs.end),
        "folding": (ours.folding, theirs.folding),
    }
    for role, (mine, other) in named.items():
        if mine != other:
            yield f"the program's {role} is {mine!r}, the data's {other!r}"
    if ours.surfaces != theirs.surfaces:
        names = [[s.name for s in form.surfaces] for form in (ours, theirs)]
        yield (
            f"the program's surfaces are {names[0]}, the data's {names[1]}, "
            "or they have other values"
        )
    if ours.max_length < theirs.max_length:
        yield (
            f"the program reads at most {ours.max_length} framed tokens, "
            f"the data have up to {theirs.max_length}"
        )


def _unlike(what: str, mine: Collection[str], others: Collection[str]) -> Iterator[str]:
    # A sentence for each of two sets that has what the other lacks.
    for whose, its, other in (("program", mine, others), ("data", others, mine)):
        if extra := [value for value in its if value not in other]:
            shown = ", ".join(map(repr, extra[:5])) + (", ..." if extra[5:] else "")
            yield f"{what} of the {whose} alone: {shown}"
