"""``program.py``, read back into a program."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from transformer_programs.codegen.python import emit_python
from transformer_programs.codegen.reading.expressions import (
    refused,
    text_of,
    value_of,
)
from transformer_programs.codegen.reading.fixed import (
    HELPERS,
    body_of,
    check_characters,
    check_definitions,
    check_framing,
    check_returned,
    check_run,
    is_text,
    pooling_of,
)
from transformer_programs.codegen.reading.statements import StatementReader
from transformer_programs.errors import SchemaError
from transformer_programs.language import (
    SPLITTINGS,
    Folding,
    InputFormat,
    Pooling,
    Program,
    Readout,
    Splitting,
    Surface,
    SurfaceKind,
    Term,
    Variable,
    Vocabulary,
    check,
)

_TITLE = ": a Transformer Program."
_GIVEN = {"positions = list(range(len(tokens)))", "ones = [1] * len(tokens)"}
_COPYING = {"before": 0, "after": 0, "attend": 2}  # and which argument they copy
_SPLITTINGS: dict[str, Splitting] = {f"split_{how}": how for how in SPLITTINGS}


def read_python(text: str, tables: str | None = None) -> Program:
    """Return the program that a file is, emitted or edited by hand.

    The file is never executed. What its helpers do cannot be edited.

    Args:
        text: That of ``program.py``.
        tables: That of ``tables.json``, if the file has one.

    Raises:
        SchemaError: If it is no such file; names line and column.
        ProgramError: If the program that it is breaks the rules.
    """
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        raise SchemaError(
            f"line {error.lineno}, column {error.offset}: {error.msg}"
        ) from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise SchemaError(f"no Python that can be read: {error}") from error
    try:
        program = _File(module, tables).program()
        check(program)
        if len(program.input.frame) > 1 and emit_python(program) != text:
            # The file does not say where in the vocabulary its frame stands, which
            # decides in what order values are printed.
            swapped = _File(module, tables, swapped=True).program()
            program = swapped if emit_python(swapped) == text else program
    except RecursionError as error:
        raise SchemaError("an expression is nested too deeply") from error
    return program


class _File:
    """The parts of a file."""

    def __init__(
        self, module: ast.Module, tables: str | None, *, swapped: bool = False
    ) -> None:
        self._tables, self.title = tables, ast.get_docstring(module) or ""
        self._swapped = swapped
        self.constants: dict[str, ast.expr] = {}
        self.functions: dict[str, ast.FunctionDef] = {}
        for node in module.body:
            match node:
                case ast.FunctionDef(name=name):
                    self.functions[name] = node
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.constants[name] = value
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self.constants[name] = value
                case ast.Import() | ast.ImportFrom() | ast.If():
                    pass  # never executed
                case ast.Expr(value=ast.Constant()):
                    pass
                case _:
                    raise refused(node, f"{text_of(node)!r} is no part of a program")
        check_definitions(module)

    @property
    def _tables_of(self) -> dict[str, ast.FunctionDef]:
        # The functions that are the program's own.
        return {n: f for n, f in self.functions.items() if n not in HELPERS}

    def function(self, name: str) -> ast.FunctionDef:
        """Return a function of the file."""
        if name not in self.functions:
            raise SchemaError(f"there is no function {name!r}; every program has one")
        return self.functions[name]

    def constant(self, name: str, default: Any = None) -> Any:
        """Return the value of a constant."""
        if name not in self.constants:
            return default
        return value_of(self.constants[name], self.names)

    @cached_property
    def names(self) -> dict[str, Any]:
        """What names mean in expressions."""
        found: dict[str, Any] = {"tables": lambda: self.document}
        if "FRAME" in self.constants:
            framed = value_of(self.constants["FRAME"], {})

            def classes(word: str) -> Any:
                words = self.document["words"]
                return framed[word] if word in framed else words[word]

            found["classes"] = classes
        return found

    @cached_property
    def document(self) -> dict[str, Any]:
        """What ``tables.json`` holds."""
        if self._tables is None:
            raise SchemaError("the file reads tables.json, which is not beside it")
        stated = value_of(self.constants["TABLES_SHA256"], {})
        if hashlib.sha256(self._tables.encode()).hexdigest() != stated:
            raise SchemaError("tables.json is not the file that belongs to program.py")
        found: dict[str, Any] = json.loads(self._tables)
        return found

    def program(self) -> Program:
        """Return the program."""
        name = self.title.partition("\n")[0]
        if not name.endswith(_TITLE):
            raise SchemaError(f"expected a text that begins with NAME{_TITLE}")
        form, lines = self._form()
        if "ORDER" in self.constants:
            self.names["ORDER"] = self._order(form)
        labels = tuple(self.constant("LABELS", ()))
        reader = StatementReader(
            form,
            self.names,
            self._tables_of,
            self.constant("NAMES", {}),
            self._is_class,
        )
        reader.variables |= {v.name: v for v in reader.surfaces}
        for line in lines:
            if not isinstance(line, ast.Assign):
                raise refused(line, f"expected NAME = ..., got {text_of(line)!r}")
            reader.assign(line)
        of_output = {v.name: v for v in reader.variables.values()}
        terms, pooling = self._readout(labels, of_output, form)
        statements = tuple(reader.statements)
        readout = Readout(labels, tuple(terms), pooling)
        return Program(name.removesuffix(_TITLE), form, statements, readout)

    def _order(self, form: InputFormat) -> dict[str, int]:
        names = {**self.names, "TOKENS": form.symbols}
        found: dict[str, int] = value_of(self.constants["ORDER"], names)
        return found

    # The input.

    def _form(self) -> tuple[InputFormat, list[ast.stmt]]:
        body = [x for x in self.function("trace").body if not is_text(x)]
        split: Splitting | None = None
        given: ast.Call | None = None
        rest = list(body)
        while rest and given is None:
            match rest.pop(0):
                case ast.Assign(
                    targets=[ast.Name(id="tokens")],
                    value=ast.Call(func=ast.Name(id=called)) as call,
                ):
                    if called.startswith("split_"):
                        split = _SPLITTINGS.get(called)
                    elif called == "frame":
                        given = call
                case ast.Assign(targets=[ast.Name(id="words")]):
                    pass
                case other:
                    raise refused(
                        other, f"expected tokens = frame(...), got {text_of(other)!r}"
                    )
        if given is None:
            raise SchemaError("trace has no line tokens = frame(...)")
        framing = {k.arg: value_of(k.value, {}) for k in given.keywords if k.arg}
        begin, end = framing.get("begin"), framing.get("end")
        frame = [token for token in (begin, end) if token is not None]
        in_order = frame[::-1] if self._swapped else frame
        length = self.constant("MAX_LENGTH")
        if not isinstance(length, int):
            raise SchemaError("expected MAX_LENGTH = a whole number")
        surfaces, characters, rest = self._surfaces(rest)
        form = InputFormat(
            Vocabulary((*self._symbols(), *in_order), framing.get("unknown")),
            length + len(frame),
            begin,
            end,
            self._folding(),
            surfaces,
            split,
        )
        check_framing(given, form)
        check_characters(form, self.functions, characters, self.constant("NAMES", {}))
        rest = [line for line in rest if ast.unparse(line) not in _GIVEN]
        if not rest or not isinstance(rest[-1], ast.Return):
            raise SchemaError("trace does not end with return")
        check_returned(rest[-1])
        return form, rest[:-1]

    def _symbols(self) -> tuple[str, ...]:
        if "TOKENS" in self.constants:
            return tuple(self.constant("TOKENS"))
        return tuple(self.document["words"])

    def _folding(self) -> Folding | None:
        if "fold" not in self.functions:
            return None
        for lowercase in (False, True):
            for digits in (False, True):
                text = "word.lower()" if lowercase else "word"
                if digits:
                    text = f're.sub(r"\\d+", "0", {text})'
                if body_of(self.functions["fold"]) == [_dump(f"return {text}")]:
                    return Folding(lowercase, digits)
        fold = self.functions["fold"]
        raise refused(fold, "expected lower case, digits as 0, or both")

    def _surfaces(
        self, lines: list[ast.stmt]
    ) -> tuple[tuple[Surface, ...], list[ast.stmt], list[ast.stmt]]:
        # Character features, the lines that compute them, and the other lines.
        found: list[Surface] = []
        own: list[ast.stmt] = []
        rest: list[ast.stmt] = []
        renamed = self.constant("NAMES", {})
        for line in lines:
            function = self._of_words(line)
            if function is None or not isinstance(line, ast.Assign):
                rest.append(line)
            else:
                own.append(line)
                name = text_of(line.targets[0])
                found.append(_surface(renamed.get(name, name), self.function(function)))
        return tuple(found), own, rest

    def _of_words(self, line: ast.stmt) -> str | None:
        match line:
            case ast.Assign(
                value=ast.ListComp(
                    elt=ast.Call(func=ast.Name(id=function)),
                    generators=[ast.comprehension(iter=ast.Name(id="words"))],
                )
            ):
                return function
            case ast.Assign(value=ast.List(elts=items)):
                for item in items:
                    match item:
                        case ast.Starred(
                            value=ast.Call(
                                func=ast.Name(id="map"),
                                args=[ast.Name(id=function), ast.Name(id="words")],
                            )
                        ):
                            return function
        return None

    # The labels.

    @cached_property
    def _weights(self) -> dict[str, Any]:
        found = dict(self.constant("WEIGHTS", {}))
        score = self.functions.get("score")
        if score is not None and 'tables()["weights"]' in ast.unparse(score).replace(
            "'", '"'
        ):
            found = self.document["weights"]
        return found

    @cached_property
    def _weighed(self) -> set[str]:
        # The variables whose values have weights each, and those that are copied.
        found, renamed = {*self._weights}, self.constant("NAMES", {})
        copies = []
        for node in (x for f in self.functions.values() for x in ast.walk(f)):
            match node:
                case ast.Call(func=ast.Name(id="decide"), args=[_, *terms]):
                    for term in terms:
                        match term:
                            case ast.Tuple(elts=[ast.Name(id=name), added]) if (
                                not isinstance(added, ast.Tuple)
                            ):
                                found.add(renamed.get(name, name))
                case ast.Assign(
                    targets=[ast.Name(id=name)],
                    value=ast.Call(func=ast.Name(id=function), args=read),
                ) if read and function in _COPYING:
                    value = text_of(read[_COPYING[function]])
                    copies.append(tuple(renamed.get(n, n) for n in (name, value)))
        for copy, value in reversed(copies):
            if copy in found:
                found.add(value)
        return found

    @cached_property
    def _single(self) -> tuple[str, ast.expr, bool] | None:
        # The variable whose values are labels, the label as an expression of x, and
        # whether that is one of the sequence.
        match self._run_lines:
            case [ast.Return(value=ast.Subscript() as value)]:
                label: ast.expr = ast.Name("x")
                pooled = False
            case [ast.Return(value=ast.ListComp(elt=label, generators=[loop]))] if (
                ast.unparse(loop.target) == "x" and not loop.ifs
            ):
                value, pooled = loop.iter, False
            case [
                ast.AnnAssign(target=ast.Name(id="x"), value=ast.expr() as value),
                ast.Return(value=ast.expr() as label),
            ]:
                pooled = True
            case _:
                return None
        name = _traced(value)
        return None if name is None else (name, label, pooled)

    @property
    def _run_lines(self) -> list[ast.stmt]:
        return [x for x in self.function("run").body if not is_text(x)]

    def _is_class(self, name: str) -> bool:
        single = self._single
        return name in self._weighed or (single is not None and single[0] == name)

    def _readout(
        self,
        labels: tuple[str, ...],
        variables: Mapping[str, Variable],
        form: InputFormat,
    ) -> tuple[list[Term], Pooling]:
        if self._single is not None:
            name, label, pooled = self._single
            check_run(self._run_lines, name, form, pooled=pooled)
            names = {**self.names, "LABEL_OF": self.constant("LABEL_OF", {})}
            variable = self._known(name, variables)
            said = [value_of(label, {**names, "x": x}) for x in variable.values]
            term = _of_labels(variable, said, labels)
            return [term], Pooling.FIRST if pooled else Pooling.NONE
        zero = (0,) * len(labels)
        terms = []
        for name, rows in self._weights.items():
            variable = self._known(name, variables)
            get = _rows_of(rows, zero)
            terms.append(Term(name, tuple(tuple(get(v)) for v in variable.values)))
        for name, factors in self.constant("FACTORS", {}).items():
            terms.append(Term(self._known(name, variables).name, (tuple(factors),)))
        run, score = self.function("run"), self.functions.get("score")
        return terms, pooling_of(run, score, form)

    def _known(self, name: str, variables: Mapping[str, Variable]) -> Variable:
        if name not in variables:
            run = self.function("run")
            raise refused(run, f"reads {name!r}, which trace does not compute")
        return variables[name]


def _rows_of(rows: Any, zero: tuple[int, ...]) -> Callable[[Any], Any]:
    if isinstance(rows, list):
        return lambda value: rows[value]
    return lambda value: rows.get(value, zero)


def _of_labels(variable: Variable, said: list[str], labels: tuple[str, ...]) -> Term:
    # What cannot occur may be no label.
    if not {*said} & {*labels}:
        raise SchemaError(f"run says {said[0]!r}, which is none of LABELS")
    if not variable.domain.numerical:
        rows = tuple(tuple(int(x == label) for label in labels) for x in said)
        return Term(variable.name, rows)
    # A number has one weight for each label, and 0 gives the first of them.
    if said[0] != labels[0] or len({*said[1:]}) > 1:
        raise SchemaError(f"run: labels of {variable.name!r}, which is added up")
    return Term(variable.name, (tuple(int(label == said[-1]) for label in labels),))


def _traced(node: ast.expr) -> str | None:
    # ``trace(tokens, ...)["name"]``, perhaps without the frame, or at position 0.
    match node:
        case ast.Subscript(
            value=ast.Call(func=ast.Name(id="trace")),
            slice=ast.Constant(value=str() as name),
        ):
            return name
        case ast.Subscript(value=inner):
            return _traced(inner)
    return None


def _surface(name: str, function: ast.FunctionDef) -> Surface:
    known: tuple[str, ...] = ()
    found, last = "", ""
    for line in function.body:
        match line:
            case ast.Assign(targets=[ast.Name(id="known")], value=value):
                known = tuple(value_of(value, {}))
            case ast.Assign(targets=[ast.Name(id="found")], value=value):
                found = ast.unparse(value)
            case ast.Return(value=ast.IfExp(orelse=other)):
                last = value_of(other, {})
            case ast.Return(value=ast.Constant() as other):
                last = value_of(other, {})
    values = (*known, last)
    for kind, text, first in (
        (SurfaceKind.PREFIX, "word.lower()[:{}]", 1),
        (SurfaceKind.SUFFIX, "word.lower()[-{}:]", 1),
        (SurfaceKind.SHAPE, "character_runs(word, {})", 2),
    ):
        for length in range(first, 100):
            if found == text.format(length):
                return Surface(name, kind, values, length)
    if found == "character_kinds(word)":
        return Surface(name, SurfaceKind.SHAPE, values)
    raise refused(function, f"{found!r} is no character feature")


def _dump(line: str) -> str:
    return ast.dump(ast.parse(line).body[0])
