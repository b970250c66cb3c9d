"""Where an ordinary Transformer computes what: layers, and the residual stream.

The residual stream has a dimension for every value of every variable that a layer
reads. Layer ``b`` computes heads at stage ``2 b`` and tables at stage ``2 b + 1``; the
embedding is stage -1. Statements come as early as what they read allows, so that those
of one depth share a layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis import reachable_values
from transformer_programs.errors import SettingsError
from transformer_programs.language import (
    INPUTS,
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Decide,
    Head,
    Pooling,
    Program,
    Scope,
    Statement,
    Table,
    Term,
    Value,
)
from transformer_programs.nn.ordinary.units import Ids

BOS, PAD = "<bos>", "<pad>"
"""The flags of the two tokens that a Transformer has besides those of the program."""

EMBEDDED = -1

MOST_PARAMETERS = 1 << 26
"""The largest Transformer that is made: 256 MB of float32."""

_CELLS = 1 << 12  # a decision over so many combinations is a table

Name = tuple[str, Value]
"""A dimension: a variable, or what helps to compute one, and a value."""


@dataclass(frozen=True, slots=True)
class Subspace:
    """The dimensions of a variable.

    Attributes:
        start: the first one.
        ids: the value that each stands for.
    """

    start: int
    ids: Ids

    @property
    def dims(self) -> Ids:
        """The dimensions."""
        return np.arange(self.start, self.start + len(self.ids))


@dataclass(frozen=True, slots=True)
class Placed:
    """A statement that layers compute, and where.

    Attributes:
        statement: it; decisions over few combinations are tables here.
        layer: the layer, or the first of two.
        stage: when its output is complete.
        default: of heads that copy, the value where nothing matches: None if it is
            always the same as elsewhere, an id, or "first": that of position 0.
    """

    statement: Statement
    layer: int
    stage: int
    default: int | str | None = None


class Layout:
    """The layers and the residual stream of a program.

    Attributes:
        program: the program.
        causal: whether positions look at earlier ones alone.
        embedded: the ids of the variables that the embedding writes, by code of the
            token or by position.
        placed: the statements that layers compute, in their order.
        images: tables of one variable, by it: what writes the variable writes them too,
            because they are linear maps of its one-hot vector.
        ids: the values that each variable needs.
        subspaces: the dimensions of each variable, and of what helps.
        names: what each dimension stands for.
        stages: when each variable is complete.
        layers: how many there are.

    Raises:
        SettingsError: If it would be too large.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.length = program.input.max_length
        self.domains = program.domains
        self._needed = _needed(program)
        self.ids = self._reachable()
        self.embedded, self._of_positions = self._embedding()
        heads = [h for h in program.heads if h.output in self._needed]
        inward = all(h.scope in (Scope.BEFORE, Scope.CAUSAL) for h in heads)
        self.causal = inward and program.readout.pooling is not Pooling.MEAN
        self.subspaces: dict[str, Subspace] = {}
        self.names: list[Name] = []
        self._add(BOS, np.zeros(1, dtype=np.int64))
        self._add(PAD, np.zeros(1, dtype=np.int64))
        self.stages: dict[str, int] = dict.fromkeys(self.embedded, EMBEDDED)
        self.placed: list[Placed] = []
        self.first_copies: dict[str, int] = {}  # the layer that copies position 0
        self.images: dict[str, list[Table]] = {}
        self._starts = _at_start(program, self.ids)
        self._place()
        self._allocate()
        self._check()

    def read(self) -> Iterator[str]:
        """Yield the variables that layers and unembedding read."""
        for placed in self.placed:
            yield from placed.statement.inputs
        yield from (term.variable for term in self.program.readout.terms)

    def constant(self, name: str) -> bool:
        """Whether a variable has one value only, so that nothing needs to say it."""
        return len(self.ids[name]) == 1

    def values_at_start(self, name: str) -> Ids:
        """Return the ids that a variable can have at position 0."""
        return self._starts[name]

    def by_position(self, name: str) -> bool:
        """Whether an embedded variable is one of positions, not of tokens."""
        return name in self._of_positions

    def _reachable(self) -> dict[str, Ids]:
        found = reachable_values(self.program)
        for name in self._needed - found.keys():
            self.refuse(f"{name!r} may have more than {1 << 20:,} values")
        return {name: np.asarray(found[name], dtype=np.int64) for name in self._needed}

    def _embedding(self) -> tuple[dict[str, Ids], set[str]]:
        # What is a function of the token alone, or of the position alone.
        form, program = self.program.input, self.program
        if form.code_count > MOST_PARAMETERS >> 2:
            self.refuse(f"its tokens have {form.code_count:,} combinations of features")
        codes = np.arange(form.code_count)
        found = {
            TOKENS: form.word_ids(codes),
            ONES: np.ones_like(codes),
            **{s.name: form.surface_ids(codes, s.name) for s in form.surfaces},
            POSITIONS: np.arange(self.length),
        }
        positional = {POSITIONS}
        for statement in program.statements:
            if statement.output not in self._needed or isinstance(statement, Head):
                continue
            read = [name for name in statement.inputs if name != ONES]
            if not all(name in found for name in read):
                continue
            of_positions = [name in positional for name in read]
            if any(of_positions) and not all(of_positions):
                continue
            size = self.length if any(of_positions) else form.code_count
            columns = {name: found[name] for name in read}
            columns |= {ONES: np.ones(size, dtype=np.int64)}
            found[statement.output] = computed(statement, columns, program, size)
            if any(of_positions):
                positional.add(statement.output)
        needed = {name: ids for name, ids in found.items() if name in self._needed}
        return needed, positional

    def _place(self) -> None:
        # As early as possible.
        program = self.program
        for statement in program.statements:
            if statement.output in self._needed - self.embedded.keys():
                read = self._as_table(statement)
                source = self._source(read)
                if isinstance(read, Table) and source is not None:
                    self.images.setdefault(source, []).append(read)
                    self.stages[read.output] = self.stages[source]
                    continue
                placed = self._placed(read)
                self.placed.append(placed)
                self.stages[statement.output] = placed.stage
        last = max([EMBEDDED, *(self.stages[name] for name in self.read())])
        if program.readout.pooling is Pooling.MEAN:
            last = _attention_after(last)
            self.pool_layer = last // 2
        self.layers = max(1, last // 2 + 1)

    def _allocate(self) -> None:
        # Dimensions for what layers or the unembedding read.
        program, read = self.program, set(self.read())
        if any(self._looks_at_positions(placed.statement) for placed in self.placed):
            self.ids.setdefault(POSITIONS, np.arange(self.length))
            self.embedded.setdefault(POSITIONS, np.arange(self.length))
            self.stages.setdefault(POSITIONS, EMBEDDED)
            self._add(POSITIONS, self.ids[POSITIONS])
        for name in (*INPUTS, *self.stages):
            if name in read and name not in self.subspaces and not self.constant(name):
                self._add(name, self.ids[name])
        for placed in self.placed:
            self._add_helpers(placed)
        if program.readout.pooling is Pooling.MEAN:
            self._add("score", np.arange(len(program.readout.labels)))

    def _placed(self, statement: Statement) -> Placed:
        ready = max([EMBEDDED, *(self.stages[name] for name in statement.inputs)])
        match statement:
            case Head(aggregate=Aggregate.NEAREST):
                stage = _attention_after(ready)
                default = self._default(statement)
                if default == "first":
                    self.first_copies.setdefault(statement.value, stage // 2)
                late = 1 if default == "first" else 0
                return Placed(statement, stage // 2, stage + late, default)
            case Head():
                stage = _attention_after(ready)
                return Placed(statement, stage // 2, stage + 1)
            case Table():
                stage = _tables_after(ready)
                return Placed(statement, stage // 2, stage)
            case Decide():
                stage = _tables_after(ready)
                late = 2 if len(self.ids[statement.output]) > 2 else 0
                return Placed(statement, stage // 2, stage + late)

    def _as_table(self, statement: Statement) -> Statement:
        if not isinstance(statement, Decide):
            return statement
        read = tuple(dict.fromkeys(statement.inputs))
        sizes = [self.domains[name].size for name in read]
        if len(read) not in (1, 2) or np.prod(sizes, dtype=float) > _CELLS:
            return statement
        grid = np.indices(sizes).reshape(len(read), -1)
        columns = dict(zip(read, grid, strict=True))
        table = computed(statement, columns, self.program, grid.shape[1])
        return Table(statement.output, read, tuple(table.tolist()), statement.domain)

    def _source(self, statement: Statement) -> str | None:
        # The one variable that a layer writes and that a table depends on.
        varying = {name for name in statement.inputs if not self.constant(name)}
        if not isinstance(statement, Table) or len(varying) != 1:
            return None
        (name,) = varying
        return None if name in self.embedded else name

    def image(self, table: Table, source: str) -> NDArray[np.float64]:
        """Return the matrix of a table of one variable, (its values, outputs)."""
        rows = self.ids[source]
        columns = {
            name: rows
            if name == source
            else np.broadcast_to(self.ids[name], rows.shape)
            for name in table.inputs
        }
        found = computed(table, columns, self.program, len(rows))
        matrix: NDArray[np.float64] = np.eye(len(self.ids[table.output]))
        return matrix[np.searchsorted(self.ids[table.output], found)]

    def matching(self, head: Head) -> NDArray[np.bool_]:
        """Return which keys (second) match which queries, of those that occur."""
        keys = self.ids[head.key]
        rows = [np.isin(keys, head.predicate[q]) for q in self.ids[head.query].tolist()]
        return np.array(rows).reshape(len(self.ids[head.query]), len(keys))

    def positional(self, head: Head) -> bool:
        """Whether the position decides where a head looks, whatever the tokens are."""
        both = head.query == POSITIONS and head.key == POSITIONS
        return both or bool(self.matching(head).all())

    def _looks_at_positions(self, statement: Statement) -> bool:
        if not isinstance(statement, Head) or self.constant(statement.output):
            return False
        free = Scope.CAUSAL if self.causal else Scope.ALL
        return not statement.sums or statement.scope is not free

    def _default(self, head: Head) -> int | str | None:
        if self.positional(head) or _matches_itself(head, self.matching(head)):
            return None
        found = self.values_at_start(head.value)
        return int(found[0]) if len(found) == 1 else "first"

    def _add(self, name: str, ids: Ids) -> None:
        self.subspaces[name] = Subspace(len(self.names), ids)
        domain = self.domains.get(name)
        values = ids.tolist()
        self.names += [(name, i if domain is None else domain.value(i)) for i in values]

    def _add_helpers(self, placed: Placed) -> None:
        match placed.statement:
            case Head(aggregate=Aggregate.SUM, output=output):
                self._add(f"{output}:share", np.zeros(1, dtype=np.int64))
            case Head(output=output, value=value) if placed.default == "first":
                self._add(f"{output}:none", np.zeros(1, dtype=np.int64))
                if f"{value}:first" not in self.subspaces:
                    self._add(f"{value}:first", self.values_at_start(value))
            case Decide(output=output) if placed.stage // 2 > placed.layer:
                size = len(self.ids[output])
                self._add(f"{output}:larger", np.arange(size * (size - 1) // 2))

    def _check(self) -> None:
        # A bound from below, before anything is allocated.
        form = self.program.input
        width, heads = len(self.names), len(self.program.heads)
        least = width * (form.code_count + self.length)
        if heads:
            least += 2 * width * self.length
        if least > MOST_PARAMETERS:
            name, size = self.widest()
            self.refuse(
                f"it has at least {least:,} parameters (residual stream {width:,}, "
                f"of which {size:,} are for values of {name!r})"
            )

    def widest(self) -> tuple[str, int]:
        """Return the variable with the most dimensions, and their number."""
        sizes = {name: len(space.ids) for name, space in self.subspaces.items()}
        name = max(sizes, key=lambda name: sizes[name])
        return name, sizes[name]

    def refuse(self, why: str) -> NoReturn:
        """Raise the error for a program that is too large, with what is large in it."""
        raise SettingsError(
            f"{self.program.name!r} is too large for an ordinary Transformer: {why}; "
            f"at most {MOST_PARAMETERS:,} parameters are written: choose a smaller "
            "--max-length, or a smaller program (tprog simplify)"
        )


def computed(
    statement: Statement, columns: dict[str, Ids], program: Program, size: int
) -> Ids:
    """Return what a table or a decision writes, for each row of its inputs."""
    match statement:
        case Table():
            sizes = [program.domains[name].size for name in statement.inputs]
            table = np.array(statement.table, dtype=np.int64).reshape(sizes)
            found: Ids = table[tuple(columns[name] for name in statement.inputs)]
            return found
        case Decide():
            scores = np.zeros((size, statement.domain.size), dtype=np.int64)
            for term in statement.terms:
                scores += contributions(term, columns[term.variable], program)
            winner: Ids = scores.argmax(1)
            return winner
        case Head():
            raise AssertionError("heads look around")


def contributions(term: Term, ids: Ids, program: Program) -> Ids:
    """Return what some values of a term's variable add to the scores, (values, D)."""
    weights = np.array(term.weights, dtype=np.int64)
    numerical = program.domains[term.variable].numerical
    found: Ids = ids[:, None] * weights if numerical else weights[ids]
    return found


def _needed(program: Program) -> set[str]:
    needed = {term.variable for term in program.readout.terms}
    for statement in reversed(program.statements):
        if statement.output in needed:
            needed.update(statement.inputs)
    return needed


def _at_start(program: Program, ids: dict[str, Ids]) -> dict[str, Ids]:
    # The values at position 0, where only the begin token stands, if there is one.
    form = program.input
    begin = None if form.begin is None else np.array([form.frame_code(form.begin)])
    found = {POSITIONS: np.zeros(1, dtype=np.int64), ONES: np.ones(1, dtype=np.int64)}
    if begin is not None:
        found |= {s.name: form.surface_ids(begin, s.name) for s in form.surfaces}
        found[TOKENS] = form.word_ids(begin)
    for statement in program.statements:
        inward = isinstance(statement, Head) and statement.scope in (
            Scope.BEFORE,
            Scope.CAUSAL,
        )
        match statement:
            case Head(aggregate=Aggregate.NEAREST) if inward:
                if statement.value in found:
                    found[statement.output] = found[statement.value]
            case Head(scope=Scope.BEFORE):
                found[statement.output] = np.zeros(1, dtype=np.int64)
            case Table() | Decide():
                read = [found.get(name, ids.get(name)) for name in statement.inputs]
                if all(v is not None and len(v) == 1 for v in read):
                    columns = dict(zip(statement.inputs, read, strict=True))
                    found[statement.output] = computed(statement, columns, program, 1)  # type: ignore[arg-type]
    return {name: found.get(name, values) for name, values in ids.items()}


def _matches_itself(head: Head, matching: Iterable[Iterable[bool]]) -> bool:
    # Then something always matches.
    if head.query != head.key or head.scope not in (Scope.ALL, Scope.CAUSAL):
        return False
    return bool(np.diag(np.array(matching)).all())


def _attention_after(stage: int) -> int:
    return 2 * (stage // 2 + 1)


def _tables_after(stage: int) -> int:
    return 2 * ((stage + 1) // 2) + 1
