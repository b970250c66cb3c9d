"""Layers of the search: propose, rank, keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from transformer_programs.data import Dataset
from transformer_programs.language import Kind, Scope
from transformer_programs.search import forms, kernels
from transformer_programs.search.automata.aligned import Aligned
from transformer_programs.search.automata.feeding import Fed, fed_states
from transformer_programs.search.automata.heights import height_of
from transformer_programs.search.automata.histories import Histories, Lettering
from transformer_programs.search.automata.learning import LearnedMachine
from transformer_programs.search.automata.states import states
from transformer_programs.search.candidate import (
    Attention,
    Candidate,
    Matches,
    input_candidates,
)
from transformer_programs.search.copying import Copying
from transformer_programs.search.decomposition import decompositions
from transformer_programs.search.grammar import (
    ENDS,
    LATCHED,
    SET_SYMBOLS,
    SINGLE_PRICE,
    Grammar,
)
from transformer_programs.search.joins import MOST_VALUES, joins
from transformer_programs.search.ordering import next_tokens
from transformer_programs.search.ranking import Pool, Ranking, distinct
from transformer_programs.search.readouts import Closure, LabelTables, closures
from transformer_programs.search.sample import Sample
from transformer_programs.search.score import HitScores
from transformer_programs.search.selection import Selection, Source
from transformer_programs.search.sums import Weights
from transformer_programs.system import Team, Work

EVERY = 10.0
"""Share of the beam that keeps every candidate of a small family."""

_CLOSURES = 12
"""The most readouts of a layer that are fitted to all training data."""

_PARTNERS = 14
"""The most variables that are tried together with every other as a readout."""

TABLE_OPERATIONS = 8
"""Operations for every value that a table writes."""

_SELECTIONS, _SELECTED = 2, 8
"""How often a layer joins sources, and the most selections that it keeps each time."""

_SOURCES, _GATE, _PAIRED = 14, 128, 10
"""The most sources of a kind; values of a gate; gates that are paired."""

_FED = 24
"""The most variables of a layer that are tried as letters of machines."""

_JOINED = 12
"""The most joins of two flags that a layer keeps each time."""

_OF_A_LABEL = 3
"""The same that tell of a single label."""

_LEADERS = 8
"""The most variables of a family that are joined, besides the best ones."""

_DECOMPOSED, _LAYOUTS = 12, 4
"""The most variables of a layer that are decomposed, besides those at the ends, and the
most classes that are kept."""

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
        machines: Learns machines that explain the labels, when the first heads do not.
        weights: Finds weights of tokens whose sum tells the label, likewise.
        wide: Gives more sequences, for what occurs but a few times in the sample; None
            if there are none, or too many pairs of their positions.
        feeder: Learns machines whose letters are computed variables.
        team: Processes that compute the same, and share long steps.

    Attributes:
        pool: Candidates that are kept so far.
        selected: Selections, which only readouts and other selections read.
    """

    def __init__(
        self,
        sample: Sample,
        dataset: Dataset,
        beam: int,
        work: Work,
        widest: Scope = Scope.ALL,
        machines: Callable[[], Sequence[LearnedMachine]] = tuple,
        weights: Callable[[], Sequence[Weights]] = tuple,
        wide: Callable[[], Sample | None] = lambda: None,
        feeder: Callable[[Sequence[Lettering]], Sequence[Fed]] = lambda _: (),
        team: Team | None = None,
    ) -> None:
        self._team = team or Team(work)
        form = dataset.input
        inputs = input_candidates(sample, form.vocabulary.tokens)
        self._tokens, self._positions, self._ones = inputs
        vocabulary = form.vocabulary
        begin, end = (vocabulary.ids[t] if t else None for t in (form.begin, form.end))
        self._grammar = Grammar(sample, inputs, vocabulary.tokens, begin, end, widest)
        self._frame = begin, end
        self._wide, self._widest = wide, widest
        self._ranking = Ranking(sample, dataset, inputs, work, widest, self._team)
        hits, queries = self._ranking.hits, (self._positions, self._tokens)
        self._copying = None
        if hits is not None:
            self._copying = Copying(sample, hits, queries, widest, work)
        self._sample, self._beam, self._work = sample, beam, work
        self._label_tables = LabelTables(sample, work)
        self._selection = Selection(sample, dataset.labels, work)
        self._said: dict[bytes, Source] = {}
        self.selected: list[Candidate] = []
        self.pool = Pool(sample, inputs)
        self._fresh: list[Candidate] = []
        self._single: list[Candidate] = []  # counts of single tokens
        self._machines, self._weights, self._dataset = machines, weights, dataset
        self._told: list[Closure] = []
        self._parts: list[Candidate] | None = None  # attributes of tokens
        self._layouts: list[Candidate] = []
        self._feeder, self._frame, self._widest = feeder, (begin, end), widest

    def grow(self, number: int) -> Iterator[float]:
        """Add layer ``number`` in stages, and yield after each how deep it is.

        Heads come first, then what can be said of the label by choosing between two of
        them, then tables over them, and copying heads.
        """
        kernels.warm(self._work.units)
        start, copied = len(self.pool.kept), list[Candidate]()
        if number == 1:
            self._first_heads()
            heads = len(self.pool.kept)
            self._measure()
            self._copies()
            self._keep(self._grammar.extremes([self._tokens], Scope.CAUSAL), EVERY)
            kernels.warm(self._work.units)
            self._select()
            yield 0.5
            # Tables of this layer read no copies, as in every other layer.
            copied = self.pool.kept[heads:]
            del self.pool.kept[heads:]
            if self._weigh():
                yield 1
            if self._run_machines():
                yield 1
        else:
            self._later_heads(number)
        self._tables(self.pool.kept[start:])
        self.pool.kept += copied
        self._fresh = self.pool.kept[start:]
        self._copies()
        self._select()
        yield number

    def feed(self, number: int) -> bool:
        """Add machines whose letters are variables of layer ``number``.

        What a machine says that does not tell all labels may be a letter in turn.

        Returns:
            Whether a machine tells the labels.
        """
        if not self._dataset.tagging:
            return False
        inputs = self._tokens, self._positions, self._ones
        sample, frame, widest = self._sample, self._frame, self._widest
        groups: list[tuple[Candidate, ...]] = []
        if number == 1:
            aligned = Aligned(sample, inputs, frame, widest, self._work)
            pairs = list(aligned.pairs())
            groups += [*pairs, *((self._tokens, c) for c in distinct(sum(pairs, ())))]
            for pair in pairs:
                groups += [(c,) for c in self._grammar.sums_of_tokens(pair)]
        small = [c for c in self._fresh if 1 < c.domain.size <= MOST_VALUES]
        for c in self._telling(small)[:_FED]:
            groups += [(c,), (self._tokens, c)]

        def states_of(fed: Fed) -> list[tuple[Candidate, ...]]:
            return states(fed.learned, self._dataset, sample, inputs, fed.read)

        bare = [token for token in frame if token is not None]
        histories = Histories(sample, bare, widest, self._work)
        beside = [self._tokens, *self._beside(self.pool.of("near"))[:2]]
        found = fed_states(histories, self._feeder, groups, beside, states_of)
        told, said = found
        self._told += [Closure(group, 1.0, 1.0) for group in told]
        run = (c for group in (*told, said) for c in group if c.rule is not None)
        self.pool.kept += self._new(run)
        return bool(told)

    def decompose(self) -> bool:
        """Add classes of two variables that tell the labels beside a third one.

        Attributes of tokens are read as well, at either end of the sequence.

        Returns:
            Whether there are any.
        """
        g, place = self._grammar, self._positions
        if self._parts is None:
            named = [*self._accounted(g.attributes())]
            self._parts = [*named, *self._accounted(self._ends(named))]
        kept = [c for c in self.pool.kept if c is not self._ones]
        near = [c for c in self.pool.of("near") if c.inputs[0] is self._ones]
        small = [c for c in kept if c.domain.size <= _GATE]
        best = self._ranking.best(small, _DECOMPOSED)
        read = [*self._lengths(), *near, *self._parts, *best]
        read = [c for c in distinct(read) if c is not place]
        readers = distinct([place, self._tokens, *self._lengths()])
        found = decompositions(read, readers, self._sample, _LAYOUTS, self._work)
        self._layouts = found
        return bool(found)

    def _run_machines(self) -> bool:
        # Variables of machines tell the label, and later rules may read them.
        inputs = self._tokens, self._positions, self._ones
        machines = self._machines()
        learned: list[tuple[LearnedMachine, tuple[Candidate, ...]]]
        learned = [(machine, ()) for machine in machines]
        learned += [(fed.learned, fed.read) for fed in self._counting(machines)]
        told = [
            group
            for machine, read in learned
            for group in states(machine, self._dataset, self._sample, inputs, read)
            if machine.classes is None
        ]
        self._told = [Closure(group, 1.0, 1.0) for group in told]
        run = (c for group in told for c in group if c.rule is not None)
        self.pool.kept += self._new(run)
        return bool(told)

    def _counting(self, learned: Sequence[LearnedMachine]) -> Iterator[Fed]:
        # The smallest machine in which something is counted up to the trained length,
        # again: now it reads beside every token whether it is above 0.
        for machine in sorted(learned, key=lambda one: one.machine.states):
            counted = height_of(machine.machine)
            if counted is not None:
                backwards = machine.backwards
                scope = Scope.AFTER if backwards else Scope.BEFORE
                height = self._grammar.height(machine.letters, counted, scope)
                self.pool.kept += self._new([height])
                read = self._tokens, height
                yield from self._feeder([Lettering(read, backwards, 0.0, False)])
                return

    def _weigh(self) -> bool:
        # Sums of weights tell the label, or something that later rules may read.
        inputs = self._tokens, self._positions, self._ones
        for weights in self._weights():
            groups = weights.sums(self._sample, inputs)
            told = weights.told
            self._told += [Closure(group, told, told) for group in groups]
            run = (c for group in groups for c in group if c.rule is not None)
            self.pool.kept += self._new(run)
        return bool(self._told)

    def closures(self) -> list[Closure]:
        """Return the most promising readouts of one or two variables, best first."""
        kernels.warm(self._work.units)
        fitted_before = [*self.selected, *self._layouts]
        kept = [*self.pool.kept, *fitted_before]
        best = self._ranking.best(self.pool.kept, _PARTNERS)
        # The best of every rule beside, so that no rule crowds out another.
        leading = {c.family: c for c in reversed(self._telling(self.pool.kept))}
        best = distinct([*best, *leading.values()])
        told, self._told = self._told, []
        found = closures(self._label_tables, kept, best, _CLOSURES, self._team)
        # Selections and layouts are fitted to the whole sample: no half is held out.
        fitted = {id(c) for c in fitted_before}
        self._layouts = []
        return [
            *told,
            *(
                replace(closure, held_out=0.0)
                if any(id(c) in fitted for c in closure.inputs)
                else closure
                for closure in found
            ),
        ]

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
        counts = self._new(g.constant_counts())
        self._rank(counts, 0.6)
        if self._tokens.domain.size <= SET_SYMBOLS:
            self._single = [c for c in counts if c.price <= SINGLE_PRICE]
        self._keep(g.nearest([self._tokens]), EVERY)
        self._keep(self._ends([self._tokens]), EVERY)
        values = self._keep(g.numbers_of_tokens(), EVERY)
        self._keep(g.sums(values), 0.5)
        self._keep(g.remainders([self._positions, *self._lengths()]), EVERY)
        self._order()
        self._stacks()

    def _stacks(self) -> None:
        # What is left of tokens that another one takes back, where it says more than
        # anything else so far.
        score = self._ranking.label_score
        most = max(map(score, self.pool.kept))
        places = self._new(self._grammar.stacks())
        copies = self._new(self._grammar.shifted(places, (0, 1, 2)))
        told = [c for c in copies if score(c) > most]
        self.pool.kept += [*distinct(c.inputs[1] for c in told), *told]

    def _order(self) -> None:
        # The next token in order, where it says more than anything else so far.
        if self._ranking.hits is None:
            return
        score = self._ranking.label_score
        most = max(map(score, self.pool.kept))
        inputs = self._tokens, self._positions, self._ones
        how = self._ranking.wanted, self._frame, self._widest
        proposed = next_tokens(self._sample, inputs, *how, self._work)
        fresh = [c for c in self._new(proposed) if score(c) > most]
        self.pool.kept += fresh

    def _later_heads(self, layer: int) -> None:
        g, pool, place = self._grammar, self.pool, self._positions
        flags = self._ranking.best(pool.of("flag", "verdict", "join"), 16)
        marks = [(flag, 1) for flag in flags]
        if layer == 2:
            length = place.domain.size
            self._keep(g.shifted([place], range(1 - length, length)), 0.2)
            beside = [self._tokens, *self._beside(pool.of("near"))[:2]]
            few = [c for c in beside if c.domain.size <= LATCHED]
            marks += [(c, value) for c in few for value in range(c.domain.size)]
            remainders = self.pool.of("remainder")
            turns = [c for c in remainders if c.inputs == (place,)]
            counts = self._new(g.comparisons(turns, [*g.kinds()], ["=="]))
            self._rank(counts, 0.5)
            self._keep(g.orders(counts), 0.5)
        self._keep(g.latches(marks, [self._tokens, place]), 0.5)
        real = self._sample.real
        self._keep(forms.difference(place, other, real) for other in self._places())
        self._decide()
        # Of the last layer, the variables with a number or a class that is no flag.
        fresh = [c for c in self._fresh if c.domain.kind is not Kind.TOKEN]
        numbers = [c for c in fresh if c.domain.size > 2]
        flags = pool.of("flag", "verdict")
        summed = distinct([self._ones, *self._firsts(), *self._ranking.best(flags, 3)])
        plain = [c for c in self._plain() if c in numbers]
        read = distinct([*plain, *self._ranking.best(numbers, 16)])
        self._keep(g.flag_counts(self._telling(flags)[: self._beam]))
        near = self._new(g.nearest(numbers))
        self._settle([(self._tokens, c) for c in near])
        self._rank(near)
        self._keep(g.extremes([self._tokens, *read], self._widest), 0.5)
        starts = self._telling(pool.of("flag"))[: self._beam // 2]
        stretches = g.flag_counts(starts, [Scope.CAUSAL])
        self._keep(g.comparisons(stretches, [self._ones]), 0.5)
        self._keep(g.comparisons(read, summed))
        self._keep(g.ranks(read, summed), 0.5)
        mirrors = [c for c in self._fresh if c.domain.numerical]
        self._keep(g.shifted(mirrors, (-1, 0, 1)), 0.5)

    def _tables(self, heads: Sequence[Candidate]) -> None:
        g, pool, best = self._grammar, self.pool, self._ranking.best
        counts = pool.of("compare", "constant", "flags")
        numbers = distinct([*self._plain(), *best(counts, 24)])
        tokens = [c for c in pool.kept if c.domain == self._tokens.domain]
        near = [c for c in tokens if c.family == "near"]
        cheap = sorted(near, key=lambda c: c.total_price)[:8]
        near = distinct([*best(near, 4), *cheap, *self._beside(tokens)])
        self._keep(g.sums_of_tokens([self._tokens, *near]), 0.1)
        larger = self._ranking.best(pool.of("larger"), 4)
        beside = self._beside(tokens)[:6]
        self._keep(g.larger_tokens([self._tokens, *beside, *larger]), 0.1)
        single, self._single = self._single, []
        self._keep(g.never(self._keep(g.orders(single), 0.5)), 0.5)
        self._keep(g.first_flags(pool.of("compare", "flags")), 0.5)
        self._keep(g.equality_flags(tokens[: self._beam // 2]), 0.5)
        read = [*heads, *self._keep(g.arithmetic(numbers))]
        self._keep(g.arithmetic([self._positions, *self._lengths()]))
        self._settle([*((c,) for c in read), *((self._tokens, c) for c in read)])
        self._join()
        flags = distinct([*self._firsts(), *best(pool.of("flag", "verdict"), 6)])
        self._keep(g.masks(best(pool.of("compare", "sum", "flags"), 12), flags), 0.3)

    def _measure(self) -> None:
        # Places that follow from the own one and the length, by more sequences.
        if self._copying is None or (wide := self._wide()) is None:
            return
        tokens, place, ones = input_candidates(wide, self._tokens.domain.tokens)
        everywhere = Matches(wide, ones, ones, np.ones((2, 2), dtype=np.bool_))
        scores = HitScores(wide, tokens, self._ranking.wanted, self._work)
        groups = []
        for length in self._lengths():
            assert isinstance(length.rule, Attention)
            (measured,) = everywhere.count("compare", [ones], length.rule.scope)
            groups.append(((place, measured), (self._positions, length)))
        self._keep(self._copying.measured(scores, groups), EVERY)

    def _copies(self) -> None:
        if self._copying is None:
            return
        keys = [c for c in self.pool.kept if c is not self._ones]
        self._keep(self._copying.heads(keys, _LEADS), 2.0)
        best, fallbacks = self._ranking.best, self._grammar.fallbacks
        places, computed = self._places(), self._copying.computed
        self._keep(computed(best(places, 12), [self._positions], 12))
        numbers = [c for c in self.pool.kept if c.domain.numerical]
        far = [c for c in self.pool.of("difference") if c.inputs[1] in places]
        queries = [*self._lengths(), *self.pool.of("half"), *self._telling(far)[:8]]
        keys = [self._positions, *best(numbers, 8)]
        self._keep(computed(queries, keys, 8), 0.3)
        others = distinct([*self._lengths(), *best(places, 8), *best(numbers, 8)])
        groups = [(self._positions, c) for c in others if c is not self._ones]
        self._keep(self._copying.places(groups, 8), 0.3)
        copies = best(self.pool.of("copy"), 16)
        self._keep(fallbacks(copies, copies), 0.3)
        twice = best(self.pool.of("fallback"), 4)
        self._keep(fallbacks(twice, [self._tokens]), 0.3)

    def _telling(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        listed = [*candidates]
        self._ranking.score(listed)
        return sorted(listed, key=lambda c: -self._ranking.label_score(c))

    def _join(self) -> None:
        # Flags on two values; twice, so that three and four values join as well.
        few = [c for c in self.pool.kept if c.domain.size <= MOST_VALUES]
        few = [c for c in few if c is not self._ones]
        always = [self._tokens, *self.pool.of("remainder")]
        always += self._beside(self.pool.of("near"))[:2]
        for _ in range(2):
            read = distinct(
                [*self._ranking.best(few, 40), *always, *self._leaders(few)]
            )
            proposed = list(joins(read, self._sample, 3 * _JOINED, self._work))
            for label in dict.fromkeys(label for label, _ in proposed):
                fresh = self._new(c for goal, c in proposed if goal == label)
                if label is None:
                    self._ranking.score(fresh)
                    few += self.pool.keep(fresh, self._ranking.label_score, _JOINED)
                else:  # in the order of what they tell of that label
                    few += self.pool.keep(fresh, lambda _: 0.0, _OF_A_LABEL)

    def _leaders(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        # Of every family the best ones, so that many alike do not hide another kind.
        families: dict[str, list[Candidate]] = {}
        for candidate in self._telling(candidates):
            families.setdefault(candidate.family, []).append(candidate)
        leaders = [c for family in families.values() for c in family[:_LEADERS]]
        return leaders + [c for c in self._telling(candidates) if c.domain.size == 2]

    def _ends(self, values: Sequence[Candidate]) -> Iterator[Candidate]:
        # Values at the first and the last places, wherever one is.
        places = [self._positions, *self._lengths()[:1]]
        marks = [(c, i) for c in places for i in range(min(ENDS, c.domain.size))]
        return self._grammar.latches(marks, values, [self._widest], "near")

    def _lengths(self) -> list[Candidate]:
        # The numbers of positions that follow, and of all.
        counts = self.pool.of("compare")
        return [c for c in counts if c.inputs == (self._ones,) * 3][:2]

    def _places(self) -> list[Candidate]:
        # The places that heads found.
        kept = self.pool.kept
        return [c for c in kept if c.domain.kind is Kind.POSITION and c.inputs]

    def _beside(self, near: Iterable[Candidate]) -> list[Candidate]:
        # The tokens at a fixed distance; those one position before and after first.
        place = self._positions
        return [c for c in near if c.inputs[:2] == (place, place)]

    def _select(self) -> None:
        # Which of two variables says the label, and which of two selections.
        for _ in range(_SELECTIONS):
            sources = self._sources()
            gates = self._gates()
            proposed = self._selection.proposals(sources, gates, _SELECTED)
            fresh = self._new(proposed)
            if not fresh:
                return
            self.selected += fresh

    def _sources(self) -> list[Source]:
        # Those that are right most often, and those that are right where no other is.
        known = self._said
        kept = [*self.pool.kept, *self.selected]
        for candidate in kept:
            if candidate.fingerprint not in known:
                known[candidate.fingerprint] = self._selection.source(candidate)
        every = [known[c.fingerprint] for c in kept]
        every.sort(key=lambda source: -np.count_nonzero(source.right))
        chosen = every[:_SOURCES]
        covered = np.zeros_like(every[0].right)
        rest = [*self._selection.constants(), *every]
        for _ in range(_SOURCES):
            new = [np.count_nonzero(source.right & ~covered) for source in rest]
            best = rest[new.index(max(new))]
            if not (best.right & ~covered).any():
                break
            covered |= best.right
            chosen.append(best)
        # Of pairs that are as often right the first one is taken: the cheaper copies.
        copies = sorted((s for s in chosen if s.copied), key=lambda s: s.price)
        ordered = [*copies, *chosen]
        return list({id(source): source for source in ordered}.values())

    def _gates(self) -> list[tuple[Candidate, ...]]:
        small = [
            c for c in self.pool.kept if c.domain.size <= _GATE and c is not self._ones
        ]
        best = self._ranking.best(small, _PAIRED)
        pairs = distinct([self._positions, self._tokens, *self._lengths(), *best])
        return [*((c,) for c in small), *combinations(pairs, 2)]

    def _settle(self, groups: Sequence[tuple[Candidate, ...]]) -> None:
        # Flags on what settles the label, and one step ahead, whether one was up.
        verdicts = self._new(self._grammar.verdicts(self._ranking.labels, groups))
        scopes = (Scope.CAUSAL, Scope.ALL)
        self._keep(self._grammar.flag_counts(verdicts, scopes), 0.5)
        self._ranking.score(verdicts)
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
        self._ranking.score(fresh)
        kept = self.pool.keep(fresh, self._ranking.label_score, beam)
        if self._ranking.hits is not None and len(fresh) > beam:
            chosen = {id(c) for c in kept}
            rest = [c for c in fresh if id(c) not in chosen]
            self._ranking.score(rest, hits=True)
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
