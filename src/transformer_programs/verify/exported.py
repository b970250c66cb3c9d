"""Programs in other languages, executed for comparison with the interpreter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import weakref
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from transformer_programs.errors import AgreementError
from transformer_programs.program import (
    InputFormat,
    Program,
    domain_size,
    encode_batch,
    enumerable,
)
from transformer_programs.verify.agreement import compare
from transformer_programs.verify.inputs import (
    InputSet,
    by_length,
    choose_inputs,
    edge_cases,
    open_ended,
    random_inputs,
    typed_inputs,
)
from transformer_programs.verify.predictors import (
    Answering,
    FilePredictor,
    InterpreterPredictor,
)

SAMPLE = 400
"""The inputs of each kind that an export is compared on, if they are short."""

_TOKENS, _LEAST = 1 << 16, 40  # of long ones, the tokens of all, and the inputs

_NODE = """\
import { createInterface } from "node:readline";
import * as program from "./program.mjs";
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const found = {};
  try {
    if (asked.stated) {
      found.tokens = program.TOKENS;
      found.labels = program.LABELS;
      found.length = program.MAX_LENGTH;
    } else {
      const options = { anyLength: asked.anyLength };
      found.trace = program.trace(asked.tokens, options);
      found.run = program.run(asked.tokens, options);
      found.scores = program.scores(asked.tokens, options);
      found.contributions = program.contributions(asked.tokens, options);
    }
  } catch (error) {
    found.error = found.message = String(error.message);
    found.refused = error.constructor === Error;
  }
  process.stdout.write(JSON.stringify(found) + "\\n");
}
"""


class NodeProcess:
    """A JavaScript module in a process of Node, which ends with this object.

    Args:
        text: the module.
        node: the executable.

    Raises:
        AgreementError: If Node cannot load it.
    """

    def __init__(self, text: str, node: str) -> None:
        place = Path(mkdtemp(prefix="tprog-export-"))
        (place / "program.mjs").write_text(text, encoding="utf-8")
        (place / "ask.mjs").write_text(_NODE, encoding="utf-8")
        self._process = subprocess.Popen(
            [node, "ask.mjs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=place,
        )
        self.close = weakref.finalize(self, _end, self._process, place, os.getpid())

    def ask(
        self, tokens: Sequence[str] | str, *, any_length: bool = False
    ) -> dict[str, Any]:
        """Return trace, run, scores and contributions of an input, or the error."""
        given = tokens if isinstance(tokens, str) else list(tokens)
        return self._ask({"tokens": given, "anyLength": any_length})

    def stated(self) -> dict[str, Any]:
        """Return the tokens, the labels and the length that the module states."""
        return self._ask({"stated": True})

    def answers(
        self, sequences: Iterable[Sequence[str]], names: tuple[str, ...] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the results for inputs, lazily."""
        for tokens in sequences:
            found = self.ask(tokens)
            if names is not None and "trace" in found:
                found["trace"] = [found["trace"].get(name) for name in names]
            yield found

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = b""
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            pass
        if not line.endswith(b"\n"):
            raise AgreementError("program.mjs: Node cannot execute the module")
        found: dict[str, Any] = json.loads(line)
        return found


def _end(process: subprocess.Popen[bytes], folder: Path, owner: int) -> None:
    if os.getpid() != owner:  # this is a copy of the process that it belongs to
        return
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    shutil.rmtree(folder, ignore_errors=True)


class ExportPredictor(FilePredictor):
    """An exported file in a process; ``name`` is what reports call it."""

    def __init__(self, program: Program, name: str, file: Answering) -> None:
        self.name = name
        self._execute(program, file)


def compare_export(program: Program, name: str, file: Answering) -> int:
    """Compare an export with the interpreter; return the number of inputs.

    All variables and labels of a sample are compared, and foreign tokens.

    Raises:
        AgreementError: At the first difference.
    """
    ours, theirs = InterpreterPredictor(program), ExportPredictor(program, name, file)
    theirs.check_foreign_tokens()
    return sum(
        compare(program, ours, theirs, inputs, sample=SAMPLE).inputs
        for inputs in _inputs(program.input)
    )


def _inputs(form: InputFormat) -> Iterator[InputSet]:
    # All of them, or some that are random, extreme, or oddly typed.
    if enumerable(form) and domain_size(form) <= SAMPLE:
        yield choose_inputs(form, (), 0)
        return
    count = max(_LEAST, min(SAMPLE, _TOKENS // form.max_length))
    random = random_inputs(form, count, 0)
    yield InputSet(form, False, {"random": len(random)}, tuple(by_length(random)))
    rows = edge_cases(form)
    rows = rows[:: 1 + len(rows) // count]
    edges = encode_batch(form, rows, form.max_length)
    yield InputSet(form, False, {"edge cases": len(edges)}, tuple(by_length(edges)))
    if open_ended(form):
        yield typed_inputs(form, edges=False)
