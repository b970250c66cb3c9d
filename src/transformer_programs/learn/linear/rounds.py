"""Tags learned as sums of evidence, in rounds.

The first round decides on tags by what is seen of the words around; the next one sees
also what was decided around. It learns from decisions on sequences that were held out
from the round before, so that it meets errors as they will be.

views -> strength of the penalty -> round by round: decisions on held-out folds, weights
-> fewer features, weighed again, in whole numbers -> sizes compared -> program
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, diags_array

from transformer_programs.data import NO_LABEL, Dataset, Examples, Scorer
from transformer_programs.language import TOKENS, Program, input_domains
from transformer_programs.learn.linear import tags
from transformer_programs.learn.linear.grams import Corpus, Ids
from transformer_programs.learn.linear.places import (
    KIND,
    Pattern,
    Seen,
    causal,
    of_decisions,
    of_words,
)
from transformer_programs.learn.linear.tags import Round, WeighedView
from transformer_programs.learn.linear.word_classes import WordClasses, word_classes
from transformer_programs.settings import Size
from transformer_programs.system import Floats, Work, descend, log_losses

SIZES = (1_000, 3_000, 10_000, 30_000)
"""Numbers of features of each round that are tried, besides all."""

LARGEST = 999
"""The largest whole weight."""

MOST_CELLS = 1 << 20
"""Cells of the largest table that joins values."""

NEARLY = 0.001
"""Score that is given for a shorter program in any case: it is noise."""

MOST_ROUNDS = 3
GAIN = 0.002
"""How much better a round has to be than the one before, by the validation score."""

STRENGTHS = (0.01, 0.03, 0.1, 0.3)
"""Of the data against the penalty."""

SHIFTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
"""What is taken off the score of the most frequent label."""

_REPEATED = 2
_BLOCK = 10
"""Neighbouring sequences, which may be of one text, are held out together."""

_MANY = 50_000
"""Labels from which on there are three folds, not five."""

_STEPS, _AGAIN = 30, 12
"""Steps of descent: from the start, and from weights of more features."""


@dataclass(frozen=True, slots=True)
class SizedRounds:
    """Rounds of a size, and how good they are on validation data."""

    rounds: tuple[Round, ...]
    grams: int
    score: float


@dataclass(frozen=True, slots=True)
class InRounds:
    """The result of learning in rounds.

    Attributes:
        program: The program of the size that was chosen.
        chosen: Its rounds.
        front: What all sizes reach, the smallest first.
        known: How many features there are.
    """

    program: Program
    chosen: SizedRounds
    front: tuple[SizedRounds, ...]
    known: int


@dataclass(frozen=True, eq=False)
class _Labels:
    """The tokens of a part of the data, and their labels.

    Attributes:
        corpus: Its sequences.
        tokens: (tokens,) the numbers of all but those of the frame.
        ids: (tokens,) of their labels, 0 where there is none.
        scorer: Scores predictions.
        given: (tokens,) how much each counts, nothing without a label.
    """

    corpus: Corpus
    tokens: Ids
    ids: Ids
    scorer: Scorer
    given: Floats

    @classmethod
    def of(cls, dataset: Dataset, examples: Examples) -> _Labels:
        """Return those of some examples."""
        corpus = Corpus.of(dataset.input, examples.sequences)
        scorer = Scorer.of(dataset, examples)
        every = scorer.data.targets[corpus.rows, corpus.before]
        form = dataset.input
        bare = corpus.before >= form.offset
        bare &= corpus.after >= int(form.end is not None)
        tokens = np.flatnonzero(bare)
        labelled = every[tokens] != NO_LABEL
        ids = np.where(labelled, every[tokens], 0).astype(np.int64)
        given = labelled.astype(np.float64)
        if examples.weights:
            given *= np.array(examples.weights)[corpus.rows[tokens]]
        if dataset.label_weights:
            given *= np.array((*dataset.label_weights, 1.0))[ids]
        return cls(corpus, tokens, ids, scorer, given)

    def score(self, predicted: Ids) -> float:
        """Return the score of predicted labels."""
        every = np.zeros_like(self.scorer.data.targets)
        corpus = self.corpus
        every[corpus.rows[self.tokens], corpus.before[self.tokens]] = predicted
        return self.scorer.quality(every).score

    def plus(self, name: str, ids: Ids) -> _Labels:
        """Return the same with one more variable, of every token."""
        corpus = replace(self.corpus, variables={**self.corpus.variables, name: ids})
        return replace(self, corpus=corpus)

    def decided(self, name: str, ids: Ids, edge: int) -> _Labels:
        """Return the same with a decision on every labelled token."""
        every = np.full(len(self.corpus), edge)
        every[self.tokens] = ids
        return self.plus(name, every)


@dataclass(frozen=True, slots=True)
class _Learned:
    """A round before it is cut: features, weights, and those of training data."""

    seen: Seen
    matrix: csr_array
    weights: Floats


def learn_rounds(
    dataset: Dataset,
    size: Size | None,
    tell: Callable[[str], None],
    work: Work,
    *,
    no_later: bool = False,
    vectors: Floats | None = None,
) -> InRounds:
    """Learn tags of words in rounds.

    Args:
        dataset: What is learned from.
        size: Which program is taken; the accurate one if it is not said.
        tell: Told what begins, in words.
        work: Account of what is computed.
        no_later: Whether labels depend on no later tokens.
        vectors: (vocabulary, features) word vectors; those of other words are not
            finite.
    """
    learner = _Learner(dataset, tell, work, vectors, no_later)
    front = learner.learn()
    best = max(sized.score for sized in front)
    given = NEARLY
    if size == "short":
        given = float(np.sqrt(best * (1 - best) / max(len(dataset.validation), 1)))
    chosen = next(sized for sized in front if sized.score >= best - given)
    program = tags.program_of(dataset, chosen.rounds, learner.classes)
    return InRounds(program, chosen, tuple(front), learner.known)


class _Learner:
    """What rounds have in common."""

    def __init__(
        self,
        dataset: Dataset,
        tell: Callable[[str], None],
        work: Work,
        vectors: Floats | None,
        no_later: bool,
    ) -> None:
        self._dataset, self._tell, self._work = dataset, tell, work
        self._no_later = no_later
        self._count = len(dataset.labels)
        parts = (dataset.train, dataset.validation)
        self._train, self._validation = (_Labels.of(dataset, part) for part in parts)
        self._domains = input_domains(dataset.input)
        self.classes: dict[str, WordClasses] = {}
        if vectors is not None:
            tell("grouping words by their vectors")
            words = dataset.input.vocabulary.tokens
            self.classes = word_classes(vectors, words, work)
        self._add_tables()
        train = self._train
        frequent = np.bincount(train.ids, train.given, minlength=self._count)
        self._frequent = int(frequent.argmax())
        self._folds = 3 if len(self._train.ids) > _MANY else 5
        rows = self._train.corpus.rows[self._train.tokens]
        blocks = rows // _BLOCK if rows.max(initial=0) > 20 * _BLOCK else rows
        self._fold = blocks % self._folds
        self._strength = STRENGTHS[1]
        self.known = 0

    def _add_tables(self) -> None:
        tables = {name: found.ids for name, found in self.classes.items()}
        sources = dict.fromkeys(tables, TOKENS)
        for name, found in self.classes.items():
            self._domains[name] = found.domain
        if (kinds := tags.kinds(self._dataset.input)) is not None:
            sources[KIND], tables[KIND], self._domains[KIND] = kinds
        for name, ids in tables.items():
            self._train, self._validation = (
                part.plus(name, ids[part.corpus.variables[sources[name]]])
                for part in (self._train, self._validation)
            )

    def learn(self) -> list[SizedRounds]:
        """Return rounds of several sizes, the smallest first."""
        form = self._dataset.input
        base = of_words(form, [*self.classes])
        if self._no_later:
            base = causal(base)
        edge = self._count if form.frame else 0
        rounds: list[_Learned] = []
        best = -1.0
        views, shifts = base, list[float]()
        for number in range(1, MOST_ROUNDS + 1):
            self._tell(f"weighing what decides, round {number}")
            seen = Seen.of(
                self._train.corpus, self._domains, views, self._train.tokens, _REPEATED
            )
            seen, matrix = self._affordable(seen, first=number == 1)
            held_out = self._held_out(matrix)  # (labels, labels)
            shift = self._best_shift(held_out)
            weights = self._fit(matrix, self._train, _STEPS)
            weights[-1, self._frequent] -= shift
            given = seen.matrix(self._validation.corpus, self._validation.tokens)
            decided = (given @ weights).argmax(axis=1)
            score = self._validation.score(decided)
            if score < best + GAIN:
                break
            best = score
            rounds.append(_Learned(seen, matrix, weights))
            shifts.append(shift)
            name = tags.decision(number)
            self._domains[name] = tags.decided(self._dataset)
            self._validation = self._validation.decided(name, decided, edge)
            held_out[:, self._frequent] -= shift
            self._train = self._train.decided(name, held_out.argmax(axis=1), edge)
            more = of_decisions(name, self._domains)
            views = [*base, *(causal(more) if self._no_later else more)]
        self.known = sum(len(one.seen) for one in rounds)
        self._tell("comparing sums of fewer features")
        largest = max(len(one.seen) for one in rounds)
        sizes = [size for size in SIZES if size < largest]
        return [self._sized(rounds, shifts, size) for size in (*sizes, largest)]

    def _affordable(self, seen: Seen, *, first: bool) -> tuple[Seen, csr_array]:
        # Without the states that tell least where tables would be too large.
        train = self._train
        matrix = seen.matrix(train.corpus, train.tokens)
        there = np.bincount(matrix.indices, minlength=matrix.shape[1])
        tells = np.sqrt(there)
        if first:
            tells *= np.ptp(self._choose_strength(matrix), axis=1)
        left = affordable(seen, tells[:-1])
        if left is seen:
            return seen, matrix
        stay = [
            start + np.flatnonzero(np.isin(ids, left.chosen[one]))
            for start, (one, ids) in zip(seen.starts, seen.chosen.items(), strict=False)
        ]
        columns = np.append(np.concatenate(stay), len(seen))
        return left, csr_array(matrix[:, columns])

    def _choose_strength(self, matrix: csr_array) -> Floats:
        # The weights of one fold's rest, with the strength that suits the fold best.
        outside = np.flatnonzero(self._fold == 0)
        inside = np.flatnonzero(self._fold != 0)
        train, best = self._train, np.inf
        found = np.zeros((matrix.shape[1], self._count))
        for strength in STRENGTHS:
            self._strength, last = strength, self._strength
            weights = self._fit(matrix[inside], train, _STEPS, inside)
            scores = matrix[outside] @ weights
            losses = log_losses(scores, train.ids[outside])
            loss = float((train.given[outside] * losses).sum())
            if loss >= best:
                self._strength = last
                break
            best, found = loss, weights
        return found

    def _held_out(self, matrix: csr_array) -> Floats:
        # The scores of every label, by weights that were learned without it.
        found = np.zeros((len(self._train.ids), self._count))
        for fold in range(self._folds):
            outside = np.flatnonzero(self._fold == fold)
            inside = np.flatnonzero(self._fold != fold)
            weights = self._fit(matrix[inside], self._train, _STEPS, inside)
            found[outside] = matrix[outside] @ weights
        return found

    def _best_shift(self, scores: Floats) -> float:
        # Entities are found more often if the label of most tokens is given less often.
        reached = {}
        for shift in SHIFTS:
            shifted = scores.copy()
            shifted[:, self._frequent] -= shift
            reached[shift] = self._train.score(shifted.argmax(axis=1))
        return max(reached, key=lambda shift: (reached[shift], -shift))

    def _fit(
        self,
        matrix: csr_array,
        labels: _Labels,
        steps: int,
        chosen: Ids | None = None,
        start: Floats | None = None,
    ) -> Floats:
        ids, given = labels.ids, labels.given
        if chosen is not None:
            ids, given = ids[chosen], given[chosen]
        return fit(
            matrix, ids, given, self._count, self._strength, steps, self._work, start
        )

    def _sized(
        self, learned: Sequence[_Learned], shifts: Sequence[float], size: int
    ) -> SizedRounds:
        # Every round with the features that tell most, weighed again, in whole numbers.
        edge = self._count if self._dataset.input.frame else 0
        validation = self._validation  # whose decisions are made anew
        rounds: list[Round] = []
        score = 0.0
        for number, (one, shift) in enumerate(zip(learned, shifts, strict=True), 1):
            weights, kept = one.weights, np.arange(len(one.seen))
            if size < len(one.seen):
                there = np.bincount(one.matrix.indices, minlength=len(weights))
                tells = np.ptp(weights, axis=1) * np.sqrt(there)
                ranked = np.argsort(-tells[:-1], kind="stable")
                kept = np.sort(ranked[:size])
                columns = np.append(kept, len(one.seen))
                start = weights[columns]
                start[-1, self._frequent] += shift
                some = csr_array(one.matrix[:, columns])
                weights = self._fit(some, self._train, _AGAIN, start=start)
                weights[-1, self._frequent] -= shift
            whole = in_whole_numbers(weights)
            every = np.zeros((len(one.seen) + 1, self._count), dtype=np.int64)
            every[np.append(kept, len(one.seen))] = whole
            rounds.append(_round(one.seen, every))
            given = one.seen.matrix(validation.corpus, validation.tokens)
            decided = (given @ every).argmax(axis=1)
            score = validation.score(decided)
            validation = validation.decided(tags.decision(number), decided, edge)
        return SizedRounds(tuple(rounds), sum(one.size for one in rounds), score)


def affordable(seen: Seen, tells: Floats) -> Seen:
    """Return features without those that tell least where tables would be too large.

    Args:
        seen: Features.
        tells: (features,) how much each tells.
    """
    told: dict[Pattern, dict[int, float]] = {}
    for start, (one, ids) in zip(seen.starts, seen.chosen.items(), strict=False):
        if len(one.pattern.parts) > 1:
            known = told.setdefault(one.pattern, {})
            of_view = tells[start : start + len(ids)].tolist()
            for state, tell in zip(ids.tolist(), of_view, strict=True):
                known[state] = max(known.get(state, 0.0), tell)
    kept: dict[Pattern, Ids] = {}
    for pattern, known in told.items():
        ranked = sorted(known, key=lambda state: (-known[state], state))
        states = [seen.values(pattern, state) for state in ranked]
        count = len(states)
        while tags.cells(pattern, states[:count], seen.sizes) > MOST_CELLS:
            count = count * 9 // 10
        if count < len(states):
            kept[pattern] = np.array(ranked[:count], np.int64)
    if not kept:
        return seen
    chosen = {
        one: ids[np.isin(ids, kept[one.pattern])] if one.pattern in kept else ids
        for one, ids in seen.chosen.items()
    }
    return replace(seen, chosen=chosen)


def _round(seen: Seen, whole: Ids) -> Round:
    starts, views = seen.starts, []
    for number, (one, states) in enumerate(seen.chosen.items()):
        rows = whole[starts[number] : starts[number + 1]]
        says = rows.any(axis=1)
        if says.any():
            named = tuple(seen.values(one.pattern, s) for s in states[says].tolist())
            views.append(WeighedView(one, named, rows[says]))
    return Round(tuple(views), whole[-1])


def in_whole_numbers(weights: Floats) -> Ids:
    """Return weights as whole numbers, the least of each row 0."""
    raised = weights - weights.min(axis=1, keepdims=True)
    factor = LARGEST / max(float(raised.max(initial=0.0)), 1e-12)
    whole: Ids = np.rint(raised * factor).astype(np.int64)
    return whole


def fit(
    matrix: csr_array,
    labels: Ids,
    given: Floats,
    count: int,
    strength: float,
    steps: int,
    work: Work,
    start: Floats | None = None,
) -> Floats:
    """Return (features, labels) weights of a logistic regression with a ridge penalty.

    Rare features are penalised less, by their rarity. Descent is fast as every feature
    is scaled by its curvature, which grows with how often it occurs.
    """
    there = np.bincount(matrix.indices, minlength=matrix.shape[1])
    rarity = np.log((1 + len(labels)) / (1 + there)) + 1
    curvature = 1 + 0.05 * strength * there * rarity**2
    scale = rarity / np.sqrt(curvature)  # (features,)
    scaled = (matrix @ diags_array(scale)).tocsr()
    across = scaled.T.tocsr()
    rows = np.arange(len(labels))

    def loss(point: Floats) -> tuple[float, Floats]:
        work.spend(4 * scaled.nnz * count + 4 * point.size)
        scores = scaled @ point  # (tokens, labels)
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        total = odds.sum(axis=1)
        losses = given * (np.log(total) - scores[rows, labels])
        penalised = point / curvature[:, None]
        value = strength * float(losses.sum()) + float(np.vdot(point, penalised)) / 2
        odds *= (given / total)[:, None]
        odds[rows, labels] -= given
        gradient: Floats = strength * (across @ odds) + penalised
        return value, gradient

    point = np.zeros((matrix.shape[1], count))
    if start is not None:
        point = start / scale[:, None]
    point = descend(loss, point, lambda value, gradient: False, steps)
    weights: Floats = scale[:, None] * point
    return weights
