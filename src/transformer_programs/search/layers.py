"""Layers of the search: propose, rank, keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from transformer_programs.data import Dataset
from transformer_programs.program import Kind, Scope
from transformer_programs.search.automata.learning import LearnedMachine
from transformer_programs.search.automata.states import states
from transformer_programs.search.candidate import Attention, Candidate, input_candidates
from transformer_programs.search.copying import Copying
from transformer_programs.search.grammar import Grammar
from transformer_programs.search.ranking import Pool, Ranking, distinct
from transformer_programs.search.readouts import Closure, closures
from transformer_programs.search.sample import Sample
from transformer_programs.system import Work

EVERY = 10.0
"""Share of the beam that keeps every candidate of a small family."""

_CLOSURES = 12
"""The most readouts of a layer that are fitted to all training data."""

_PARTNERS = 30
"""The most variables that are tried together with every other as a readout."""

TABLE_OPERATIONS = 8
"""Operations for every value that a table writes."""

_LEADS = 48
"""The most pairs of query and key of a layer whose copying heads are tried."""


class Layers:
    """The candidates of one sample.

    Args:
        sample: Sequences that candidates are computed on.
        dataset: Data set that they come from.
        beam: The most candidates of a rule that are kept; some rules have a share.
        work: Budget that everything is accounted to.
        widest: Widest scope of a head.
        machines: Automata that explain the labels.

    Attributes:
        pool: Candidates that are kept so far.
    """

    def __init__(
        self,
        sample: Sample,
        dataset: Dataset,
        beam: int,
        work: Work,
        widest: Scope = Scope.ALL,
        machines: Sequence[LearnedMachine] = (),
    ) -> None:
        form = dataset.input
        inputs = input_candidates(sample, form.vocabulary.tokens)
        self._tokens, self._positions, self._ones = inputs
        vocabulary = form.vocabulary
        frame = [vocabulary.ids[t] if t else None for t in (form.begin, form.end)]
        begin, end = frame
        self._grammar = Grammar(sample, inputs, vocabulary.tokens, begin, end, widest)
        self._ranking = Ranking(sample, dataset, inputs, work, widest)
        hits, queries = self._ranking.hits, (self._positions, self._tokens)
        self._copying = None if hits is None else Copying(sample, hits, queries, widest)
        self._sample, self._beam, self._work = sample, beam, work
        self.pool = Pool(sample, inputs)
        self._fresh: list[Candidate] = []
        # Variables of machines tell the label, and later rules may read them.
        told = [g for m in machines for g in states(m, dataset, sample, inputs)]
        self._told = [Closure(group, 1.0, 1.0) for group in told]
        self.pool.kept += self._new(c for g in told for c in g if c.rule is not None)

    def grow(self, number: int) -> None:
        """Add layer ``number``: heads, then tables over them, then copying heads."""
        start = len(self.pool.kept)
        if number == 1:
            self._first_heads()
        else:
            self._later_heads(number)
        self._tables(self.pool.kept[start:])
        self._fresh = self.pool.kept[start:]
        self._copies()

    def closures(self) -> list[Closure]:
        """Return the most promising readouts of one or two variables, best first."""
        best = self._ranking.best(self.pool.kept, _PARTNERS)
        told, self._told = self._told, []
        kept, work = self.pool.kept, self._work
        return [*told, *closures(self._sample, kept, best, _CLOSURES, work)]

    def readings(self) -> list[tuple[Candidate, ...]]:
        """Return what a table of evidence may read: tokens, places, neighbours."""
        near = [c for c in self.pool.of("near") if c.domain == self._tokens.domain]
        tokens = self._tokens
        return [(tokens,), (self._positions, tokens), *((c, tokens) for c in near[:2])]

    def _first_heads(self) -> None:
        g = self._grammar
        self._keep(g.places(), EVERY)
        self._keep(g.comparisons([self._tokens], [self._ones]), EVERY)
        self._keep(g.ranks([self._tokens], [self._ones]), EVERY)
        self._keep(g.constant_counts(), 0.6)
        self._keep(g.nearest([self._tokens]), EVERY)

    def _later_heads(self, layer: int) -> None:
        g, pool = self._grammar, self.pool
        if layer == 2:
            self._keep(g.offsets(), 0.2)
        self._decide()
        # Of the last layer, the variables with a number or a class that is no flag.
        fresh = [c for c in self._fresh if c.domain.kind is not Kind.TOKEN]
        numbers = [c for c in fresh if c.domain.size > 2]
        flags = pool.of("flag", "verdict")
        summed = distinct([self._ones, *self._firsts(), *self._ranking.best(flags, 3)])
        plain = [c for c in self._plain() if c in numbers]
        read = distinct([*plain, *self._ranking.best(numbers, 16)])
        self._keep(g.flag_counts(flags[: self._beam]))
        near = self._new(g.nearest(numbers))
        self._settle([(self._tokens, c) for c in near])
        self._rank(near)
        self._keep(g.extremes([self._tokens, *read]), 0.5)
        self._keep(g.segments(pool.of("flag")[: self._beam // 2]), 0.5)
        self._keep(g.comparisons(read, summed))
        self._keep(g.ranks(read, summed), 0.5)
        self._keep(g.mirrored(c for c in self._fresh if c.domain.numerical), 0.5)

    def _tables(self, heads: Sequence[Candidate]) -> None:
        g, pool, best = self._grammar, self.pool, self._ranking.best
        counts = pool.of("compare", "constant", "flags")
        numbers = distinct([*self._plain(), *best(counts, 24)])
        tokens = [c for c in pool.kept if c.domain == self._tokens.domain]
        near = [self._tokens, *best(pool.of("near"), 4)]
        self._keep(g.sums_of_tokens([c for c in near if c in tokens]), 0.1)
        self._keep(g.first_flags(pool.of("compare", "flags")), 0.5)
        self._keep(g.equality_flags(tokens[: self._beam // 2]), 0.5)
        read = [*heads, *self._keep(g.arithmetic(numbers))]
        self._settle([*((c,) for c in read), *((self._tokens, c) for c in read)])
        flags = distinct([*self._firsts(), *best(pool.of("flag", "verdict"), 6)])
        self._keep(g.masks(best(pool.of("compare", "sum", "flags"), 12), flags), 0.3)

    def _copies(self) -> None:
        if self._copying is None:
            return
        keys = [c for c in self.pool.kept if c is not self._ones]
        self._keep(self._copying.heads(keys, _LEADS), 2.0)
        best, fallbacks = self._ranking.best, self._grammar.fallbacks
        copies = best(self.pool.of("copy"), 16)
        self._keep(fallbacks(copies, copies), 0.3)
        twice = best(self.pool.of("fallback"), 4)
        self._keep(fallbacks(twice, [self._tokens]), 0.3)

    def _settle(self, groups: Sequence[tuple[Candidate, ...]]) -> None:
        # Flags on what settles the label, and one step ahead, whether one was up.
        verdicts = self._new(self._grammar.verdicts(self._ranking.labels, groups))
        scopes = (Scope.CAUSAL, Scope.ALL)
        self._keep(self._grammar.flag_counts(verdicts, scopes), 0.5)
        self.pool.keep(verdicts, self._ranking.label_score, self._beam // 2)

    def _decide(self) -> None:
        # Where a sum says more than any token does: the best beside that sum.
        gain = self._ranking.labels.gain
        least = max(0.0, gain(self._tokens), gain(self._positions))
        telling = [c for c in self.pool.of("plus", "minus") if gain(c) > least]
        best = sorted(telling, key=lambda c: -gain(c))[:2]
        fresh = self._new(self._grammar.deciders(best))
        # Of a decider the value is a sign, and what that reads the number.
        self.pool.keep(fresh, lambda c: gain(c, c.inputs[1].inputs[0]), 4)

    def _plain(self) -> list[Candidate]:
        # The counts of tokens like mine, smaller and larger ones.
        compared = self.pool.of("compare")
        plain = [c for c in compared if c.inputs[0] is self._tokens]
        return [c for c in plain if c.inputs[2] is self._ones]

    def _firsts(self) -> list[Candidate]:
        # The flags of the first and last of their kind.
        size = self._tokens.domain.size
        alike = {id(c) for c in self._plain() if _is_equality(c, size)}
        return [c for c in self.pool.of("flag") if id(c.inputs[0]) in alike]

    def _keep(
        self, proposed: Iterable[Candidate], share: float = 1.0
    ) -> list[Candidate]:
        return self._rank(self._new(proposed), share)

    def _rank(self, fresh: list[Candidate], share: float = 1.0) -> list[Candidate]:
        # Keep the best readers of labels, and as many of the best keys.
        beam = max(2, int(self._beam * share))
        kept = self.pool.keep(fresh, self._ranking.label_score, beam)
        if self._ranking.hits is not None and len(fresh) > beam:
            chosen = {id(c) for c in kept}
            rest = [c for c in fresh if id(c) not in chosen]
            kept += self.pool.keep(rest, self._ranking.hit_score, beam)
        return kept

    def _new(self, proposed: Iterable[Candidate]) -> list[Candidate]:
        return self.pool.new(self._accounted(proposed))

    def _accounted(self, proposed: Iterable[Candidate]) -> Iterator[Candidate]:
        # Spend what computing each of them takes: a head looks at all pairs.
        values, length = self._sample.tokens.size, self._sample.shape[1]
        for candidate in proposed:
            head = isinstance(candidate.rule, Attention)
            self._work.spend(values * (length if head else TABLE_OPERATIONS))
            yield candidate


def _is_equality(count: Candidate, size: int) -> bool:
    rule = count.rule
    return (
        isinstance(rule, Attention)
        and rule.predicate.sum() == size
        and bool(rule.predicate.diagonal().all())
    )
