"""Learning a sum of evidence: which n-grams say how much about a sequence.

n-grams -> settings, by held-out folds -> weights -> fewer n-grams, weighed again
-> sizes compared on held-out data -> whole weights -> program
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from transformer_programs.data import NO_LABEL, Dataset, Examples
from transformer_programs.learn.linear import fitting
from transformer_programs.learn.linear.families import (
    Family,
    has_words,
    of_sequences,
    of_tokens,
)
from transformer_programs.learn.linear.fitting import LabelledCounts, Penalty
from transformer_programs.learn.linear.grams import Corpus, Grams, Ids
from transformer_programs.learn.linear.rounds import learn_rounds
from transformer_programs.learn.linear.writing import SumOfGrams, cells_of, program_of
from transformer_programs.program import Program
from transformer_programs.settings import EvidenceSettings, Size
from transformer_programs.system import Floats, Work

SIZES = (10, 30, 100, 300, 1_000, 3_000, 10_000)
"""Numbers of n-grams that are tried, besides all."""

LARGEST = 99
"""The largest whole weight."""

MOST_CELLS = 1 << 20
"""Cells of the largest table that joins n-grams."""

_REPEATED = 2
"""How often an n-gram has to occur."""

NEARLY = 0.001
"""Accuracy that is given for a shorter program in any case: it is noise."""

LITTLE = 0.005
"""Accuracy that is given for a program that is much shorter, unasked."""


@dataclass(frozen=True, slots=True)
class SizedEvidence:
    """How right sums of so many n-grams are on so many held-out labels."""

    grams: int
    accuracy: float
    held_out: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """The result of the learner.

    Attributes:
        program: The program of the size that was chosen.
        grams: How many n-grams it weighs.
        known: How many there are in the training data.
        front: What other sizes reach.
        penalty: How weights were fitted; None of rounds.
    """

    program: Program
    grams: int
    known: int
    front: tuple[SizedEvidence, ...]
    penalty: Penalty | None = None


Tell = Callable[[str], None]
"""Told what begins, in words."""


def weigh(
    dataset: Dataset,
    settings: EvidenceSettings,
    tell: Tell,
    work: Work,
    *,
    causal: bool = False,
    vectors: Floats | None = None,
) -> Weighed:
    """Learn a sum of evidence; tags of words in rounds.

    Args:
        dataset: What is learned from.
        settings: How many n-grams, and how long.
        tell: Told what begins, in words.
        work: Account of what is computed.
        causal: Whether labels of tokens depend on no later ones.
        vectors: (vocabulary, features) word vectors, of use for tags of words.
    """
    tell("counting n-grams")
    form = dataset.input
    if dataset.tagging and has_words(form) and settings.longest is None:
        return _in_rounds(dataset, settings, tell, work, causal, vectors)
    corpora = [
        Corpus.of(form, e.sequences) for e in (dataset.train, dataset.validation)
    ]
    best: _Fit | None = None
    for family in _families(dataset, settings, causal=causal):
        grams = Grams.of(corpora[0], form, family.kinds, _REPEATED, family.most_once)
        train, validation = (
            _labelled(dataset, part, corpus, grams)
            for part, corpus in zip(
                (dataset.train, dataset.validation), corpora, strict=True
            )
        )
        tell(f"weighing {len(grams):,} n-grams")
        penalty, loss = fitting.choose(train, work)
        if best is None or loss < best.loss:
            best = _Fit(grams, train, validation, penalty, loss)
    assert best is not None
    grams, train, penalty = best.grams, best.train, best.penalty
    tell("comparing sums of fewer n-grams")
    path = _path(train, penalty, work)
    front = _front(train, best.validation, path, penalty, work)
    words = has_words(form)
    count = _chosen(front, settings.size, len(best.validation), words=words)
    kept, weights = _affordable(grams, *path[count])
    evidence = _evidence(grams, kept, weights)
    program = program_of(dataset, evidence)
    return Weighed(program, len(evidence.grams), len(grams), front, penalty)


def _in_rounds(
    dataset: Dataset,
    settings: EvidenceSettings,
    tell: Tell,
    work: Work,
    causal: bool,
    vectors: Floats | None,
) -> Weighed:
    found = learn_rounds(
        dataset, settings.size, tell, work, no_later=causal, vectors=vectors
    )
    labels = sum(map(len, dataset.validation.sequences))
    front = tuple(SizedEvidence(x.grams, x.score, labels) for x in found.front)
    return Weighed(found.program, found.chosen.grams, found.known, front)


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a family of features does."""

    grams: Grams
    train: LabelledCounts
    validation: LabelledCounts
    penalty: Penalty
    loss: float  # on held-out folds


def _families(
    dataset: Dataset, settings: EvidenceSettings, *, causal: bool
) -> Iterator[Family]:
    if dataset.tagging:
        yield of_tokens(dataset.input, settings.longest, causal=causal)
    else:
        yield from of_sequences(dataset.input, settings.longest)


def _labelled(
    dataset: Dataset, examples: Examples, corpus: Corpus, grams: Grams
) -> LabelledCounts:
    # A row for every label; the last feature is there in every one.
    counts = grams.matrix(corpus, by_token=dataset.tagging)
    ids: dict[str | None, int] = {label: i for i, label in enumerate(dataset.labels)}
    unknown = len(ids)
    ids[None] = NO_LABEL
    if dataset.tagging:
        # The frame has no labels.
        begin, end = (
            [None] * (t is not None) for t in (dataset.input.begin, dataset.input.end)
        )
        rows = ([*begin, *target, *end] for target in examples.targets)
        found = [ids.get(label, unknown) for row in rows for label in row]
    else:
        found = [ids.get(str(target), unknown) for target in examples.targets]
    labels = np.array(found, np.int64)
    groups = corpus.rows if dataset.tagging else np.arange(len(labels))
    there = np.flatnonzero(labels != NO_LABEL)
    always = csr_array(np.ones((len(there), 1)))
    both = hstack([counts[there], always], format="csr")
    count = len(dataset.labels)
    labels, groups = labels[there], groups[there]
    given: Floats | None = None
    if examples.weights:
        given = np.array(examples.weights)[groups]
    if dataset.label_weights:
        of_labels = np.array((*dataset.label_weights, 1.0))[labels]
        given = of_labels if given is None else given * of_labels
    return LabelledCounts(csr_array(both), labels, count, groups, given)


Path = dict[int, tuple[Ids, Floats]]
"""By their number, the n-grams that are kept, and the weights of these."""


def _path(train: LabelledCounts, penalty: Penalty, work: Work) -> Path:
    weights = fitting.fit(train, penalty, work)
    known = len(weights) - 1
    sizes = [known] if train.is_large else _sizes(known)
    return {size: _reduced(train, weights, penalty, size, work) for size in sizes}


def _front(
    train: LabelledCounts,
    validation: LabelledCounts,
    path: Path,
    penalty: Penalty,
    work: Work,
) -> tuple[SizedEvidence, ...]:
    # Of held-out folds and of the validation data together.
    right: dict[int, float] = {}
    total, rows = 0.0, 0
    parts = [] if train.is_large else [*fitting.folds(train)]
    folded = ((outside, _path(inside, penalty, work)) for inside, outside in parts)
    for outside, found in (*folded, (validation, path)):
        for size, (kept, weights) in found.items():
            scores = outside.counts[:, kept] @ weights
            hits = outside.weights[scores.argmax(axis=1) == outside.labels].sum()
            right[size] = right.get(size, 0.0) + float(hits)
        total += float(outside.weights.sum())
        rows += len(outside)
    return tuple(SizedEvidence(size, x / total, rows) for size, x in right.items())


def _sizes(known: int) -> Iterator[int]:
    yield from (size for size in SIZES if size < known)
    yield known


def _chosen(
    front: tuple[SizedEvidence, ...], size: Size | None, sequences: int, *, words: bool
) -> int:
    best = max(sized.accuracy for sized in front)
    error = float(np.sqrt(best * (1 - best) / max(sequences, 1)))
    least = {"short": best - error, "accurate": best - NEARLY}
    smallest = {
        name: min((s for s in front if s.accuracy >= bound), key=lambda s: s.grams)
        for name, bound in least.items()
    }
    if size is None:
        little = best - smallest["short"].accuracy < LITTLE
        size = "short" if little and not words else "accurate"
    return smallest[size].grams


def _reduced(
    train: LabelledCounts, weights: Floats, penalty: Penalty, size: int, work: Work
) -> tuple[Ids, Floats]:
    # The n-grams that tell most, weighed again without the others.
    known = len(weights) - 1
    if size >= known:
        return np.arange(known + 1), weights
    there = np.bincount(train.counts.indices, minlength=known + 1)
    tells = np.ptp(weights, axis=1) * np.sqrt(there)
    tells[-1] = np.inf
    kept = np.sort(np.argsort(-tells, kind="stable")[: size + 1])
    return kept, fitting.fit(train.columns(kept), penalty, work)


def _affordable(grams: Grams, kept: Ids, weights: Floats) -> tuple[Ids, Floats]:
    # Without the longer n-grams that tell least, as long as tables are too large.
    while True:
        named = [grams.named[index] for index in kept[:-1]]
        if cells_of(named) <= MOST_CELLS:
            return kept, weights
        longer = np.array([len(gram.tokens) > 1 for gram in named] + [False])
        spread = np.where(longer, np.ptp(weights, axis=1), np.inf)
        stay = np.argsort(-spread, kind="stable")
        some = np.sort(stay[: len(kept) - max(1, int(longer.sum()) // 10)])
        kept, weights = kept[some], weights[some]


def _evidence(grams: Grams, kept: Ids, weights: Floats) -> SumOfGrams:
    # Whole numbers, the least of each row 0; rows that say nothing are left out.
    raised = weights - weights.min(axis=1, keepdims=True)
    whole = np.rint(raised * (LARGEST / max(raised.max(), 1e-12))).astype(np.int64)
    says = whole[:-1].any(axis=1)
    named = tuple(grams.named[index] for index in kept[:-1][says])
    once = grams.once[kept[:-1]][says]
    return SumOfGrams(named, whole[:-1][says], whole[-1], once)
