"""The parts of ``program.py`` that are not read, because they say the same everywhere.

An edit there would be passed over, and the program would not be what the text says. So
they have to be as they are emitted, whatever else was edited.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping, Sequence

from transformer_programs.codegen import templates
from transformer_programs.codegen.outside import CLASSES, READER
from transformer_programs.codegen.python import PRIMITIVES
from transformer_programs.codegen.reading.expressions import (
    FUNCTIONS,
    refused,
    text_of,
)
from transformer_programs.codegen.surfaces import surface_blocks, surface_lines
from transformer_programs.language import InputFormat, Pooling

HELPERS = {f.__name__: inspect.getsource(f) for f in PRIMITIVES} | {
    "tables": READER,
    "classes": CLASSES,
}
"""Functions that are alike in all programs, by name."""

EARLIER = {
    "attend": """\
def attend(query, key, value, predicate, scope="all"):
    output = []
    for i, q in enumerate(query):
        matches = (j for j in visible(scope, i, len(key)) if predicate(q, key[j]))
        nearest = min(matches, key=lambda j: (j == i, abs(j - i), j), default=0)
        output.append(value[nearest])
    return output
""",
    "count": """\
def count(query, key, value, predicate, scope="all"):
    output = []
    for i, q in enumerate(query):
        matches = (j for j in visible(scope, i, len(key)) if predicate(q, key[j]))
        output.append(sum(value[j] for j in matches))
    return output
""",
}
"""Helpers of files that were written before, which say the same."""

_MODULES = {
    *("__future__", "collections.abc", "functools", "hashlib", "json", "pathlib"),
    *("re", "sys", "typing"),
}

_SCORE = """
zero = (0,) * len(LABELS)
rows: list[tuple[int, ...]] = [zero]
weights = tables()["weights"].items()
rows += [row[v[name][i]] for name, row in weights]
rows += [row.get(v[name][i], zero) for name, row in WEIGHTS.items()]
for name, factors in FACTORS.items():
    rows.append(tuple(factor * v[name][i] for factor in factors))
return [sum(column) for column in zip(*rows)]
"""

_RETURNED = """
locals()
{name: x for name, x in locals().items() if name != "any_length"}
{name: x for name, x in locals().items() if name != "words"}
{name: x for name, x in locals().items() if name not in ("any_length", "words")}
"""


def check_definitions(module: ast.Module) -> None:
    """Check that names mean what they mean in emitted files.

    Raises:
        SchemaError: If the file defines one of them otherwise.
    """
    for node in module.body:
        match node:
            case ast.Import() | ast.ImportFrom():
                _check_import(node)
            case ast.If():
                if ast.unparse(node.test) != "__name__ == '__main__'":
                    raise refused(node, "expected no condition but that of main")
            case ast.FunctionDef(name=name):
                _check_function(node, name)
            case ast.Assign(targets=[ast.Name(id=name)]):
                check_new(node, name)
            case ast.AnnAssign(target=ast.Name(id=name)):
                check_new(node, name)


def check_new(node: ast.AST, name: str) -> None:
    """Check that a name is none of a function that expressions call.

    Raises:
        SchemaError: If it is.
    """
    if name in FUNCTIONS or name in HELPERS:
        raise refused(node, f"{name!r} means something else in programs; rename it")


def _check_import(node: ast.Import | ast.ImportFrom) -> None:
    of = [node.module] if isinstance(node, ast.ImportFrom) else []
    modules = of or [alias.name for alias in node.names]
    renamed = any(alias.asname or alias.name == "*" for alias in node.names)
    if renamed or not {*modules} <= _MODULES:
        raise refused(node, f"{text_of(node)!r} is no import of a program")


def _check_function(node: ast.FunctionDef, name: str) -> None:
    if name in HELPERS:
        known = (HELPERS[name], EARLIER.get(name, HELPERS[name]))
        if _dumped(node) not in map(_dumped, map(_function, known)):
            raise refused(node, f"the helper {name!r} was changed")
        return
    check_new(node, name)
    given = node.args
    others = (*given.posonlyargs, *given.kwonlyargs, given.vararg, given.kwarg)
    if node.decorator_list or any(others):
        raise refused(node, f"the function {name!r} has more than parameters and lines")


def _function(text: str) -> ast.FunctionDef:
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    return function


def _dumped(node: ast.FunctionDef) -> list[str]:
    # Without its text and the types of its parameters.
    arguments = [argument.arg for argument in node.args.args]
    defaults = [*node.args.defaults, *node.decorator_list]
    return [*arguments, *map(ast.dump, defaults), *body_of(node)]


def body_of(node: ast.FunctionDef) -> list[str]:
    """Return the lines of a function, without its text."""
    return [ast.dump(line) for line in node.body if not is_text(line)]


def is_text(node: ast.stmt) -> bool:
    """Whether a line is a text that documents."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def check_framing(call: ast.Call, form: InputFormat) -> None:
    """Check what the tokens of the frame are put around.

    Raises:
        SchemaError: If it is something else than what was passed.
    """
    words = "tokens" if form.folding is None else "folded(tokens, fold)"
    found = [text_of(argument) for argument in call.args]
    known = found[1:2] in (["TOKENS"], ["tables()['words']"])
    length = found[2:] in (["MAX_LENGTH"], ["MAX_LENGTH", "any_length"])
    if found[:1] != [words] or not known or not length:
        raise refused(call, f"expected frame({words}, ...), got {text_of(call)!r}")
    odd = {keyword.arg for keyword in call.keywords} - {"begin", "end", "unknown"}
    if odd:
        raise refused(call, f"{text_of(call)!r}: expected begin, end and unknown alone")


def check_returned(node: ast.Return) -> None:
    """Check that ``trace`` returns what it computed.

    Raises:
        SchemaError: If it is something else.
    """
    returned = {ast.unparse(ast.parse(x)) for x in _RETURNED.strip().splitlines()}
    found = "" if node.value is None else ast.unparse(node.value)
    if found.replace("NAMES.get(name, name): x", "name: x") not in returned:
        raise refused(node, "trace returns something else than its variables")


def check_characters(
    form: InputFormat,
    functions: Mapping[str, ast.FunctionDef],
    lines: Iterable[ast.stmt],
    renamed: Mapping[str, str],
) -> None:
    """Check the functions of characters, and the lines that call them.

    Args:
        form: What was read of them.
        functions: Those of the file.
        lines: Those of ``trace`` that compute character features.
        renamed: What variables of the file are called in the program.

    Raises:
        SchemaError: If they compute something else.
    """
    names = {s.name: s.name for s in form.surfaces}
    names |= {name: file for file, name in renamed.items() if name in names}
    called: dict[str, str] = {}
    given = [*lines]
    for surface, line in zip(form.surfaces, given, strict=True):
        called[surface.name] = next(
            n.id
            for n in ast.walk(line)
            if isinstance(n, ast.Name) and n.id in functions
        )
    expected = [ast.parse(x.strip()) for x in surface_lines(form, names, called)]
    for line, wanted in zip(given, expected, strict=True):
        if ast.unparse(line) != ast.unparse(wanted):
            raise refused(line, f"expected {ast.unparse(wanted)}")
    for block in surface_blocks(form, called):
        (wanted_function,) = ast.parse("\n".join(block)).body
        assert isinstance(wanted_function, ast.FunctionDef)
        function = functions[wanted_function.name]
        if body_of(function) != body_of(wanted_function):
            raise refused(function, f"{function.name!r} is no character feature")


def check_run(
    lines: Sequence[ast.stmt], name: str, form: InputFormat, *, pooled: bool
) -> None:
    """Check which values of a variable ``run`` takes the labels of.

    Args:
        lines: The lines of the function.
        name: The variable.
        form: The input.
        pooled: Whether there is one label, of position 0.

    Raises:
        SchemaError: If these are others than those of the tokens, or the first.
    """
    start, end = str(form.offset or ""), "-1" if form.end is not None else ""
    places = f"[{start}:{end}]" if start or end else ""
    places = "[0]" if pooled else places
    found = "\n".join(map(ast.unparse, lines))
    for passed in ("tokens", "tokens, any_length"):
        traced = ast.unparse(ast.parse(f"trace({passed})[{name!r}]{places}"))
        # Nothing but what a label is made of stands before or behind it.
        before, _, after = found.partition(traced)
        if after[:1] in ("", "]", "\n") and before.count("trace(") == 0:
            return
    raise refused(lines[0], f"expected run to read trace(tokens)[{name!r}]{places}")


def pooling_of(
    run: ast.FunctionDef, score: ast.FunctionDef | None, form: InputFormat
) -> Pooling:
    """Return how scores become labels.

    Raises:
        SchemaError: If scores are added up, or read, otherwise.
    """
    if score is None:
        raise refused(run, "the file has no score, and run copies no variable")
    (known,) = ast.parse(_as_function(_SCORE)).body
    assert isinstance(known, ast.FunctionDef)
    if not {*body_of(score)} <= {*body_of(known)}:
        raise refused(score, "scores are added up in another way")
    bounds = f"{form.offset}, " if form.offset else ""
    last = " - 1" if form.end is not None else ""
    for pooling, template in templates.RUN.items():
        for any_length in (False, True):
            text = templates.with_option(template, any_length)
            text = text.replace("POSITIONS", f'{bounds}len(v["tokens"]){last}')
            (wanted,) = ast.parse(text).body
            assert isinstance(wanted, ast.FunctionDef)
            if body_of(run) == body_of(wanted):
                return pooling
    raise refused(run, "run makes labels of scores in another way")


def _as_function(lines: str) -> str:
    body = "".join(f"    {line}\n" for line in lines.strip().splitlines())
    return f"def score(v, i):\n{body}"
