"""The search: layers of candidates, closed by a readout, grown where it errs."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from transformer_programs.passes.naming import name_by_meaning
from transformer_programs.program.encode import Batch
from transformer_programs.program.interpret import Interpreter
from transformer_programs.search.additive import fit_additive
from transformer_programs.search.assemble import Fitted, fit, readout_inputs
from transformer_programs.search.candidate import input_candidates
from transformer_programs.search.closing import price_of
from transformer_programs.search.layers import Layers
from transformer_programs.search.outcome import (
    Ending,
    Found,
    OutOfTimeError,
    SearchProgress,
)
from transformer_programs.search.sample import Ids, sample_of
from transformer_programs.settings import SearchSettings
from transformer_programs.tasks.dataset import NO_LABEL, Dataset

MOST_PAIRS = 1 << 21
"""Pairs of positions of the largest sample."""

ROUNDABOUT = 6
"""Statements per layer beyond which an exact program is looked for in another layer."""

ERROR_BITS = 10.0
"""What describes a wrong label of the training data: which one, and what it is."""

STATEMENT_BITS = 30.0
"""What describes a statement of a closed form."""

Report = Callable[[SearchProgress], None]


def search(
    dataset: Dataset,
    settings: SearchSettings = SearchSettings(),
    on_progress: Report | None = None,
) -> Found:
    """Look for a small program that explains the training data.

    Candidates are counted on a sample of the training sequences. The readouts that do
    best on it are fitted to all of them and judged on the validation data too; of two
    that are equally right the smaller wins, and where none is exact the shorter
    description of program and errors. While the best program errs, sequences on which
    it does join the sample, and the search starts again, until the same program is the
    best twice: what it does not explain is noise, as far as the grammar can tell.

    Args:
        dataset: what is learned from; its test part is not looked at.
        settings: budgets.
        on_progress: called after every layer.

    Returns:
        The best program found until it is exact, the time is spent, the sample cannot
        grow, or Ctrl-C; always a valid one.
    """
    return _Search(dataset, settings, on_progress).run()


class _Search:
    def __init__(
        self, dataset: Dataset, settings: SearchSettings, report: Report | None
    ) -> None:
        self._started = time.perf_counter()
        self._dataset, self._settings, self._report = dataset, settings, report
        self._train = dataset.encode(dataset.train)
        self._validation = dataset.encode(dataset.validation)
        self._round, self._added_up = 0, False
        self._best = self._from_tokens()
        self._accuracy = self._judge(self._best)
        self._rank = self._rank_of(self._accuracy, 0.0)

    @property
    def _exact(self) -> bool:
        return self._accuracy == 1

    @property
    def _most_rows(self) -> int:
        """How many sequences the sample may have: bounds the memory."""
        return max(2, MOST_PAIRS // self._dataset.input.max_length**2)

    def run(self) -> Found:
        ending = Ending.NOTHING_BETTER
        try:
            self._rounds()
            self._tick()  # sums of evidence may have ended with the time
        except OutOfTimeError:
            ending = Ending.TIME
        except KeyboardInterrupt:
            ending = Ending.INTERRUPTED
        if self._exact and ending is not Ending.INTERRUPTED:
            ending = Ending.EXACT
        best = self._best
        return Found(
            program=name_by_meaning(best.program),
            label_accuracy=best.accuracy,
            sequence_accuracy=float((best.wrong == 0).mean()),
            statements=len(best.program.statements),
            seconds=self._seconds(),
            exact=self._exact,
            ending=ending,
        )

    def _from_tokens(self) -> Fitted:
        """The program without statements, so that there always is one."""
        sample = sample_of(self._dataset, self._train, np.arange(1))
        vocabulary = self._dataset.input.vocabulary.tokens
        tokens, _, _ = input_candidates(sample, vocabulary)
        return fit((tokens,), self._dataset, self._train)

    def _rounds(self) -> None:
        order = np.random.default_rng(self._settings.seed).permutation(len(self._train))
        rows = order[: min(self._settings.sample, self._most_rows)]
        while True:
            self._round += 1
            before = self._best.program
            self._layers(rows)
            more = self._more(rows, order)
            same = self._round > 1 and self._best.program == before
            if self._exact or same or not len(more):
                return
            rows = np.concatenate([rows, more])

    def _more(self, rows: Ids, order: Ids) -> Ids:
        """As many sequences again, those on which the best program errs first."""
        rest = order[~np.isin(order, rows)]
        wrong = self._best.wrong[rest] > 0
        errors = rest[wrong][: self._settings.growth]
        others = rest[~np.isin(rest, errors)]
        more = np.concatenate([errors, others[: max(0, len(rows) - len(errors))]])
        return more[: max(0, self._most_rows - len(rows))]

    def _layers(self, rows: Ids) -> None:
        sample = sample_of(self._dataset, self._train, rows)
        layers = Layers(sample, self._dataset, self._settings.beam, self._tick)
        for number in range(1, self._settings.layers + 1):
            layers.grow(number)
            for inputs in layers.closures():
                for read in dict.fromkeys((inputs, readout_inputs(inputs))):
                    self._tick()
                    fitted = fit(read, self._dataset, self._train)
                    self._consider(fitted, price_of(read))
            last = number == self._settings.layers
            if self._round == 1 and not self._exact and (last or self._late):
                self._add_up(layers)
            self._tell(number, layers.pool.compared)
            if (
                self._exact
                and len(self._best.program.statements) <= ROUNDABOUT * number
            ):
                return

    @property
    def _late(self) -> bool:
        """Whether it is time to look for a sum: small exact programs come early."""
        return self._seconds() > self._settings.seconds / 4

    def _add_up(self, layers: Layers) -> None:
        """Once, where there is one label per sequence: sums of evidence."""
        if self._dataset.tagging or self._added_up:
            return
        self._added_up = True
        readings = layers.readings()
        found = fit_additive(readings, self._dataset, self._train, self._tick)
        if found is not None:
            self._consider(found.fitted, found.price)

    def _consider(self, fitted: Fitted, price: float) -> None:
        if len(fitted.program.statements) > self._settings.max_statements:
            return
        if fitted.accuracy < 2 * self._accuracy - 1:  # far worse than the best
            return
        accuracy = self._judge(fitted)
        rank = self._rank_of(accuracy, price)
        if rank > self._rank:
            self._best, self._accuracy, self._rank = fitted, accuracy, rank

    def _rank_of(self, accuracy: float, price: float) -> tuple[bool, float]:
        """Exact programs first; then the shortest description of program and errors."""
        errors = (1 - accuracy) * self._best.labels
        return accuracy == 1, -(ERROR_BITS * errors + STATEMENT_BITS * price)

    def _judge(self, fitted: Fitted) -> float:
        """Per label, on training or on validation data, whichever is worse."""
        data = self._validation
        if not len(data):
            return fitted.accuracy
        batch = Batch(data.ids, data.lengths)
        asked = data.targets != NO_LABEL
        right = Interpreter(fitted.program).predict(batch) == data.targets
        return min(fitted.accuracy, float(right[asked].mean())) if asked.any() else 0.0

    def _seconds(self) -> float:
        return time.perf_counter() - self._started

    def _tick(self) -> None:
        if self._seconds() > self._settings.seconds:
            raise OutOfTimeError

    def _tell(self, layer: int, candidates: int) -> None:
        if self._report is None:
            return
        best = self._best
        self._report(
            SearchProgress(
                seconds=self._seconds(),
                round=self._round,
                layer=layer,
                candidates=candidates,
                accuracy=best.accuracy,
                statements=len(best.program.statements),
            )
        )
