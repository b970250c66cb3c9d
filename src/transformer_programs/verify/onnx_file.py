"""An exported model of ONNX, executed by onnxruntime."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from transformer_programs.errors import AgreementError
from transformer_programs.language import Program

BATCH = 64
"""Sequences that are labelled at once, of lengths that differ."""


def can_run_onnx() -> bool:
    """Check whether onnx and onnxruntime are installed (the extra ``onnx``)."""
    return all(find_spec(name) is not None for name in ("onnx", "onnxruntime"))


class OnnxSession:
    """A model of ONNX in onnxruntime, with its variables as outputs.

    Args:
        program: the program, whose values are what the ids of the model stand for.
        content: the file.

    Raises:
        AgreementError: If it cannot be loaded.
    """

    name = "the onnx file"

    def __init__(self, program: Program, content: bytes) -> None:
        import onnx
        import onnxruntime

        self._program = program
        model = onnx.load_model_from_string(content)
        self._metadata = {
            prop.key: json.loads(prop.value) for prop in model.metadata_props
        }
        self._given = {output.name for output in model.graph.output}
        kind, axes = onnx.TensorProto.INT64, ("batch", "framed")
        for name in program.domains:
            info = onnx.helper.make_tensor_value_info(f"v_{name}", kind, axes)
            model.graph.output.append(info)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what is refused is no news
        try:
            onnx.checker.check_model(model)
            self._session: Any = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # of many kinds, which have no class in common
            raise AgreementError(f"{self.name} cannot be loaded: {error}") from error

    def close(self) -> None:
        """End the session."""
        self._session = None

    def stated(self) -> dict[str, Any]:
        """Return the tokens, the labels and the length that the model states."""
        found = {name: self._metadata[name] for name in ("tokens", "labels")}
        return found | {"length": self._metadata["max_length"]}

    def answers(
        self,
        sequences: Iterable[Sequence[str]],
        names: tuple[str, ...] | None = None,
        *,
        any_length: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Yield the results for inputs: labels, traced variables, and scores."""
        rows = list(sequences)
        found: list[dict[str, Any]] = [{} for _ in rows]
        step = -(-len(rows) // BATCH) or 1
        for start in range(step):  # far from each other, so that lengths differ
            places = range(start, len(rows), step)
            answers = self._answered([rows[i] for i in places], names or ())
            for place, answer in zip(places, answers, strict=True):
                found[place] = answer
        yield from found

    def _answered(
        self, rows: Sequence[Sequence[str]], names: tuple[str, ...]
    ) -> list[dict[str, Any]]:
        try:
            given = self._encoded(rows)
            outputs = [*sorted(self._given), *(f"v_{name}" for name in names)]
            arrays = self._session.run(outputs, given)
        except Exception as error:  # onnxruntime has no base class of its errors
            if len(rows) > 1:
                return [self._answered([row], names)[0] for row in rows]
            return [{"refused": True, "error": f"refused: {error}"}]
        values = dict(zip(outputs, arrays, strict=True))
        return [self._answer(i, len(row), values, names) for i, row in enumerate(rows)]

    def _answer(
        self, row: int, length: int, values: dict[str, Any], names: tuple[str, ...]
    ) -> dict[str, Any]:
        program, labels = self._program, self._metadata["labels"]
        framed = length + program.input.frame_size
        chosen = values["labels"][row]
        found: dict[str, Any] = {}
        if program.tagging:
            if (chosen[length:] != -1).any():
                raise AgreementError(f"{self.name}: a label of padding is not -1")
            found["run"] = [labels[index] for index in chosen[:length].tolist()]
        else:
            found["run"] = labels[int(chosen)]
        if "scores" in values:
            scores = values["scores"][row]
            found["scores"] = scores[:length] if program.tagging else scores
        trace = []
        for name in names:
            domain, ids = program.domains[name], values[f"v_{name}"][row, :framed]
            value = domain.tokens.__getitem__ if domain.tokens else int
            trace.append([value(index) for index in ids.tolist()])
        return found | {"trace": trace}

    def _encoded(self, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
        # As a user does it, who knows the metadata; padded with a token, not with 0.
        form, stated = self._program.input, self._metadata
        tokens = {token: index for index, token in enumerate(stated["tokens"])}
        shape = len(rows), max(map(len, rows))
        ids = np.full(shape, max(len(tokens) - 1, 0), dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        features = {s.name: np.zeros(shape, dtype=np.int64) for s in form.surfaces}
        for place, row in enumerate(rows):
            words = row if form.folding is None else [*map(form.folding.fold, row)]
            found = [tokens.get(word, stated["unknown"]) for word in words]
            if None in found:
                raise LookupError("an unknown token")
            ids[place, : len(row)], mask[place, : len(row)] = found, 1
            for surface in form.surfaces:
                values = [surface.id_of(token) for token in row]
                features[surface.name][place, : len(row)] = values
        return {"input_ids": ids, "attention_mask": mask, **features}
