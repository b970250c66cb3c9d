"""Learning a sum of evidence: which n-grams say how much about a sequence.

n-grams -> settings, by held-out folds -> weights -> fewer n-grams, weighed again
-> sizes compared on held-out data -> whole weights -> program
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from transformer_programs.data import NO_LABEL, Dataset, Examples, Measure
from transformer_programs.language import Program
from transformer_programs.learn.linear import fitting
from transformer_programs.learn.linear.counts import Counted, count
from transformer_programs.learn.linear.families import (
    Family,
    has_words,
    of_sequences,
    of_tokens,
)
from transformer_programs.learn.linear.fitting import LabelledCounts, Penalty
from transformer_programs.learn.linear.grams import Corpus, Grams, Ids
from transformer_programs.learn.linear.levels import Levels
from transformer_programs.learn.linear.rounds import learn_rounds
from transformer_programs.learn.linear.writing import SumOfGrams, program_of
from transformer_programs.settings import EvidenceSettings, Size
from transformer_programs.system import Floats, Work

SIZES = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000)
"""Numbers of n-grams that are tried, besides all."""

LARGEST = 99
"""The largest whole weight."""

MOST_WRITTEN = 4_000_000
"""The most weights of a program, n-grams times labels: its files stay readable."""

_REPEATED = 2
"""How often an n-gram has to occur."""

NEARLY = 0.001
"""Accuracy that is given for a shorter program in any case: it is noise."""

GRAMS, PARTS, FEATURES = "n-grams", "parts", "features"
"""What sums are made of."""

LITTLE = 0.005
"""Accuracy that is given for a program that is much shorter, unasked."""


@dataclass(frozen=True, slots=True)
class SizedEvidence:
    """How good sums of so many n-grams are on so many held-out labels."""

    grams: int
    score: float
    held_out: int
    unit: str = GRAMS
    measure: Measure = Measure.ACCURACY


@dataclass(frozen=True, slots=True)
class Weighed:
    """The result of the learner.

    Attributes:
        program: The program of the size that was chosen.
        grams: How many n-grams it weighs.
        known: How many there are in the training data.
        front: What other sizes reach.
        penalty: How weights were fitted; None of rounds.
        unit: What is weighed, if it is no n-grams.
    """

    program: Program
    grams: int
    known: int
    front: tuple[SizedEvidence, ...]
    penalty: Penalty | None
    unit: str = GRAMS


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
    counted: list[Counted] = []
    if settings.longest is None:  # else n-grams are asked for
        tell("weighing counts and places")
        counted = count(dataset, work)
    if min((c.loss for c in counted), default=np.inf) < best.loss < np.inf:
        return _of_counts(counted, settings, len(best.validation), best.penalty)
    grams, train, penalty = best.grams, best.train, best.penalty
    tell("comparing sums of fewer n-grams")
    path = _path(grams, train, penalty, work)
    front = _front(grams, train, best.validation, path, penalty, work)
    words = has_words(form)
    size = _chosen(front, settings.size, len(best.validation), words=words)
    evidence = _evidence(grams, *path[size])
    weighed = tuple(front.values())
    program = program_of(dataset, evidence)
    return Weighed(program, len(evidence.grams), len(grams), weighed, penalty)


def _of_counts(
    counted: Sequence[Counted],
    settings: EvidenceSettings,
    sequences: int,
    penalty: Penalty,
) -> Weighed:
    # Of families as accurate as the best one, that of the shortest program.
    found = []
    for family in counted:
        front = {
            x.parts: SizedEvidence(x.parts, x.accuracy, x.held_out, PARTS)
            for x in family.front
        }
        parts = _chosen(front, settings.size, sequences, words=False)
        program, sizes = family.program(parts), tuple(front.values())
        weighed = Weighed(program, parts, family.known, sizes, penalty, PARTS)
        found.append((front[parts].score, weighed))
    best = max(score for score, _ in found)
    near = [weighed for score, weighed in found if score >= best - NEARLY]
    return min(near, key=lambda weighed: len(weighed.program.statements))


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
    measure = Measure.suited(dataset.tags)
    front = tuple(
        SizedEvidence(x.grams, x.score, labels, FEATURES, measure) for x in found.front
    )
    chosen = found.chosen.grams
    return Weighed(found.program, chosen, found.known, front, None, FEATURES)


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
    number = len(dataset.labels)
    labels, groups = labels[there], groups[there]
    given: Floats | None = None
    if examples.weights:
        given = np.array(examples.weights)[groups]
    if dataset.label_weights:
        of_labels = np.array((*dataset.label_weights, 1.0))[labels]
        given = of_labels if given is None else given * of_labels
    return LabelledCounts(csr_array(both), labels, number, groups, given)


Path = dict[int, tuple[Ids, Floats]]
"""By the number of n-grams that may be kept: those that are, and whole weights."""


def _path(grams: Grams, train: LabelledCounts, penalty: Penalty, work: Work) -> Path:
    weights = fitting.fit(train, penalty, work)
    known = len(weights) - 1
    most = min(known, MOST_WRITTEN // train.label_count)
    sizes = [most] if train.is_large else _sizes(most)
    return {
        size: _reduced(grams, train, weights, penalty, size, work) for size in sizes
    }


def _front(
    grams: Grams,
    train: LabelledCounts,
    validation: LabelledCounts,
    path: Path,
    penalty: Penalty,
    work: Work,
) -> dict[int, SizedEvidence]:
    # Of held-out folds and of the validation data together.
    right: dict[int, float] = {}
    total, rows = 0.0, 0
    parts = [] if train.is_large else [*fitting.folds(train)]
    folded = (
        (outside, _path(grams, inside, penalty, work)) for inside, outside in parts
    )
    for outside, found in (*folded, (validation, path)):
        for size, (kept, weights) in found.items():
            scores = outside.counts[:, kept] @ weights
            hits = outside.weights[scores.argmax(axis=1) == outside.labels].sum()
            right[size] = right.get(size, 0.0) + float(hits)
        total += float(outside.weights.sum())
        rows += len(outside)
    return {
        size: SizedEvidence(len(path[size][0]) - 1, hits / total, rows)
        for size, hits in right.items()
    }


def _sizes(known: int) -> Iterator[int]:
    yield from (size for size in SIZES if size < known)
    yield known


def _chosen(
    front: dict[int, SizedEvidence], size: Size | None, sequences: int, *, words: bool
) -> int:
    best = max(sized.score for sized in front.values())
    error = float(np.sqrt(best * (1 - best) / max(sequences, 1)))
    least = {"short": best - error, "accurate": best - NEARLY}
    smallest = {
        name: min(size for size, s in front.items() if s.score >= bound)
        for name, bound in least.items()
    }
    if size is None:
        little = best - front[smallest["short"]].score < LITTLE
        size = "short" if little and not words else "accurate"
    return smallest[size]


def _reduced(
    grams: Grams,
    train: LabelledCounts,
    weights: Floats,
    penalty: Penalty,
    size: int,
    work: Work,
) -> tuple[Ids, Floats]:
    # The n-grams that tell most, weighed again without the others, in whole numbers.
    known = len(weights) - 1
    there = np.bincount(train.counts.indices, minlength=known + 1)
    tells = np.ptp(weights, axis=1) * np.sqrt(there)
    tells[-1] = np.inf
    kept = np.sort(np.argsort(-tells, kind="stable")[: size + 1])
    kept = _affordable(grams, kept, tells)
    if len(kept) <= known:
        weights = fitting.fit(train.columns(kept), penalty, work)
    return _whole(kept, weights)


def _whole(kept: Ids, weights: Floats) -> tuple[Ids, Floats]:
    # The least weight of each is 0; what then says nothing is left out.
    raised = weights - weights.min(axis=1, keepdims=True)
    whole = np.rint(raised * (LARGEST / max(raised.max(), 1e-12)))
    says = whole.any(axis=1)
    says[-1] = True
    return kept[says], whole[says]


def _affordable(grams: Grams, kept: Ids, tells: Floats) -> Ids:
    # Without the longer n-grams that tell least, as long as tables are too large.
    longest = max(kind.length for kind in grams.chosen)
    long = np.zeros(len(tells), dtype=np.bool_)
    for kind, columns in grams.columns.items():
        long[columns] = kind.length > 1
    while longest > 1:
        named = [grams.named[index] for index in kept[:-1]]
        if Levels(named, grams.once[kept[:-1]]).fits:
            break
        longer = long[kept]
        spread = np.where(longer, tells[kept], np.inf)
        stay = np.argsort(-spread, kind="stable")
        kept = np.sort(kept[stay[: len(kept) - max(1, int(longer.sum()) // 10)]])
    return kept


def _evidence(grams: Grams, kept: Ids, weights: Floats) -> SumOfGrams:
    named = tuple(grams.named[index] for index in kept[:-1])
    whole = weights.astype(np.int64)
    return SumOfGrams(named, whole[:-1], whole[-1], grams.once[kept[:-1]])
