"""Program -> a model of ONNX: integers throughout, any batch, any length.

The graph is made of the statements themselves. It takes ids of bare tokens, puts the
frame around them, and gives labels of bare tokens; the vocabulary and the labels stand
in the metadata of the model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np

from transformer_programs.codegen.export.expressions import UntranslatableError
from transformer_programs.codegen.export.onnx_graph import (
    IR_VERSION,
    OPSET,
)
from transformer_programs.codegen.export.onnx_statements import (
    OnnxStatements,
    variable,
)
from transformer_programs.errors import SettingsError
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Pooling,
    Program,
    score_bound,
)

NEEDED = "pip install 'transformer-programs[onnx]'"

IDS, MASK, LABELS, SCORES = "input_ids", "attention_mask", "labels", "scores"

PADDED = -1
"""The label of padding."""


def emit_onnx(program: Program) -> bytes:
    """Return a model of ONNX.

    Raises:
        ProgramError: If the program is not valid.
        SettingsError: If the package ``onnx`` is not installed.
    """
    if find_spec("onnx") is None:
        raise SettingsError(f"to onnx: needs the package onnx: {NEEDED}")
    return _Model(program).content()


class _Model(OnnxStatements):
    def content(self) -> bytes:
        self._inputs()
        for statement in self.program.statements:
            self.statement(statement.output)
        outputs = self._outputs()
        return self._written(outputs)

    # From ids of bare tokens to variables of the framed sequence.

    def _inputs(self) -> None:
        graph, form = self.graph, self.form
        inside = graph.node("Not", graph.node("Equal", MASK, graph.number(0)))
        counted = graph.node(
            "ReduceSum", graph.as_number(inside), graph.axes(1), keepdims=1
        )
        framed = graph.node("Add", counted, graph.number(form.frame_size))
        framed = self._of_allowed_length(framed)  # (batch, 1)
        columns = graph.node("Shape", IDS, start=1, end=2)
        columns = graph.node("Add", columns, graph.number(form.frame_size))
        last = graph.node("Squeeze", columns, graph.axes(0), out="framed_length")
        start, step = graph.number(0), graph.number(1)
        graph.node("Range", start, last, step, out=self.places)
        graph.node("Less", self.places, framed, out=self.real)
        ids = self._framed(IDS, inside, framed)
        ends = form.vocabulary.ids
        known = [ends[token] for token in form.symbols] or [0]
        frame = [None if x is None else ends[x] for x in (form.begin, form.end)]
        self._word(TOKENS, ids, known, frame, framed)
        for surface in form.surfaces:
            ids = self._framed(surface.name, inside, framed)
            other = surface.fallback
            of_frame = [None if x is None else other for x in (form.begin, form.end)]
            size = range(len(surface.values))
            self._word(surface.name, ids, [*size], of_frame, framed)
        zero = graph.number(0)
        graph.node("Where", self.real, self.places, zero, out=variable(POSITIONS))
        one = graph.as_number(self.real)
        graph.node("Max", one, graph.number(1), out=variable(ONES))

    def _of_allowed_length(self, framed: str) -> str:
        # Other lengths are refused by reading outside of a list, whose name says why.
        graph, form = self.graph, self.form
        bad = graph.compared(
            "<", framed, graph.number(form.min_bare_length + form.frame_size)
        )
        name = f"at_least_{form.min_bare_length}_tokens"
        if not self.free:
            long = graph.compared(">", framed, graph.number(form.max_length))
            bad = graph.node("Or", bad, long)
            name = f"from_{form.min_bare_length}_to_{form.max_bare_length}_tokens"
        return graph.node("Add", framed, graph.refuse(bad, name))

    def _framed(self, ids: str, inside: str, framed: str) -> str:
        # Ids of padding are 0; a column for each token of the frame.
        graph, form = self.graph, self.form
        found = graph.node("Where", inside, ids, graph.number(0))
        column = graph.node("Sub", framed, framed)  # (batch, 1), zeros
        begin = [column] if form.begin is not None else []
        end = [column] if form.end is not None else []
        if begin or end:
            found = graph.node("Concat", *begin, found, *end, axis=1)
        return found

    def _word(
        self,
        name: str,
        ids: str,
        known: list[int],
        frame: list[int | None],
        framed: str,
    ) -> None:
        graph = self.graph
        listed = graph.array(f"ids_{name}", known)
        below = graph.compared("<", ids, graph.number(0))
        # An index below 0 would count from the end.
        ids = graph.node("Where", below, graph.number(len(known)), ids)
        found = graph.node("Gather", listed, ids, name=f"known_{name}")
        begin, end = frame
        if begin is not None:
            first = graph.compared("==", self.places, graph.number(0))
            found = graph.node("Where", first, graph.number(begin), found)
        if end is not None:
            last = graph.node("Sub", framed, graph.number(1))
            here = graph.compared("==", self.places, last)
            found = graph.node("Where", here, graph.number(end), found)
        graph.node("Add", found, graph.number(0), out=variable(name))

    # From variables to labels of bare tokens.

    def _outputs(self) -> dict[str, tuple[str, ...]]:
        graph, readout = self.graph, self.program.readout
        single = self.closed.single
        if single is not None:
            self._cut(self._label_of(single.variable), LABELS, PADDED)
            return {LABELS: self._axes}
        scores = self.scores("readout", readout.terms, len(readout.labels))
        if readout.pooling is Pooling.MEAN:
            real = graph.node("Unsqueeze", self.real, graph.axes(2))
            scores = graph.node("Where", real, scores, graph.number(0))
            graph.node("ReduceSum", scores, graph.axes(1), keepdims=0, out=SCORES)
        else:
            self._cut(scores, SCORES, 0)
        bound = score_bound(readout, self.domains, self.form.max_length)
        best = self.best(SCORES, bound if not self.free else 2**31)
        if self.program.tagging:
            bare = self._bare(self.real)
            graph.node("Where", bare, best, graph.number(PADDED), out=LABELS)
        else:
            graph.node("Add", best, graph.number(0), out=LABELS)
        return {LABELS: self._axes, SCORES: (*self._axes, "label")}

    @property
    def _axes(self) -> tuple[str, ...]:
        return ("batch", "length") if self.program.tagging else ("batch",)

    def _cut(self, values: str, out: str, padded: int) -> None:
        # Those of bare tokens, or of the first position.
        graph = self.graph
        if not self.program.tagging:
            graph.node("Gather", values, graph.number(0), axis=1, out=out)
            return
        real = self._bare(self.real)
        if out == SCORES:
            real = graph.node("Unsqueeze", real, graph.axes(2))
        graph.node("Where", real, self._bare(values), graph.number(padded), out=out)

    def _bare(self, values: str) -> str:
        # Without the columns of the frame. The last real one may be that of the end.
        graph, form = self.graph, self.form
        if form.end is not None and values == self.real:
            one = graph.array("one_column", [1])
            far = graph.array("far", [2**31])
            later = graph.node("Slice", values, one, far, one)  # a token follows each
            start = graph.array("offset", [form.offset])
            return graph.node("Slice", later, start, far, one)
        start = graph.array("offset", [form.offset])
        ends = -1 if form.end is not None else 2**31
        end = graph.array("bare_end", [ends])
        return graph.node("Slice", values, start, end, graph.array("one_column", [1]))

    def _label_of(self, name: str) -> str:
        graph, labels = self.graph, self.program.readout.labels
        text = self.closed.label_expression
        if text is not None and self.free and not self.domains[name].tokens:
            try:
                # It may be the same everywhere.
                found = self.expression({"x": name}).number(text)
                found = graph.node("Where", self.real, found, graph.number(0))
                return self.texts.within(LABELS, labels, found, self.real)
            except UntranslatableError:
                pass
        listed = graph.array("label_of", self._best_labels(name))
        return graph.node("Gather", listed, variable(name))

    def _best_labels(self, name: str) -> list[int]:
        (term,) = self.program.readout.terms
        weights = np.array(term.weights)
        domain = self.domains[name]
        if domain.numerical:
            weights = np.arange(domain.size)[:, None] * weights
        found: list[int] = weights.argmax(axis=1).tolist()
        return found

    # The file.

    def _written(self, outputs: Mapping[str, tuple[str, ...]]) -> bytes:
        from onnx import TensorProto, helper, numpy_helper

        def described(name: str, axes: tuple[str, ...]) -> Any:
            return helper.make_tensor_value_info(name, TensorProto.INT64, axes)

        nodes = [
            helper.make_node(op, inputs, [out], name=name, **attributes)
            for op, inputs, out, name, attributes in self.graph.nodes
        ]
        used = {name for _, inputs, *_ in self.graph.nodes for name in inputs}
        constants = [
            numpy_helper.from_array(array, name)
            for name, array in self.graph.constants.items()
            if name in used
        ]
        surfaces = [surface.name for surface in self.form.surfaces]
        model = helper.make_model(
            helper.make_graph(
                nodes,
                self.title or "program",
                [described(x, ("batch", "length")) for x in (IDS, MASK, *surfaces)],
                [described(name, axes) for name, axes in outputs.items()],
                constants,
            ),
            producer_name="transformer-programs",
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            doc_string=" ".join(self.about),
        )
        helper.set_model_props(model, self._metadata())
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def _metadata(self) -> dict[str, str]:
        form = self.form
        unknown = form.vocabulary.unknown
        folding = form.folding
        stated = {
            "tokens": form.symbols,
            "unknown": None if unknown is None else form.symbols.index(unknown),
            "labels": self.program.readout.labels,
            "max_length": form.max_bare_length,
            "any_length": self.free,
            "split": form.split,
            "lowercase": folding is not None and folding.lowercase,
            "digits_as_0": folding is not None and folding.digits,
            "features": {
                s.name: {"kind": s.kind.value, "length": s.length, "values": s.values}
                for s in form.surfaces
            },
        }
        return {name: json.dumps(value) for name, value in stated.items()}
