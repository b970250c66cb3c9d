"""A program as the steps of a Transformer, over the values that can occur.

What is a function of the token or of the position alone is embedded; a table of one
variable is a linear map of its one-hot vector, an *image*, and takes no step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis import reachable_values
from transformer_programs.errors import SettingsError
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Decide,
    Head,
    Program,
    Scope,
    Statement,
    Table,
    Term,
)
from transformer_programs.nn.ordinary.units import Ids, Matrix

MOST_PARAMETERS = 1 << 26
"""The largest Transformer that is made: 256 MB of float32."""

_CELLS = 1 << 12  # a decision over so many combinations is a table

_INWARD = (Scope.BEFORE, Scope.CAUSAL)


@dataclass(frozen=True, slots=True)
class HeadStep:
    """A head.

    Attributes:
        output: the variable that it writes.
        inputs: query, key and value.
        scope: the positions that it may look at.
        matching: (queries, keys), which of the values that occur match.
        sums: whether it sums, and does not copy.
        places: (positions, positions), which ones match if the tokens do not matter;
            else None.
        always: whether something matches anywhere.
    """

    output: str
    inputs: tuple[str, str, str]
    scope: Scope
    matching: NDArray[np.bool_]
    sums: bool
    places: NDArray[np.bool_] | None
    always: bool


@dataclass(frozen=True, slots=True)
class TableStep:
    """A table of two variables that vary.

    Attributes:
        output: the variable that it writes.
        inputs: the variables.
        cells: indices of values of the output, by indices of values of the inputs.
    """

    output: str
    inputs: tuple[str, ...]
    cells: Ids


@dataclass(frozen=True, slots=True)
class DecideStep:
    """A decision by sums of weights.

    Attributes:
        output: the variable that it writes.
        inputs: the variables of the terms.
        terms: the weights.
        size: how many values are decided on.
    """

    output: str
    inputs: tuple[str, ...]
    terms: tuple[Term, ...]
    size: int


Step = HeadStep | TableStep | DecideStep


@dataclass(frozen=True, slots=True)
class Image:
    """A table of one variable.

    Attributes:
        output: the variable that it writes.
        indices: an index of a value of the output, by index of a value of the input.
        matrix: the same for one-hot vectors.
    """

    output: str
    indices: Ids
    matrix: Matrix


class TransformerSteps:
    """The steps of a program.

    Attributes:
        program: the program.
        ids: the values that each variable can have, of those that are needed.
        embedded: the ids of embedded variables, by code of the token or by position.
        positional: which of these are functions of the position.
        starts: the values that each variable can have at position 0.
        images: images by the variable that they are maps of.
        steps: the steps in their order.

    Raises:
        SettingsError: If a variable has too many values.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.length = program.input.max_length
        needed = _needed(program)
        self._statements = [s for s in program.statements if s.output in needed]
        self.ids = self._reachable(needed)
        self.embedded: dict[str, Ids] = {}
        self.positional = {POSITIONS}
        self._embed()
        self.starts = self._at_start()
        self.images: dict[str, list[Image]] = {}
        self.steps: list[Step] = []
        for statement in self._statements:
            varies = not self.constant(statement.output)
            if varies and statement.output not in self.embedded:
                self._add(statement)

    def constant(self, name: str) -> bool:
        """Whether a variable has one value only, so that nothing needs to say it."""
        return len(self.ids[name]) == 1

    def contributions(self, term: Term, ids: Ids) -> Ids:
        """Return what values of a term's variable add to the scores, (values, D)."""
        weights = np.array(term.weights, dtype=np.int64)
        numerical = self.program.domains[term.variable].numerical
        found: Ids = ids[:, None] * weights if numerical else weights[ids]
        return found

    def _reachable(self, needed: set[str]) -> dict[str, Ids]:
        found = reachable_values(self.program)
        for name in needed - found.keys():
            raise too_large(
                self.program, f"{name!r} may have more than a million values"
            )
        return {name: np.asarray(found[name], dtype=np.int64) for name in needed}

    def _embed(self) -> None:
        form = self.program.input
        if form.code_count > MOST_PARAMETERS >> 2:
            why = f"tokens have {form.code_count:,} combinations of words and features"
            raise too_large(self.program, why)
        codes = np.arange(form.code_count)
        found = {
            TOKENS: form.word_ids(codes),
            ONES: np.ones_like(codes),
            **{s.name: form.surface_ids(codes, s.name) for s in form.surfaces},
            POSITIONS: np.arange(self.length),
        }
        for statement in self._statements:
            read = [name for name in statement.inputs if name != ONES]
            of_positions = {name in self.positional for name in read}
            known = all(name in found for name in read)
            if statement.looks_around or not known or len(of_positions) > 1:
                continue
            here = True in of_positions
            size = self.length if here else form.code_count
            ones = {ONES: np.ones(size, dtype=np.int64)}
            columns = {name: found[name] for name in read} | ones
            found[statement.output] = self._computed(statement, columns, size)
            if here:
                self.positional.add(statement.output)
        self.embedded = {name: ids for name, ids in found.items() if name in self.ids}

    def _at_start(self) -> dict[str, Ids]:
        # Where only the begin token stands, if there is one.
        form = self.program.input
        one = np.ones(1, dtype=np.int64)
        found = {POSITIONS: 0 * one, ONES: one}
        if form.begin is not None:
            begin = np.array([form.frame_code(form.begin)])
            found |= {s.name: form.surface_ids(begin, s.name) for s in form.surfaces}
            found[TOKENS] = form.word_ids(begin)
        for statement in self._statements:
            match statement:
                case Head(scope=scope, sums=False, value=value) if scope in _INWARD:
                    if value in found:
                        found[statement.output] = found[value]
                case Head(scope=Scope.BEFORE):
                    found[statement.output] = 0 * one
                case Table() | Decide():
                    read = {n: found[n] for n in statement.inputs if n in found}
                    if len(read) == len({*statement.inputs}):
                        found[statement.output] = self._computed(statement, read, 1)
        return {name: found.get(name, values) for name, values in self.ids.items()}

    def _computed(
        self, statement: Statement, columns: Mapping[str, Ids], size: int
    ) -> Ids:
        # What a table or a decision writes, for each row of its inputs.
        match statement:
            case Table():
                sizes = [self.program.domains[n].size for n in statement.inputs]
                table = np.array(statement.table, dtype=np.int64).reshape(sizes)
                found: Ids = table[tuple(columns[n] for n in statement.inputs)]
                return found
            case Decide():
                scores = np.zeros((size, statement.domain.size), dtype=np.int64)
                for term in statement.terms:
                    scores += self.contributions(term, columns[term.variable])
                winner: Ids = scores.argmax(1)
                return winner
            case Head():
                raise AssertionError("heads look around")

    def _add(self, statement: Statement) -> None:
        if isinstance(statement, Head):
            self.steps.append(self._head(statement))
            return
        read = tuple(dict.fromkeys(statement.inputs))
        varying = tuple(name for name in read if not self.constant(name))
        cells = np.prod([float(len(self.ids[name])) for name in varying])
        if isinstance(statement, Decide) and (len(varying) > 2 or cells > _CELLS):
            terms, size = statement.terms, statement.domain.size
            self.steps.append(DecideStep(statement.output, read, terms, size))
            return
        # All combinations of the values that occur.
        grid = np.ix_(*(self.ids[name] for name in varying))
        shape = np.broadcast_shapes(*(axis.shape for axis in grid))
        columns = {name: np.broadcast_to(self.ids[name][0], shape) for name in read}
        columns |= {
            n: np.broadcast_to(a, shape) for n, a in zip(varying, grid, strict=True)
        }
        rows = {name: column.reshape(-1) for name, column in columns.items()}
        found = self._computed(statement, rows, int(cells))
        output = self.ids[statement.output]
        indices = np.searchsorted(output, found).reshape(shape)
        if len(varying) == 1 and varying[0] not in self.embedded:
            image = Image(statement.output, indices, np.eye(len(output))[indices])
            self.images.setdefault(varying[0], []).append(image)
            return
        self.steps.append(TableStep(statement.output, varying, indices))

    def _head(self, head: Head) -> HeadStep:
        keys = self.ids[head.key]
        rows = [np.isin(keys, head.predicate[q]) for q in self.ids[head.query].tolist()]
        matching = np.array(rows).reshape(len(rows), len(keys))
        places = None
        if head.query == POSITIONS and head.key == POSITIONS:
            places = matching
        elif matching.all():
            places = np.ones((self.length, self.length), dtype=np.bool_)
        itself = head.query == head.key and head.scope in (Scope.ALL, Scope.CAUSAL)
        return HeadStep(
            head.output,
            (head.query, head.key, head.value),
            head.scope,
            matching,
            head.sums,
            places,
            bool(itself and np.diag(matching).all()),
        )


def too_large(program: Program, why: str) -> SettingsError:
    """Return the error for a program that is too large, with what is large in it."""
    return SettingsError(
        f"{program.name!r} is too large for an ordinary Transformer: {why}; at most "
        f"{MOST_PARAMETERS:,} parameters are written: choose a smaller --max-length, "
        "or a smaller program (tprog simplify)"
    )


def _needed(program: Program) -> set[str]:
    needed = {term.variable for term in program.readout.terms}
    for statement in reversed(program.statements):
        if statement.output in needed:
            needed.update(statement.inputs)
    return needed
