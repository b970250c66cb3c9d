"""Statements of a program as nodes of ONNX.

Variables are ids, (batch, framed length). What stands at padded positions means
nothing, but is a value of the domain, so that tables can be read there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from transformer_programs.analysis import (
    INPUT_NAMES,
    Always,
    Both,
    Comparison,
    Condition,
    OfKey,
    Relation,
    shifted,
)
from transformer_programs.codegen.export.common import Exported, classes_of
from transformer_programs.codegen.export.expressions import UntranslatableError
from transformer_programs.codegen.export.onnx_graph import Graph, NodeExpression, Texts
from transformer_programs.language import Program, Scope, Term, sum_bound

_INT32, _DOUBLE = 6, 11  # onnx.TensorProto

_SIGN = {Scope.BEFORE: "<", Scope.AFTER: ">", Scope.CAUSAL: "<="}


def variable(name: str) -> str:
    """Return the tensor of a variable."""
    return f"v_{name}"


class OnnxStatements(Exported):
    """The nodes that compute variables.

    Attributes:
        graph: the nodes.
        free: whether the graph means at any length what the program does.
        texts: the texts of all domains, and the labels.
        real: the tensor that tells which positions are no padding.
        places: the tensor of positions, (framed length,).
    """

    real, places = "real", "places"

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.graph = Graph()
        texts = (text for domain in self.domains.values() for text in domain.tokens)
        self.texts = Texts(self.graph, (*texts, *program.readout.labels))
        self.free = not self.meaning.bound

    def statement(self, name: str) -> None:
        """Add the nodes that compute a variable."""
        if name in self.heads:
            self._head(name)
        elif name in self.decisions:
            self._decision(name)
        else:
            self._table(name)

    # Tables and decisions.

    def _table(self, name: str) -> None:
        graph, table = self.graph, self.tables[name]
        read = [variable(read) for read in table.inputs]
        text = self.closed.expression(table)
        domain = table.domain
        # What texts alone decide can be listed at any length.
        if text is not None and not all(self.domains[x].tokens for x in table.inputs):
            names = dict(zip(INPUT_NAMES[len(read)], table.inputs, strict=True))
            try:
                found = self.expression(names).number(text)
            except UntranslatableError:
                pass
            else:
                # (batch, length); a constant is broadcast.
                found = graph.node("Where", self.real, found, graph.number(0))
                if domain.tokens:
                    found = self.texts.within(name, domain.tokens, found, self.real)
                graph.node("Add", found, graph.number(0), out=variable(name))
                return
        index = read[0]
        for other, second in zip(read[1:], table.inputs[1:], strict=True):
            size = graph.number(self.domains[second].size)
            index = graph.node("Add", graph.node("Mul", index, size), other)
        entries = graph.array(f"table_{name}", table.table)
        graph.node("Gather", entries, index, out=variable(name))

    def expression(self, names: Mapping[str, str]) -> NodeExpression:
        """Return what translates closed forms.

        Args:
            names: the variables that the letters stand for.
        """
        tensors, of_text = {}, set()
        for letter, read in names.items():
            tensors[letter], domain = variable(read), self.domains[read]
            if domain.tokens:
                of_text.add(letter)
                tensors[letter] = self.texts.of(read, domain.tokens, variable(read))
        return NodeExpression(self.graph, tensors, self.texts, of_text)

    def _decision(self, name: str) -> None:
        graph, decide = self.graph, self.decisions[name]
        found = self.closed.comparison(decide)
        if found is None:
            scores = self.scores(f"weights_{name}", decide.terms, decide.domain.size)
            bound = sum_bound(decide.terms, self.domains)
            graph.node(
                "Add", self.best(scores, bound), graph.number(0), out=variable(name)
            )
            return
        chosen = graph.number(int(found.constant > 0))
        if found.factors:
            parts = {x: variable(read) for x, read in found.names.items()}
            condition = found.condition([*parts])
            chosen = graph.as_number(NodeExpression(graph, parts).condition(condition))
        graph.node("Where", self.real, chosen, graph.number(0), out=variable(name))

    def scores(self, name: str, terms: Sequence[Term], count: int) -> str:
        """Return the sums of weights: (batch, length, count)."""
        graph = self.graph
        zeros = graph.array(f"zeros_{count}", [0] * count)
        shape = graph.node("Unsqueeze", variable("ones"), graph.axes(2))
        parts = [graph.node("Mul", shape, zeros)]
        for index, term in enumerate(terms):
            weights = f"{name}_{index}"
            value = variable(term.variable)
            if self.domains[term.variable].numerical:
                factors = graph.array(weights, term.weights[0])
                column = graph.node("Unsqueeze", value, graph.axes(2))
                parts.append(graph.node("Mul", column, factors))
            else:
                rows = graph.array(weights, term.weights)
                parts.append(graph.node("Gather", rows, value, axis=0))
        return graph.added(parts)

    def best(self, scores: str, bound: int) -> str:
        """Return the index of the largest of the last axis, the first on a tie."""
        # int32 holds them, or doubles do exactly: ArgMax of int64 is not everywhere.
        kind = _INT32 if bound < 2**31 else _DOUBLE
        cast = self.graph.node("Cast", scores, to=kind)
        return self.graph.node("ArgMax", cast, axis=-1, keepdims=0)

    # Heads.

    def _head(self, name: str) -> None:
        graph, head = self.graph, self.heads[name]
        matches = graph.node("And", self._matches(name), self._allowed(head.scope))
        value, output = variable(head.value), variable(name)
        if head.sums:
            column = graph.node("Unsqueeze", value, graph.axes(1))
            added = graph.node("Where", matches, column, graph.number(0))
            graph.node("ReduceSum", added, graph.axes(2), keepdims=0, out=output)
            return
        nothing = graph.array("nearness_none", 0, np.int32)
        nearness = graph.node("Where", matches, self._nearness(), nothing)
        # Where nothing matches, the first of equal zeros: position 0.
        found = graph.node("ArgMax", nearness, axis=2, keepdims=0)
        graph.node("GatherElements", value, found, axis=1, out=output)

    def _pair_of_places(self) -> tuple[str, str]:
        # (length, 1) and (1, length)
        graph = self.graph
        return (
            graph.node("Unsqueeze", self.places, graph.axes(1)),
            graph.node("Unsqueeze", self.places, graph.axes(0)),
        )

    def _allowed(self, scope: Scope) -> str:
        # The pairs of positions in scope, none of them padding: (batch, length, length)
        graph = self.graph
        looking = graph.node("Unsqueeze", self.real, graph.axes(2))
        seen = graph.node("Unsqueeze", self.real, graph.axes(1))
        pairs = graph.node("And", looking, seen)
        if scope is Scope.ALL:
            return pairs
        i, j = self._pair_of_places()
        return graph.node("And", pairs, graph.compared(_SIGN[scope], j, i))

    def _nearness(self) -> str:
        # Larger for nearer positions, of two equally near ones for the earlier; a
        # position itself counts as the farthest. (length, length)
        graph = self.graph
        i, j = self._pair_of_places()
        away = graph.node("Sub", j, i)
        twice = graph.node("Mul", graph.node("Abs", away), graph.number(2))
        most = graph.node("Mul", "framed_length", graph.number(2))
        near = graph.node("Sub", graph.node("Add", most, graph.number(2)), twice)
        earlier = graph.as_number(graph.compared("<", away, graph.number(0)))
        itself = graph.compared("==", away, graph.number(0))
        near = graph.node("Add", near, earlier)
        found = graph.node("Where", itself, graph.number(1), near)
        return graph.node("Cast", found, to=_INT32)

    def _matches(self, name: str) -> str:
        # Broadcast over (batch, length, length)
        graph, head = self.graph, self.heads[name]
        query = graph.node("Unsqueeze", variable(head.query), graph.axes(2))
        key = graph.node("Unsqueeze", variable(head.key), graph.axes(1))
        found = self.closed.condition(head)
        if found is not None:
            try:
                return self._condition(found, name, query, key)
            except UntranslatableError:
                pass
        classes = classes_of(head.predicate, self.domains[head.key].size)
        if classes is not None:
            of_query, of_key = classes
            # What looks for nothing does not find the keys of no class.
            of_query = [-2 if one < 0 else one for one in of_query]
            wanted = graph.node(
                "Gather", graph.array(f"wanted_{name}", of_query), query
            )
            offered = graph.node("Gather", graph.array(f"class_{name}", of_key), key)
            return graph.node("Equal", wanted, offered)
        return self._listed(name, query, key)

    def _listed(self, name: str, query: str, key: str) -> str:
        # A truth value for every key, in a row for every different set of keys.
        graph, head = self.graph, self.heads[name]
        keys = self.domains[head.key].size
        rows = sorted({*head.predicate})
        numbers = {row: number for number, row in enumerate(rows)}
        table = np.zeros((len(rows), keys), dtype=np.bool_)
        for number, row in enumerate(rows):
            table[number, list(row)] = True
        starts = [numbers[row] * keys for row in head.predicate]
        start = graph.node("Gather", graph.array(f"row_{name}", starts), query)
        cells = graph.array(f"keys_{name}", table.ravel(), np.bool_)
        return graph.node("Gather", cells, graph.node("Add", start, key))

    def _condition(self, found: Condition, name: str, query: str, key: str) -> str:
        graph = self.graph
        names = {"q": query, "k": key}
        match found:
            case Always(matches):
                return graph.array(f"always_{matches}", matches, np.bool_)
            case OfKey(keys):
                return self._of_key(found, keys, name, key)
            case Both(comparison, of_key):
                both = [
                    self._condition(p, name, query, key) for p in (comparison, of_key)
                ]
                return graph.node("And", *both)
            case Relation(text):
                pass
            case Comparison(sign, shift, falling=True):
                text = f"k {sign} {shift} - q"
            case Comparison(sign, shift):
                text = f"k {sign} {shifted('q', shift)}"
        return NodeExpression(graph, names).condition(text)

    def _of_key(self, found: OfKey, keys: Sequence[int], name: str, key: str) -> str:
        graph, domain = self.graph, self.domains[self.heads[name].key]
        if not domain.tokens:
            text = self.closed.key_condition(found, self.heads[name]) or ""
            return NodeExpression(graph, {"k": key}).condition(text)
        flags = np.zeros(domain.size, dtype=np.bool_)
        flags[list(keys)] = True
        return graph.node("Gather", graph.array(f"of_key_{name}", flags, np.bool_), key)
