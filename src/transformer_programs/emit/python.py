"""Program -> ``program.py``: standalone, readable, the same bytes every time.

The file needs Python 3.9 and its standard library, prints nothing when it is imported,
and is laid out as ``ruff format`` would. One function per statement; ``trace`` calls
them in order; ``run`` turns the scores into labels.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from transformer_programs.emit import templates
from transformer_programs.emit.layout import (
    Bracket,
    Piece,
    call,
    dict_of,
    keyword,
    lay_out,
    literal,
    set_of,
    tuple_of,
)
from transformer_programs.emit.names import function_names
from transformer_programs.emit.statements import Names, docstring, function_source
from transformer_programs.emit.words import describe_program
from transformer_programs.program import primitives
from transformer_programs.program.check import check
from transformer_programs.program.nodes import INPUTS, Pooling, Program, Term

PRIMITIVES = (
    primitives.frame,
    primitives.visible,
    primitives.attend,
    primitives.count,
    primitives.step,
    primitives.best,
)
"""In the order in which a program that needs them prints them."""

_IMPORTS = {
    "from collections.abc import {}": ("Collection", "Mapping", "Sequence"),
    "from types import {}": ("SimpleNamespace",),
    "from typing import {}": ("Any",),
}

_RESERVED = frozenset(
    {name for names in _IMPORTS.values() for name in names}
    | {function.__name__ for function in PRIMITIVES}
    | {"annotations", "main", "names", "otherwise", "predicate", "run", "score", "sys"}
    | {"a", "b", "table", "trace", "v", "x", *INPUTS}
)


def emit_python(program: Program) -> str:
    """The text of ``program.py``.

    Raises:
        ProgramError: if the program is not valid.
    """
    check(program)
    outputs = [statement.output for statement in program.statements]
    functions = function_names(outputs, _RESERVED)
    names = Names(functions, functions | {name: name for name in INPUTS})
    blocks = [
        *(function_source(s, program.domains, names) for s in program.statements),
        *_readout(program),
        _trace(program, names),
        _run(program),
    ]
    code = "\n\n\n".join("\n".join(block) for block in blocks)
    main = templates.MAIN.replace(
        "RESULT", '" ".join(run(arguments))' if program.tagging else "run(arguments)"
    )
    parts = [*_primitives(code), code, main.strip()]
    return "\n\n\n".join([_header(program, "".join(parts)), *parts]) + "\n"


def _header(program: Program, code: str) -> str:
    form = program.input
    lines = docstring(
        f"{' '.join(program.name.split())}: a Transformer Program.",
        describe_program(program),
        "Usage: python program.py TOKEN...",
    )
    lines += ["", "from __future__ import annotations", "", "import sys"]
    for line, names in _IMPORTS.items():
        used = [name for name in names if re.search(rf"\b{name}\b", code)]
        if used:
            lines.append(line.format(", ".join(used)))
    return "\n".join(
        [
            *lines,
            "",
            *lay_out("TOKENS = ", set_of(form.symbols)),
            *lay_out("LABELS = ", tuple_of(map(literal, program.readout.labels))),
            f"MAX_LENGTH = {form.max_bare_length}",
        ]
    )


def _primitives(code: str) -> Iterator[str]:
    """The source of those that the code calls, directly or through another."""
    sources = {f.__name__: inspect.getsource(f).strip() for f in PRIMITIVES}
    called = {name for name in sources if _calls(code, name)}
    called |= {n for n in sources if any(_calls(sources[c], n) for c in called)}
    return (source for name, source in sources.items() if name in called)


def _calls(code: str, name: str) -> bool:
    return re.search(rf"(?<!def )\b{name}\(", code) is not None


def _readout(program: Program) -> Iterator[list[str]]:
    """The weights, and the function that adds them up."""
    terms, domains = program.readout.terms, program.domains
    weights = [t for t in terms if not domains[t.variable].numerical]
    factors = [t for t in terms if domains[t.variable].numerical]
    score = [
        "def score(v: dict[str, list[Any]], i: int) -> list[int]:",
        '    """The score of every label at position i."""',
        "    zero = (0,) * len(LABELS)",
        "    rows: list[tuple[int, ...]] = [zero]",
    ]
    if weights:
        entries = dict_of((literal(t.variable), _rows(t, program)) for t in weights)
        yield [
            "# What each value adds to the score of each label, nothing if not listed.",
            *lay_out("WEIGHTS: dict[str, dict[Any, tuple[int, ...]]] = ", entries),
        ]
        score.append(
            "    rows += [row.get(v[name][i], zero) for name, row in WEIGHTS.items()]"
        )
    if factors:
        entries = dict_of((literal(t.variable), _row(t.weights[0])) for t in factors)
        yield [
            "# What each number is multiplied by for the score of each label.",
            *lay_out("FACTORS: dict[str, tuple[int, ...]] = ", entries),
        ]
        score += [
            "    for name, factors in FACTORS.items():",
            "        rows.append(tuple(factor * v[name][i] for factor in factors))",
        ]
    yield [*score, "    return [sum(column) for column in zip(*rows)]"]


def _rows(term: Term, program: Program) -> Bracket:
    values = program.domains[term.variable].values
    pairs = zip(values, term.weights, strict=True)
    return dict_of((literal(value), _row(row)) for value, row in pairs if any(row))


def _row(weights: tuple[int, ...]) -> Bracket:
    return tuple_of(str(weight) for weight in weights)


def _trace(program: Program, names: Names) -> list[str]:
    form = program.input
    frame: list[Piece] = ["tokens", "TOKENS", "MAX_LENGTH"]
    optional = {
        "begin": form.begin,
        "end": form.end,
        "unknown": form.vocabulary.unknown,
    }
    for name, token in optional.items():
        if token is not None:
            frame.append(keyword(name, literal(token)))
    lines = [
        *templates.TRACE.splitlines(),
        *lay_out("v.tokens = ", call("frame", *frame), indent=4),
        "    v.positions = list(range(len(v.tokens)))",
        "    v.ones = [1] * len(v.tokens)",
    ]
    for statement in program.statements:
        inputs = [f"v.{names.variables[n]}" for n in dict.fromkeys(statement.inputs)]
        value = call(names.functions[statement.output], *inputs)
        target = names.variables[statement.output]
        lines += lay_out(f"v.{target} = ", value, indent=4)
    renamed = {file: name for name, file in names.variables.items() if file != name}
    if not renamed:
        return [*lines, "    return vars(v)"]
    entries = dict_of((literal(file), literal(name)) for file, name in renamed.items())
    return [
        *lines,
        *lay_out("names = ", entries, indent=4),
        "    return {names.get(name, name): x for name, x in vars(v).items()}",
    ]


def _run(program: Program) -> list[str]:
    form = program.input
    match program.readout.pooling:
        case Pooling.NONE:
            start = f"{form.offset}, " if form.offset else ""
            end = " - 1" if form.end is not None else ""
            positions = f'{start}len(v["tokens"]){end}'
            return templates.RUN_TAGGING.replace("POSITIONS", positions).splitlines()
        case Pooling.MEAN:
            return templates.RUN_MEAN.splitlines()
        case Pooling.FIRST:
            return templates.RUN_FIRST.splitlines()
