"""Pruning: smaller programs that are nearly as accurate.

From the whole program step by step to hardly anything: what costs the least accuracy is
removed, and the readout fitted anew. The program that is kept is then minimised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from transformer_programs.analysis import LARGEST, Comparison, length_bound
from transformer_programs.codegen import code_lines, emit_python, table_entries
from transformer_programs.data import Encoded, Quality, Scorer
from transformer_programs.errors import LengthError
from transformer_programs.language import (
    ONES,
    Batch,
    Interpreter,
    Kind,
    Program,
    Statement,
)
from transformer_programs.optimize.minimising import Length, measure, minimise
from transformer_programs.optimize.readouts import Weights, fit_readout
from transformer_programs.optimize.resizing import resize
from transformer_programs.optimize.simpler import grid_of
from transformer_programs.optimize.statements import (
    Domains,
    Ids,
    cells_of,
    constant,
    drop_dead,
    entries_listed,
    is_decision,
    is_head,
    with_cells,
    with_terms,
)

_TRIED = 8
"""Removals whose readout is refitted, of those that cost least without that."""

_BEYOND = 0.1
"""Pruning ends where the score has fallen by so much more than is allowed."""

_SHIFTS = (0, -1, 1)
"""Differences of key and query that are tried, the most natural first."""

_TIMES = (2, 4)
"""Times its own length at which a program that holds at any length is compared."""

_DRAWN = 500
"""Inputs that are drawn at each of these lengths."""

Seen = Mapping[str, Ids]
"""For every variable its ids at the tokens of some data, in the same order."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One program on the way.

    Attributes:
        program: The program.
        quality: Its scores on validation data.
        lines: Lines of code of its ``program.py``.
        entries: Number of entries that its tables, predicates and weights list.
        removed: What was taken out of the program before, in words.
    """

    program: Program
    quality: Quality
    lines: int
    entries: int
    removed: str

    @property
    def statements(self) -> int:
        """Number of statements."""
        return len(self.program.statements)

    @property
    def score(self) -> float:
        """Accuracy, or entity F1 where labels are BIO tags; 0..1."""
        return self.quality.score

    def numbers(self) -> dict[str, Any]:
        """Return all but the program, for scripts."""
        return self.quality.numbers() | {
            "statements": self.statements,
            "lines": self.lines,
            "entries": self.entries,
            "removed": self.removed,
        }


@dataclass(frozen=True, slots=True)
class Pruning:
    """The result of pruning.

    Attributes:
        stages: From the program as it was, to the smallest one that was looked at.
        chosen: The shortest stage whose score is at most ``tolerance`` below that of
            the first, and that lists no more entries than it.
        kept: The chosen one, made as short as its labels allow.
        tolerance: How much of the score may be lost; 0..1.
    """

    stages: tuple[Stage, ...]
    chosen: Stage
    kept: Stage
    tolerance: float

    @property
    def changed(self) -> bool:
        """Whether the program that was kept is another one."""
        return self.kept.program != self.stages[0].program


def prune(
    program: Program,
    train: Encoded,
    validation: Scorer,
    tolerance: float,
    on_stage: Callable[[Stage], None] | None = None,
    on_phase: Callable[[str], None] | None = None,
) -> Pruning:
    """Remove what costs the least accuracy, greedily, until it has clearly fallen.

    In every step each head, table and term of the readout is removed for a trial; of
    those that cost the least on validation data some are tried together, and some one
    by one with a readout refitted on training data. The best of these is the next
    stage. Everything is deterministic.

    Args:
        program: A valid program.
        train: Data that readouts are fitted to.
        validation: Scorer that says how much a removal costs.
        tolerance: How much of the score may be lost: a part of the labels, or of the
            entity F1 where labels are BIO tags; 0..1.
        on_stage: Called with every stage.
        on_phase: Told that the chosen one is made shorter, which may take a while.
    """
    pruner = _Pruner(train, validation)
    first = stage = pruner.stage(program, "")
    stages: list[Stage] = []
    floor = stage.score - tolerance
    weights: Weights = {}
    while True:
        stages.append(stage)
        if on_stage is not None:
            on_stage(stage)
        found = pruner.next(stage, weights, floor)
        if found is None or found.score < floor - _BEYOND:
            break
        stage, weights = pruner.stage(found.program, found.removed), found.weights
    enough = [s for s in stages if s.score >= floor and s.entries <= first.entries]
    chosen = min(enough, key=lambda s: (s.lines, s.statements, -s.score))
    if on_phase is not None:
        on_phase("making the program shorter, with the same labels")
    kept = pruner.stage(shorter(chosen.program), chosen.removed)
    return Pruning(tuple(stages), chosen, kept, tolerance)


def quality_of(program: Program, scorer: Scorer) -> Quality:
    """Score a program on labelled data."""
    batch = Batch(scorer.data.ids, scorer.data.lengths)
    return scorer.quality(Interpreter(program).predict(batch))


class _Trial(NamedTuple):
    score: float
    program: Program
    weights: Weights
    removed: str


class _Pruner:
    def __init__(self, train: Encoded, validation: Scorer) -> None:
        self._train, self._validation = train, validation

    def stage(self, program: Program, removed: str) -> Stage:
        lines = code_lines(emit_python(program))
        quality = quality_of(program, self._validation)
        return Stage(program, quality, lines, table_entries(program), removed)

    def score(self, program: Program) -> float:
        return quality_of(program, self._validation).score

    def next(self, stage: Stage, weights: Weights, floor: float) -> _Trial | None:
        # The best program with less in it; None if there is nothing to take out.
        program = stage.program
        data = self._validation.data
        batch = Batch(data.ids, data.lengths)
        traced, real = Interpreter(program).trace(batch), batch.real.T
        seen = {name: ids[real] for name, ids in traced.items()}
        trials = [
            (self.score(without_parts(program, [removal])), removal)
            for removal in removals(program, seen)
        ]
        trials.sort(key=lambda trial: (-trial[0], -trial[1].entries))
        free = [removal for score, removal in trials if score >= stage.score]
        while len(free) > 1:  # all that cost nothing alone; or half of them, ...
            found = self._without(program, free, weights)
            if found.score >= min(stage.score, floor):
                return found
            free = free[: len(free) // 2]
        each = [self._without(program, [part], weights) for _, part in trials[:_TRIED]]
        return max(each, key=lambda trial: trial.score, default=None)

    def _without(
        self, program: Program, parts: list[Removal], weights: Weights
    ) -> _Trial:
        # Without these parts, the readout fitted anew if that helps.
        smaller = _tidied(without_parts(program, parts))
        score = self.score(smaller)
        if smaller.readout.terms:
            fitted, new = fit_readout(smaller, self._train, weights)
            anew = self.score(fitted)
            if anew >= score:
                smaller, score, weights = fitted, anew, new
        return _Trial(score, smaller, weights, ", ".join(part.words for part in parts))


def _tidied(program: Program) -> Program:
    # Without what nothing reads, and weights of variables that are constant. These only
    # favour some labels everywhere, as a readout that is fitted anew does as well.
    constant = {s.output for s in program.statements if s.inputs == (ONES,)}
    terms = program.readout.terms
    read = tuple(t for t in terms if t.variable not in constant)
    return drop_dead(with_terms(program, read or terms))


@dataclass(frozen=True, slots=True)
class Removal:
    """A part of a program that can be removed.

    Attributes:
        variable: Variable that it is about.
        statement: What computes the variable instead; None if its weights go.
        entries: How many table entries, keys or weights there are less.
        words: What is done.
    """

    variable: str
    statement: Statement | None
    entries: int
    words: str


def removals(program: Program, seen: Seen) -> Iterator[Removal]:
    """Propose every part that can be removed.

    A statement becomes constant; the predicate of a head becomes the comparison that
    is most like it; a table of two inputs reads only one; weights of a variable go.

    Args:
        program: A valid program.
        seen: Values of variables, and how often they occur.
    """
    for statement in program.statements:
        for words, other in _simpler(statement, program, seen):
            fewer = entries_listed(statement) - entries_listed(other)
            if fewer > 0 or other.inputs == (ONES,) != statement.inputs:
                yield Removal(statement.output, other, fewer, words)
    if len(program.readout.terms) > 1:
        for term in program.readout.terms:
            name, weights = term.variable, sum(map(len, term.weights))
            yield Removal(name, None, weights, f"weights of {name}")


def without_parts(program: Program, parts: Sequence[Removal]) -> Program:
    """Return the program without these parts: same variables, same domains."""
    instead = {p.variable: p.statement for p in parts if p.statement is not None}
    dropped = {p.variable for p in parts if p.statement is None}
    statements = tuple(instead.get(s.output, s) for s in program.statements)
    terms = program.readout.terms
    kept = tuple(t for t in terms if t.variable not in dropped)
    return with_terms(replace(program, statements=statements), kept or terms[:1])


def _simpler(
    statement: Statement, program: Program, seen: Seen
) -> Iterator[tuple[str, Statement]]:
    # Simpler statements, and what was done.
    name, domains = statement.output, program.domains
    common = int(np.bincount(seen[name]).argmax())
    yield name, constant(name, common, domains[name])
    if is_head(statement):
        plain = _plain(statement, domains, seen)
        if plain is not None:
            yield f"exceptions of {name}", plain
    elif is_decision(statement) and len(statement.terms) > 1:
        for term in statement.terms:
            others = tuple(t for t in statement.terms if t != term)
            words = f"weights of {term.variable} in {name}"
            yield words, replace(statement, terms=others)
    elif len(statement.listed) == 2:
        for kept, read in enumerate(statement.listed):
            table = _of_one_input(statement, kept, domains, seen)
            yield f"{read} alone in {name}", with_cells(statement, (read,), table)


def _plain(head: Statement, domains: Domains, seen: Seen) -> Statement | None:
    # With the comparison of key and query that agrees with most pairs of values.
    names = head.listed
    query, key = (domains[name] for name in names)
    tokens = Kind.TOKEN in (query.kind, key.kind)
    if query.size * key.size > LARGEST or (tokens and query != key):
        return None
    wanted = cells_of(head, domains)
    often = np.outer(
        *(np.bincount(seen[name], minlength=domains[name].size) for name in names)
    )
    signs = ("==", "<", ">", "!=") if query == key or not tokens else ("==", "!=")
    forms = [
        grid_of(Comparison(sign, shift), query, key)
        for sign, shift in product(signs, (0,) if tokens else _SHIFTS)
    ]
    best = max(forms, key=lambda form: float((often * (form == wanted)).sum()))
    return None if (best == wanted).all() else with_cells(head, names, best)


def _of_one_input(table: Statement, kept: int, domains: Domains, seen: Seen) -> Ids:
    # For every value of one input, what the table gives most often.
    cells = cells_of(table, domains)
    often = np.zeros(cells.shape)
    np.add.at(often, tuple(seen[name] for name in table.listed), 1)
    if kept == 1:
        cells, often = cells.T, often.T
    counts = np.zeros((len(cells), domains[table.output].size))
    rows = np.broadcast_to(np.arange(len(cells))[:, None], cells.shape)
    np.add.at(counts, (rows, cells), often + 1e-6)  # unseen cells count a little
    chosen: Ids = counts.argmax(axis=1)
    return chosen


def shorter(program: Program) -> Program:
    """Minimise a program that is to be read: no more table entries than before.

    A program that holds at any length is kept as it is unless the shorter one does so
    too, and gives the same labels on drawn inputs of two and four times its length.

    Args:
        program: A valid program.
    """
    most, free = table_entries(program), not length_bound(program)

    def measured(program: Program) -> Length:
        # More entries, or a bound to its length, cost most: a closed form is not
        # replaced by a table, which would be shorter and say less.
        more = max(0, table_entries(program) - most)
        bound = free and bool(length_bound(program))
        return more, int(bound), *measure(program)

    found = minimise(program, measured=measured)
    if found == program or not free or _same_beyond(program, found):
        return found
    return program


def _same_beyond(one: Program, other: Program) -> bool:
    # Whether two programs that hold at any length agree on drawn longer inputs.
    form, rng = one.input, np.random.default_rng(0)
    for times in _TIMES:
        length = times * form.max_bare_length
        drawn = rng.choice(form.symbols, (_DRAWN, length)).tolist()
        try:
            longer = [resize(p, length + form.frame_size) for p in (one, other)]
        except LengthError:  # too large to be written out
            return False
        if Interpreter(longer[0]).labels(drawn) != Interpreter(longer[1]).labels(drawn):
            return False
    return True
