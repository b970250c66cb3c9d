"""Search for a small program: layers of candidates, closed by a readout.

Programs are compared by minimum description length: of the program and its errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache, partial

import numpy as np

from transformer_programs.analysis import length_bound
from transformer_programs.data import NO_LABEL, Dataset
from transformer_programs.language import Batch, Interpreter, Program, Scope
from transformer_programs.search.automata.feeding import Feeder
from transformer_programs.search.automata.learning import LearnedMachine, learn_machines
from transformer_programs.search.candidate import (
    Attention,
    input_candidates,
    needed,
)
from transformer_programs.search.evidence import best_lead, fit_additive
from transformer_programs.search.layers import Layers
from transformer_programs.search.readouts import (
    Closure,
    Fitted,
    Inputs,
    fit,
    price_of,
    readout_inputs,
)
from transformer_programs.search.sample import Ids, Sample, sample_of
from transformer_programs.search.sums import Weights
from transformer_programs.search.weights import learn_weights
from transformer_programs.settings import SearchSettings
from transformer_programs.system import (
    Leader,
    OutOfTimeError,
    OutOfWorkError,
    Team,
    Work,
)

MOST_PAIRS, MOST_WIDE = 1 << 21, 1 << 24
"""The most pairs of positions of a sample, and of the sequences by which places are
measured."""

ROUNDABOUT = 6
"""Statements per layer beyond which an exact program is looked for in another layer."""

AS_MUCH_AGAIN, AT_LEAST = 1.5, 1_000.0
"""Work, in that until the first exact program and in units, after which nothing shorter
than a program of ``USUAL`` statements is looked for; after the first exact one."""

USUAL = 12.0
"""The description length, in statements, of an exact program for which that is spent;
more for longer ones, in proportion."""

ERROR_BITS = 10.0
"""Description length of a wrong label of the training data: which one, and what it is.
An entry that a single sequence supports counts as one: without that sequence it is."""

STATEMENT_BITS = 30.0
"""Description length of a statement of a closed form."""

BOUND = 10.0
"""Statements that an exact program is worth more if it holds at any length."""

OF_A_LENGTH = 25
"""Sequences for each length, by which places that depend on the length are measured."""

LUCK, LUCK_OF_FAILING = 0.9, 0.5
"""All data have at least so many of the errors that the sample makes expect, at first,
and once sequences that failed have joined it."""

PROGRESS = 0.25
"""The part of what a sum of evidence is ahead of the best table that tables have to
catch up in a layer, and more than chance: otherwise the sum ends the search."""

FOLLOWING = "from transformer_programs.search.following import main; main()"
"""What the other processes of a search run."""

FITTING = 20
"""Operations for every token, besides those of heads, to fit and judge a readout."""


class Ending(StrEnum):
    """Reasons for which a search ends."""

    EXACT = "right on every label of"
    WORK = "work budget used up"
    TIME = "time limit reached"
    NOTHING_BETTER = "nothing better found"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """Progress of a search.

    Attributes:
        seconds: Wall time since the start.
        round: How often the sample has grown, plus one.
        layer: Layer of candidates, from 1.
        candidates: Number of distinct variables compared so far.
        accuracy: Accuracy of the best program on the training data, per label; 0..1.
        statements: Number of statements of the best program.
    """

    seconds: float
    round: int
    layer: int
    candidates: int
    accuracy: float
    statements: int


@dataclass(frozen=True, slots=True)
class Sized:
    """A program that is more often right than all of its size or smaller.

    Attributes:
        program: The program.
        training: Accuracy on the training data, per label; 0..1.
        accuracy: The same on training or on validation data, whichever is worse.
    """

    program: Program
    training: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Found:
    """Result of a search.

    Attributes:
        program: A valid program whose statements are all needed by its readout.
        label_accuracy: Accuracy on the training data, per label; 0..1.
        sequence_accuracy: Share of training sequences without an error; 0..1.
        statements: Number of statements of the program.
        layers: Number of layers of candidates that were compared, in all rounds.
        sequences: Number of training and validation sequences.
        work: Units of work that were spent.
        seconds: Wall time of the search.
        exact: Whether every label of the training and validation data is right.
        ending: Why the search ended.
        front: The best programs of several sizes, the smallest first.
    """

    program: Program
    label_accuracy: float
    sequence_accuracy: float
    statements: int
    layers: int
    sequences: int
    work: float
    seconds: float
    exact: bool
    ending: Ending
    front: tuple[Sized, ...] = ()

    @property
    def why(self) -> str:
        """Why the search ended, in words that claim what was checked."""
        if self.ending is not Ending.EXACT:
            return str(self.ending)
        return f"{self.ending} all {self.sequences:,} training and validation sequences"


Report = Callable[[SearchProgress], None]


def search(
    dataset: Dataset,
    settings: SearchSettings = SearchSettings(),
    on_progress: Report | None = None,
    widest: Scope = Scope.ALL,
    on_note: Callable[[str], None] | None = None,
) -> Found:
    """Search for a small program that explains the training data.

    Candidates are counted on a sample of the training sequences. The readouts that do
    best on it are fitted to all of them and judged on the validation data too; of two
    that are equally right the smaller wins, and where none is exact the shorter
    description of program and errors. While the best program errs, sequences on which
    it does join the sample, and the search starts again, until the same program is the
    best twice: what it does not explain is noise, as far as the grammar can tell.

    Args:
        dataset: Data to learn from; its test part is not looked at.
        settings: Budgets.
        on_progress: Called after every layer.
        widest: Widest scope of a head: all, or causal.
        on_note: Called with a sentence if a process that shares the search is lost.

    Returns:
        The best program found until it is exact, nothing more is gained, the budget is
        spent, the sample cannot grow, or Ctrl-C; always a valid one.
    """
    work, team = Work(settings.work, settings.seconds), None
    try:
        if settings.workers > 1:
            message = dataset, settings, widest
            team = Leader(work, settings.workers, FOLLOWING, message, on_note)
        return Search(dataset, settings, on_progress, widest, team or Team(work)).run()
    finally:
        if team is not None:
            team.close()


class Search:
    """A search, as each of the processes does it that share its long steps.

    Args:
        dataset: As in ``search``.
        settings: As in ``search``.
        report: Called after every layer.
        widest: As in ``search``.
        team: The processes, and the budget.
    """

    def __init__(
        self,
        dataset: Dataset,
        settings: SearchSettings,
        report: Report | None,
        widest: Scope,
        team: Team,
    ) -> None:
        self._work, self._team = team.work, team
        self._dataset, self._settings, self._report = dataset, settings, report
        self._train = dataset.encode(dataset.train)
        self._validation = dataset.encode(dataset.validation)
        self._widest = widest
        self._round, self._layers_grown = 0, 0
        self._added_up, self._noisy = False, False
        self._tables_right = 0.0  # the largest accuracy of a readout that is a table
        self._first_exact = math.inf  # the work until then
        self._learned: list[LearnedMachine] | None = None
        self._weighed: list[Weights] | None = None
        parts = self._train, self._validation
        self._feeder = Feeder(dataset, *parts, self._work)
        self._front: dict[int, Sized] = {}  # by the number of statements
        self._best = self._from_tokens()
        self._accuracy = self._judge(self._best)
        self._rank = self._rank_of(self._best, self._accuracy, 0.0)
        self._size(self._best, self._accuracy)

    def run(self) -> Found:
        """Search until an end is reached."""
        ending = Ending.NOTHING_BETTER
        try:
            self._rounds()
        except OutOfWorkError:
            ending = Ending.WORK
        except OutOfTimeError:
            ending = Ending.TIME
        except KeyboardInterrupt:
            ending = Ending.INTERRUPTED
        if self._accuracy == 1 and ending is not Ending.INTERRUPTED:
            ending = Ending.EXACT
        best = self._best
        return Found(
            program=best.program,
            label_accuracy=best.accuracy,
            sequence_accuracy=float((best.wrong == 0).mean()),
            statements=len(best.program.statements),
            layers=self._layers_grown,
            sequences=len(self._train) + len(self._validation),
            work=self._work.units,
            seconds=self._work.seconds,
            exact=self._accuracy == 1,
            ending=ending,
            front=tuple(self._front[size] for size in sorted(self._front)),
        )

    def _from_tokens(self) -> Fitted:
        # The program without statements, so that there always is one.
        sample = sample_of(self._dataset, self._train, np.arange(1))
        vocabulary = self._dataset.input.vocabulary.tokens
        tokens, _, _ = input_candidates(sample, vocabulary)
        return fit((tokens,), self._dataset, self._train, self._same)

    def _rounds(self) -> None:
        order = self._order()
        most = max(2, MOST_PAIRS // self._dataset.input.max_length**2)  # of a sample
        rows = order[: min(self._settings.sample, most)]
        while True:
            self._round += 1
            before = self._best.program
            self._layers(rows)
            more = self._more(rows, order)[: max(0, most - len(rows))]
            # The same program twice: what it does not explain is noise.
            same = self._round > 1 and self._best.program == before
            if self._supported or self._noisy or same or not len(more):
                return
            rows = np.concatenate([rows, more])

    def _order(self) -> Ids:
        # The training sequences in random order, repeated ones last.
        chance = np.random.default_rng(self._settings.seed)
        order = chance.permutation(len(self._train))
        _, first = np.unique(self._same[order], return_index=True)
        new = np.zeros(len(order), dtype=np.bool_)
        new[first] = True
        return np.concatenate([order[new], order[~new]])

    @cached_property
    def _same(self) -> Ids:
        # (sequences,) equal numbers for equal sequences.
        numbers: dict[tuple[str, ...], int] = {}
        sequences = self._dataset.train.sequences
        return np.array([numbers.setdefault(s, len(numbers)) for s in sequences])

    def _machines(self) -> list[LearnedMachine]:
        # Learned once, when they are asked for.
        if self._learned is None:
            parts = self._train, self._validation
            widest = self._widest
            self._learned = learn_machines(self._dataset, *parts, self._work, widest)
        return self._learned

    def _weights(self) -> list[Weights]:
        # Found once, when they are asked for.
        if self._weighed is None:
            data, work, widest = self._train, self._work, self._widest
            self._weighed = learn_weights(self._dataset, data, work, widest)
        return self._weighed

    def _more(self, rows: Ids, order: Ids) -> Ids:
        # As many sequences again, those on which the best program errs first.
        rest = order[~np.isin(order, rows)]
        wrong = self._best.wrong[rest] > 0
        errors = rest[wrong][: self._settings.growth]
        others = rest[~np.isin(rest, errors)]
        return np.concatenate([errors, others[: max(0, len(rows) - len(errors))]])

    def _wide(self, count: int) -> Sample | None:
        # So many sequences that most lengths occur a few times, if a sample has fewer;
        # as many as memory allows for their pairs of positions.
        length = self._dataset.input.max_length
        enough = min(OF_A_LENGTH * length, len(self._train), MOST_WIDE // length**2)
        if enough <= count or self._round > 1:
            return None
        return sample_of(self._dataset, self._train, self._order()[:enough])

    def _layers(self, rows: Ids) -> None:
        sample = sample_of(self._dataset, self._train, rows)
        beam, work = self._settings.beam, self._work
        wide = partial(self._wide, len(rows))
        asked = self._machines, self._weights, wide, self._feeder, self._team
        layers = Layers(sample, self._dataset, beam, work, self._widest, *asked)
        for number in range(1, self._settings.layers + 1):
            before = self._tables_right
            for stage in self._stages(layers, number):
                found = layers.closures()
                right = (closure.held_out for closure in found)
                self._tables_right = max(self._tables_right, *right, 0.0)
                self._try(found)
                if self._settled(stage):
                    break
            self._layers_grown += 1
            self._tell(number, layers.pool.compared)
            if self._settled(number):
                return
            # Where a sum is ahead, tables have to catch up by more than chance.
            chance = int(sample.judged.sum()) ** -0.5
            gained = self._tables_right - before
            ahead = self._accuracy - before
            if self._noisy and gained < max(PROGRESS * ahead, chance):
                return
            if not self._added_up and not self._dataset.tagging:
                self._add_up(layers)
                if self._added_up:
                    self._tell(number, layers.pool.compared)

    def _stages(self, layers: Layers, number: int) -> Iterator[float]:
        # Those of a layer; machines of computed letters where nothing is exact yet, and
        # classes of two variables where nothing is short.
        yield from layers.grow(number)
        if not self._supported and layers.feed(number):
            yield number
        if not self._settled(number) and layers.decompose():
            yield number

    @property
    def _supported(self) -> bool:
        # Whether the program is exact, and would be without any single sequence.
        return self._rank[0]

    def _settled(self, layer: float) -> bool:
        # Whether no better program is looked for: an exact one that holds at any length
        # and is short for its layer is not found shorter; others are looked for the
        # longer, the longer they are.
        if not self._supported:
            return False
        first, length = self._first_exact, -self._rank[1] / STATEMENT_BITS
        most = (AS_MUCH_AGAIN * first + AT_LEAST) * length / USUAL
        if self._work.units >= first + most:
            return True
        short = len(self._best.program.statements) <= ROUNDABOUT * layer
        return short and not _bound(self._best.program)

    def _add_up(self, layers: Layers) -> None:
        # Once, where sums of evidence tell more than tables: the best one.
        readings = layers.readings()
        lead = best_lead(readings, self._dataset, self._train, self._work)
        if lead is None or lead.accuracy <= self._tables_right:
            return
        self._added_up = True
        found = fit_additive(lead, self._dataset, self._train, self._work)
        if found is not None:
            fitted, price = found
            self._noisy = self._consider(fitted, None, price)

    def _try(self, closures: Sequence[Closure]) -> None:
        # Fit the readouts to all data that by their sample may be the best so far. A
        # team fits the next ones at the same time, of which the first may turn out to
        # be better; then they are left out, as if they had never been fitted.
        todo = [
            (closure.accuracy, read)
            for closure in closures
            for read in dict.fromkeys((closure.inputs, readout_inputs(closure.inputs)))
        ]
        known: dict[int, tuple[tuple[Fitted, float | None], list[float]]] = {}
        for index, (accuracy, read) in enumerate(todo):
            if not self._promising(accuracy, read):
                continue
            if self._team.size == 1:
                self._consider(*self._fitted(read), price_of(read))
                continue
            if index not in known:
                rest = range(index + 1, len(todo))
                wave = [index, *(i for i in rest if self._promising(*todo[i]))]
                wave = wave[: self._team.size]
                reads = [todo[i][1] for i in wave]
                keys = [b"".join(c.fingerprint for c in read) for read in reads]
                ahead = self._team.ahead(self._fitted, reads, keys)
                known = dict(zip(wave, ahead, strict=True))
            (fitted, judged), spent = known[index]
            self._work.spend_all(spent)
            self._consider(fitted, judged, price_of(read))

    def _promising(self, accuracy: float, read: Inputs) -> bool:
        # Whether a readout may be the best: by the least errors to expect on all data,
        # its description must be the shorter one.
        bits = STATEMENT_BITS * price_of(read)
        if self._supported and bits >= -self._rank[1]:
            return False
        errors = self._best.labels * (1 - accuracy)
        least = ERROR_BITS * errors * (LUCK if self._round == 1 else LUCK_OF_FAILING)
        if errors and least + bits > -self._rank[1]:
            return False
        statements = sum(c.rule is not None for c in needed(read))
        return statements <= self._settings.max_statements

    def _fitted(self, read: Inputs) -> tuple[Fitted, float | None]:
        # A readout, and how accurate it is if that matters.
        length = self._dataset.input.max_length
        values = (len(self._train) + len(self._validation)) * length
        heads = sum(isinstance(c.rule, Attention) for c in needed(read))
        self._work.spend(values * (FITTING + heads * length))
        fitted = fit(read, self._dataset, self._train, self._same, self._work)
        return fitted, self._judge(fitted) if self._may_win(fitted) else None

    def _may_win(self, fitted: Fitted) -> bool:
        # Neither too large nor far worse than the best.
        small = len(fitted.program.statements) <= self._settings.max_statements
        return small and fitted.accuracy >= 2 * self._accuracy - 1

    def _consider(self, fitted: Fitted, accuracy: float | None, price: float) -> bool:
        # Take a program if it is better than the best so far, and return whether it is.
        if not self._may_win(fitted):
            return False
        if accuracy is None:
            accuracy = self._judge(fitted)
        self._size(fitted, accuracy)
        rank = self._rank_of(fitted, accuracy, price)
        better = rank > self._rank
        if better:
            if rank[0] and not self._rank[0]:
                self._first_exact = self._work.units
            self._best, self._accuracy, self._rank = fitted, accuracy, rank
            self._noisy = False
        return better

    def _size(self, fitted: Fitted, accuracy: float) -> None:
        # Keep a program if none of its size or smaller is as accurate; it takes the
        # place of those that are as large or larger, and no more accurate.
        size, front = len(fitted.program.statements), self._front
        if all(known > size or s.accuracy < accuracy for known, s in front.items()):
            for known in [n for n, s in front.items() if n >= size]:
                if front[known].accuracy <= accuracy:
                    del front[known]
            front[size] = Sized(fitted.program, fitted.accuracy, accuracy)

    def _rank_of(
        self, fitted: Fitted, accuracy: float, price: float
    ) -> tuple[bool, float]:
        # Programs that are exact, and would be so without any single sequence, first;
        # then the shortest description of program and errors.
        errors = (1 - accuracy) * fitted.labels + fitted.weak
        exact = accuracy == 1 and not fitted.weak
        if exact and _bound(fitted.program):
            price += BOUND
        bits = ERROR_BITS * errors + STATEMENT_BITS * price
        return exact, -bits

    def _judge(self, fitted: Fitted) -> float:
        # Accuracy per label, on training or on validation data, whichever is worse.
        data = self._validation
        if not len(data):
            return fitted.accuracy
        batch = Batch(data.ids, data.lengths)
        asked = data.targets != NO_LABEL
        right = Interpreter(fitted.program).predict(batch) == data.targets
        return min(fitted.accuracy, float(right[asked].mean())) if asked.any() else 0.0

    def _tell(self, layer: int, candidates: int) -> None:
        best = self._best
        if self._report is not None:
            self._report(
                SearchProgress(
                    seconds=self._work.seconds,
                    round=self._round,
                    layer=layer,
                    candidates=candidates,
                    accuracy=best.accuracy,
                    statements=len(best.program.statements),
                )
            )


@lru_cache(maxsize=64)
def _bound(program: Program) -> bool:
    return bool(length_bound(program))
