"""Program -> the weights of an ordinary Transformer.

Attention is hard although it is a softmax: scores of positions that are to be ignored
are lower by more than 104, and e^-104 is 0 in float32. The first position holds a token
of its own, at which heads look where nothing matches. A head that copies scores a match
above it, and nearer matches higher. A head that sums scores a match by the logarithm of
its value: what attention is left for the first position says how much matched, and
ReLU units of the layer turn that into a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from transformer_programs.language import POSITIONS, Pooling, Program, Term, check
from transformer_programs.nn.ordinary.layout import (
    BOS,
    PAD,
    Placed,
    TransformerLayout,
)
from transformer_programs.nn.ordinary.parts import (
    HeadWeights,
    LinearReading,
    UnitWeights,
)
from transformer_programs.nn.ordinary.scores import hidden_from, nearness_of, order_of
from transformer_programs.nn.ordinary.steps import DecideStep, HeadStep, TableStep
from transformer_programs.nn.ordinary.units import (
    Ids,
    Matrix,
    Units,
    both_units,
    comparison_units,
    share_units,
    table_units,
    winner_units,
)

EMPTY = np.zeros(0, dtype=np.int64)

GAP = 128.0
"""By how much scores differ that softmax has to tell apart without a rest."""


class Compiled:
    """An ordinary Transformer that computes a program.

    Attributes:
        layout: its layers and its residual stream.
        heads: its heads by layer.
        units: its units by layer.
        sizes: layers, heads, d_model, d_head, d_mlp, vocabulary, positions, parameters.

    Raises:
        ProgramError: If the program is not valid.
        SettingsError: If it would be too large.
    """

    def __init__(self, program: Program) -> None:
        check(program)
        self.program = program
        self.layout = TransformerLayout(program)
        self._spaces = self.layout.subspaces
        self._at_bos: dict[str, int] = {}  # values that heads leave there
        self.heads: list[list[HeadWeights]] = [[] for _ in range(self.layout.layers)]
        self.units: list[list[UnitWeights]] = [[] for _ in range(self.layout.layers)]
        self._add_parts()
        self.sizes = self._sizes()

    def _add_parts(self) -> None:
        program = self.program
        for placed in self.layout.placed:
            for part in self._parts(placed):
                of_heads = isinstance(part, HeadWeights)
                where = self.heads if of_heads else self.units
                where[part.layer].append(part)  # type: ignore[arg-type]
        for name, layer in self.layout.first_copies.items():
            self.heads[layer].append(self._first_copy(name, layer))
        if program.readout.pooling is Pooling.MEAN:
            self.heads[self.layout.pool_layer].append(self._pool())

    def _sizes(self) -> dict[str, int]:
        form, layout = self.program.input, self.layout
        heads = [head for layer in self.heads for head in layer]
        widths = [sum(u.reads.width for u in layer) for layer in self.units]
        sizes = {
            "n_layers": layout.layers,
            "n_heads": max(1, *(len(layer) for layer in self.heads), 1),
            "d_model": len(layout.names),
            "d_head": max([1, *(head.width for head in heads)]),
            "d_mlp": max(1, *widths, 1),
            "d_vocab": form.code_count + 2,
            "d_vocab_out": len(self.program.readout.labels),
            "n_ctx": form.max_length + 1,
        }
        model, labels = sizes["d_model"], sizes["d_vocab_out"]
        inner = sizes["n_heads"] * sizes["d_head"]
        layer = 4 * model * inner + 3 * inner + model
        layer += 2 * model * sizes["d_mlp"] + sizes["d_mlp"] + model
        total = model * (sizes["d_vocab"] + sizes["n_ctx"]) + (model + 1) * labels
        total += layer * sizes["n_layers"]
        layout.refuse(total, _in_words(sizes))
        return sizes | {"parameters": total}

    # Heads

    def _parts(self, placed: Placed) -> Iterator[HeadWeights | UnitWeights]:
        match placed.step:
            case HeadStep(sums=True):
                yield from self._sum(placed, placed.step)
            case HeadStep():
                yield from self._nearest(placed, placed.step)
            case TableStep():
                yield self._table(placed, placed.step)
            case DecideStep():
                yield from self._decide(placed, placed.step)

    def _nearest(
        self, placed: Placed, head: HeadStep
    ) -> Iterator[HeadWeights | UnitWeights]:
        layout, output, value = self.layout, head.output, head.inputs[2]
        matched = GAP * (layout.length + 2)  # above all that does not match
        if head.places is not None:
            pairs = [self._of_positions(GAP * order_of(head.places, head.scope))]
            pairs.append(self._flags(-GAP, -2 * matched))
        else:
            pairs = [self._matches(head, np.where(head.matching, matched, 0.0))]
            nearness = GAP * nearness_of(head.scope, layout.length)
            pairs.append(self._of_positions(nearness))
            pairs.append(self._flags(matched - GAP / 2, -4 * matched))
        pairs += self._own(8 * matched)
        values = self._copied(value, output)
        if isinstance(placed.default, int):
            self._stays_at_bos(output, placed.default)
            default = layout.ids[output][None] == placed.default
            values.append((self._flag(BOS), *self._spread(output, default * 1.0)))
        elif placed.default == "first":
            none = self._spaces[f"{output}:none"].dims
            values.append((self._flag(BOS), none, np.eye(1)))
        yield HeadWeights(output, placed.layer, pairs, values)
        if placed.default == "first":
            # What position 0 holds, where nothing matches.
            first = self._spaces[f"{value}:first"]
            parts = [*first.dims, *self._spaces[f"{output}:none"].dims]
            units = both_units(len(first.ids), first.ids, layout.ids[output])
            yield self._computes(output, placed.layer, np.array(parts), units)

    def _sum(
        self, placed: Placed, head: HeadStep
    ) -> Iterator[HeadWeights | UnitWeights]:
        layout, output, value = self.layout, head.output, head.inputs[2]
        sums = layout.ids[output]
        sink = 2.0 ** np.ceil(np.log2(2 * max(2, int(sums.max()))))
        pairs = [self._matches(head, np.where(head.matching, 0.0, -GAP))]
        numbers = layout.ids[value].astype(np.float64)
        logs = np.where(numbers > 0, np.log(np.maximum(numbers, 1)), -GAP)
        if logs.any():
            pairs.append((_one(), self._read(value, logs[:, None])))
        hidden = hidden_from(head.scope, layout.length, causal=layout.causal)
        pairs.append(self._of_positions(np.where(hidden, -GAP, 0.0)))
        pairs.append(self._flags(float(np.log(sink)), -4 * GAP))
        pairs += self._own(8 * GAP)
        share = self._spaces[f"{output}:share"].dims
        values = [(self._flag(BOS), share, np.eye(1))]
        yield HeadWeights(output, placed.layer, pairs, values)
        units = share_units(sink / (sink + sums), np.arange(len(sums)), len(sums))
        yield self._computes(output, placed.layer, share, units)

    def _first_copy(self, name: str, layer: int) -> HeadWeights:
        # Every position looks at position 0.
        starts = self._spaces[f"{name}:first"]
        only = LinearReading(
            np.zeros(1), [(self._spaces[POSITIONS].dims[:1], np.ones((1, 1)))]
        )
        pairs = [(_one(2 * GAP), only), self._flags(0, -4 * GAP), *self._own(8 * GAP)]
        ids = self.layout.ids[name]
        matrix = (ids[:, None] == starts.ids).astype(np.float64)
        values = [(self._read(name, matrix), starts.dims, np.eye(len(starts.ids)))]
        return HeadWeights(f"{name}:first", layer, pairs, values)

    def _pool(self) -> HeadWeights:
        # The mean of the scores, at every position.
        scores, bias = self._scores(self.program.readout.terms)
        reading = LinearReading(bias, scores)
        pairs = [self._flags(-GAP, -GAP)]
        dims = self._spaces["score"].dims
        values = [(reading, dims, np.eye(len(dims)))]
        return HeadWeights("score", self.layout.pool_layer, pairs, values)

    def _matches(
        self, head: HeadStep, scores: Matrix
    ) -> tuple[LinearReading, LinearReading]:
        # Scores of (queries, keys); the head has a dimension for every different row,
        # or for every different column.
        rows, of_rows = np.unique(scores, axis=0, return_inverse=True)
        columns, of_columns = np.unique(scores, axis=1, return_inverse=True)
        if len(rows) <= columns.shape[1]:
            left, right = np.eye(len(rows))[of_rows.reshape(-1)], rows.T
        else:
            left, right = columns, np.eye(columns.shape[1])[of_columns.reshape(-1)]
        some = right.any(0) & left.any(0)
        query = self._read(head.inputs[0], left[:, some], everywhere=True)
        return query, self._read(head.inputs[1], right[:, some])

    def _of_positions(self, scores: Matrix) -> tuple[LinearReading, LinearReading]:
        # Scores of (position that looks, position looked at).
        if not scores.any():
            return LinearReading(np.zeros(0)), LinearReading(np.zeros(0))
        dims = self._spaces[POSITIONS].dims
        some = scores.any(1)
        bias, rows = np.zeros(some.sum()), np.eye(len(scores))[:, some]
        query = LinearReading(bias, [(dims, rows)])
        return query, LinearReading(bias, [(dims, scores[some].T)])

    def _flags(self, bos: float, pad: float) -> tuple[LinearReading, LinearReading]:
        # A score for the first token, and one for padding.
        dims = np.array([self._spaces[BOS].start, self._spaces[PAD].start])
        return _one(), LinearReading(np.zeros(1), [(dims, np.array([[bos], [pad]]))])

    def _own(self, score: float) -> list[tuple[LinearReading, LinearReading]]:
        # The first token looks at itself, so that what it holds is known.
        flag = self._flag(BOS)
        key = LinearReading(
            np.zeros(1), [(self._spaces[BOS].dims, np.array([[score]]))]
        )
        return [] if self.layout.causal else [(flag, key)]

    def _flag(self, name: str) -> LinearReading:
        return LinearReading(np.zeros(1), [(self._spaces[name].dims, np.ones((1, 1)))])

    def _copied(
        self, value: str, output: str
    ) -> list[tuple[LinearReading, Ids, Matrix]]:
        ids = self.layout.ids[value]
        same = (ids[:, None] == self.layout.ids[output]).astype(np.float64)
        return [(self._read(value, np.eye(len(ids))), *self._spread(output, same))]

    def _spread(self, name: str, writes: Matrix) -> tuple[Ids, Matrix]:
        # What is written for a variable, and for tables of it alone.
        dims, matrices = [EMPTY], [np.zeros((len(writes), 0))]
        if name in self._spaces:
            dims, matrices = [self._dims(name)], [writes]
        for image in self.layout.images(name):
            more, matrix = self._spread(image.output, writes @ image.matrix)
            dims.append(more)
            matrices.append(matrix)
        return np.concatenate(dims), np.hstack(matrices)

    def _stays_at_bos(self, name: str, value: int) -> None:
        ids = self.layout.ids
        self._at_bos[name] = value
        for image in self.layout.images(name):
            index = image.indices[np.searchsorted(ids[name], value)]
            self._stays_at_bos(image.output, int(ids[image.output][index]))

    def _read(
        self, name: str, matrix: Matrix, *, everywhere: bool = False
    ) -> LinearReading:
        # A matrix with a row for every value. At the first token it reads nothing.
        if self.layout.constant(name):
            reading = LinearReading(matrix[0].astype(np.float64))
        else:
            reading = LinearReading(
                np.zeros(matrix.shape[1]), [(self._dims(name), matrix)]
            )
        if not everywhere:
            there = reading.bias.copy()
            if name in self._at_bos and not self.layout.constant(name):
                there += matrix[
                    np.searchsorted(self.layout.ids[name], self._at_bos[name])
                ]
            if there.any():
                reading.parts.append((self._spaces[BOS].dims, -there[None]))
        return reading

    # Units

    def _table(self, placed: Placed, table: TableStep) -> UnitWeights:
        ids = self.layout.ids
        values = [ids[name] for name in table.inputs]
        units = table_units(table.cells, len(ids[table.output]), values)
        dims = np.concatenate([self._dims(name) for name in table.inputs])
        return self._computes(table.output, placed.layer, dims, units)

    def _decide(self, placed: Placed, decide: DecideStep) -> Iterator[UnitWeights]:
        output = decide.output
        ids = self.layout.ids[output]
        parts, bias = self._scores(decide.terms, decide.size)
        dims = np.unique(np.concatenate([EMPTY, *(dims for dims, _ in parts)]))
        scores = LinearReading(bias, parts).dense(len(self.layout.names))[dims][:, ids]
        units = comparison_units(scores, bias[ids])
        if len(ids) == 2:
            writes = np.vstack([units.writes @ [[-1.0, 1.0]], [[1.0, 0.0]]])
            reads = np.hstack([units.reads, np.zeros((len(dims), 1))])
            units = Units(reads, np.append(units.bias, 1.0), writes)
            yield self._computes(output, placed.layer, dims, units)
            return
        larger = self._spaces[f"{output}:larger"].dims
        yield self._unit_weights(output, placed.layer, dims, units, larger)
        winner = winner_units(len(ids))
        yield self._computes(output, placed.layer + 1, larger, winner)

    def _computes(self, name: str, layer: int, dims: Ids, units: Units) -> UnitWeights:
        outputs, writes = self._spread(name, units.writes)
        some = writes.any(1)  # others change nothing that is read
        units = Units(units.reads[:, some], units.bias[some], writes[some])
        return self._unit_weights(name, layer, dims, units, outputs)

    def _unit_weights(
        self, name: str, layer: int, dims: Ids, units: Units, outputs: Ids
    ) -> UnitWeights:
        # At the first token all units are silent.
        silent = -(np.abs(units.bias) + np.abs(units.reads).sum(0) + 1)
        bos = self._spaces[BOS].dims
        reading = LinearReading(units.bias, [(dims, units.reads), (bos, silent[None])])
        return UnitWeights(name, layer, reading, outputs, units.writes)

    def _scores(
        self, terms: Sequence[Term], size: int | None = None
    ) -> tuple[list[tuple[Ids, Matrix]], Matrix]:
        # The weights of sums, (values, D) for each variable, and what is always added.
        size = len(self.program.readout.labels) if size is None else size
        parts, bias = [], np.zeros(size)
        for term in terms:
            ids = self.layout.ids[term.variable]
            added = self.layout.steps.contributions(term, ids).astype(np.float64)
            if self.layout.constant(term.variable):
                bias += added[0]
            else:
                parts.append((self._dims(term.variable), added))
        return parts, bias

    def unembedding(self) -> tuple[Matrix, Matrix]:
        """Return weights and bias of the unembedding.

        Of labels with equal scores the first has the largest logit: the others are
        lowered by less than scores differ.
        """
        readout = self.program.readout
        labels, pooled = len(readout.labels), readout.pooling is Pooling.MEAN
        least = 1 / self.program.input.max_length if pooled else 1.0
        lowered = -np.arange(labels) * 2.0 ** np.floor(np.log2(least / labels))
        if pooled:
            score = self._dims("score")
            return LinearReading(lowered, [(score, np.eye(labels))]).dense(
                len(self.layout.names)
            ), lowered
        parts, bias = self._scores(readout.terms)
        if not _ties(parts, bias):
            lowered[:] = 0
        return LinearReading(bias, parts).dense(len(self.layout.names)), bias + lowered

    # Dimensions

    def _dims(self, name: str) -> Ids:
        return self._spaces[name].dims


def _ties(parts: Sequence[tuple[Ids, Matrix]], bias: Matrix) -> bool:
    # Whether two labels may have the largest score together.
    if len(parts) != 1:
        return bool(parts)
    highest = np.sort(parts[0][1] + bias, axis=1)[:, -2:]
    return bool((highest[:, 0] == highest[:, -1]).any()) and len(bias) > 1


def _one(value: float = 1.0) -> LinearReading:
    return LinearReading(np.array([value]))


def _in_words(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} {size:,}" for name, size in sizes.items())
