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
from transformer_programs.emit.inline import (
    Context,
    inline,
    needs_order,
    neighbour,
)
from transformer_programs.emit.layout import (
    WIDTH,
    Piece,
    call,
    dict_of,
    keyword,
    lay_out,
    listed,
    literal,
    set_of,
    width,
)
from transformer_programs.emit.names import Names, function_names
from transformer_programs.emit.outside import Outside
from transformer_programs.emit.readout import readout_blocks, run_block
from transformer_programs.emit.statements import comment, docstring, function_source
from transformer_programs.emit.surfaces import (
    RESERVED,
    WORDS,
    needs_re,
    surface_blocks,
    surface_lines,
)
from transformer_programs.emit.words import describe, describe_program, lengths_in_words
from transformer_programs.forms.length import AnyLength
from transformer_programs.forms.reachable import reachable_values
from transformer_programs.program import primitives
from transformer_programs.program.check import check
from transformer_programs.program.nodes import INPUTS, Attend, Count, Program

_READING = (primitives.character_kinds, primitives.folded)
"""Those for which characters are read."""

_OTHERS = (
    primitives.frame,
    primitives.visible,
    primitives.attend,
    primitives.before,
    primitives.after,
    primitives.count,
    primitives.one_of,
    primitives.number,
    primitives.step,
    primitives.best,
)

PRIMITIVES = (*_READING, *_OTHERS)
"""In the order in which a program that needs them prints them."""

_IMPORTS = {
    "from collections.abc import {}": ("Callable", "Collection", "Mapping", "Sequence"),
    "from functools import {}": ("lru_cache",),
    "from pathlib import {}": ("Path",),
    "from typing import {}": ("Any",),
}

MOST_IN_ORDER = 64
"""Up to so many tokens are listed in order."""

_RUN = "run(argumentsPASSED)"

_RESERVED = frozenset(
    {name for names in _IMPORTS.values() for name in names}
    | {function.__name__ for function in _OTHERS}
    | {
        "annotations",
        "any_length",
        "classes",
        "hashlib",
        "json",
        "main",
        "name",
        "otherwise",
        "predicate",
        "run",
        "score",
        "sys",
        "tables",
    }
    | {"q", "k"}
    | {"a", "b", "table", "trace", "v", "x", *INPUTS}
)

_OF_CHARACTERS = RESERVED | {function.__name__ for function in _READING}


def emit_python(program: Program) -> str:
    """The text of ``program.py``.

    Raises:
        ProgramError: if the program is not valid.
    """
    return emit(program)[0]


def emit(program: Program) -> tuple[str, str | None]:
    """The texts of ``program.py`` and of ``tables.json``, if there is one.

    Raises:
        ProgramError: if the program is not valid.
    """
    check(program)
    names = _names(program)
    context = Context(
        program.input,
        program.domains,
        reachable_values(program),
        names,
    )
    meaning = AnyLength(program, context)
    outside = Outside(program, context)
    in_file = {*outside.word_classes, *outside.large}
    inlined = {
        s.output: None if s.output in in_file else inline(s, context)
        for s in program.statements
    }
    tables = [s for s in program.statements if inlined[s.output] is None]
    blocks = [
        *outside.blocks(),
        *surface_blocks(program.input, names),
        *(function_source(s, context, outside) for s in tables),
        *readout_blocks(program, context, outside),
        *filter(None, [_renamed(names)]),
        _trace(program, context, inlined, outside, any_length=not meaning.bound),
        run_block(program, context, any_length=not meaning.bound),
    ]
    code = "\n\n\n".join("\n".join(block) for block in blocks)
    main = templates.MAIN.replace(
        "RESULT", f'" ".join({_RUN})' if program.tagging else _RUN
    )
    main = templates.with_option(main, any_length=not meaning.bound)
    parts = [*_primitives(code), code, main.strip()]
    header = _header(program, context, meaning, outside, "".join(parts))
    return "\n\n\n".join([header, *parts]) + "\n", outside.text


def _header(
    program: Program,
    context: Context,
    meaning: AnyLength,
    outside: Outside,
    code: str,
) -> str:
    form = program.input
    option = "" if meaning.bound else " [--any-length]"
    taken = "." if meaning.bound else ": any_length=True takes more tokens."
    lines = docstring(
        f"{' '.join(program.name.split())}: a Transformer Program.",
        describe_program(program),
        lengths_in_words(meaning) + taken,
        *_aliases(program),
        f"Usage: python program.py{option} TOKEN...",
    )
    order = _order(program, context)
    lines += ["", "from __future__ import annotations", ""]
    lines += ["import hashlib", "import json"] if outside.needed else []
    lines += ["import re"] if needs_re(form) else []
    lines += ["import sys"]
    for line, names in _IMPORTS.items():
        used = [name for name in names if re.search(rf"\b{name}\b", code)]
        if used:
            lines.append(line.format(", ".join(used)))
    known = lay_out("TOKENS = ", _tokens(form.symbols, ordered=bool(order)))
    return "\n".join(
        [
            *lines,
            "",
            *([] if outside.word_classes and not order else known),
            *order,
            *lay_out("LABELS = ", listed(program.readout.labels)),
            f"MAX_LENGTH = {form.max_bare_length}",
            *outside.header(),
        ]
    )


def _aliases(program: Program) -> Iterator[str]:
    """What variables are called in the model that the program comes from."""
    written = {statement.output for statement in program.statements}
    named = [f"{new} is {old}" for new, old in program.aliases if new in written]
    if named:
        yield f"In the model that was learned: {', '.join(named)}."


def _tokens(symbols: tuple[str, ...], *, ordered: bool) -> Piece:
    """A tuple; a set where looking a token up would take long and no order is asked."""
    many = len(symbols) > MOST_IN_ORDER and not ordered
    return set_of(symbols) if many else listed(symbols)


def _order(program: Program, context: Context) -> list[str]:
    """The rank of every token, where a condition asks for it."""
    if not any(needs_order(s, context) for s in program.statements):
        return []
    form = program.input
    frame = [literal(t) for t in (form.begin, form.end) if t is not None]
    ranked = f"({', '.join(['*TOKENS', *frame])})" if frame else "TOKENS"
    return [f"ORDER = {{token: rank for rank, token in enumerate({ranked})}}"]


def _primitives(code: str) -> Iterator[str]:
    """The source of those that the code calls, directly or through another."""
    sources = {f.__name__: inspect.getsource(f).strip() for f in PRIMITIVES}
    called = {name for name in sources if _calls(code, name)}
    called |= {n for n in sources if any(_calls(sources[c], n) for c in called)}
    return (source for name, source in sources.items() if name in called)


def _calls(code: str, name: str) -> bool:
    return re.search(rf"(?<!def )\b{name}\(", code) is not None


def _trace(
    program: Program,
    context: Context,
    inlined: dict[str, list[str] | None],
    outside: Outside,
    any_length: bool,
) -> list[str]:
    form, names = program.input, context.names
    words = "tokens" if form.folding is None else "folded(tokens, fold)"
    in_file = outside.word_classes and not _order(program, context)
    known = 'tables()["words"]' if in_file else "TOKENS"
    frame: list[Piece] = [words, known, "MAX_LENGTH"]
    if any_length:
        frame.append("any_length")
    optional = {
        "begin": form.begin,
        "end": form.end,
        "unknown": form.vocabulary.unknown,
    }
    for name, token in optional.items():
        if token is not None:
            frame.append(keyword(name, literal(token)))
    lines = [
        *templates.with_option(templates.TRACE, any_length).splitlines(),
        *([f"    {WORDS} = tokens"] if form.surfaces else []),
        *lay_out("tokens = ", call("frame", *frame), indent=4),
        "    positions = list(range(len(tokens)))",
        "    ones = [1] * len(tokens)",
        *surface_lines(form, names),
    ]
    for statement in program.statements:
        closed = inlined[statement.output]
        if closed is not None:
            if isinstance(statement, Attend | Count) and not neighbour(
                statement, context
            ):
                lines += comment(describe(statement, context), indent=4)
            lines += closed
            continue
        inputs = [names.variables[n] for n in dict.fromkeys(statement.inputs)]
        value = call(names.functions[statement.output], *inputs)
        target = names.variables[statement.output]
        lines += lay_out(f"{target} = ", value, indent=4)
    others = ["any_length"] if any_length else []
    others += [WORDS] if form.surfaces else []
    return [*lines, *_returned(bool(_renamed(names)), others)]


def _returned(renamed: bool, others: list[str]) -> list[str]:
    """The lines that return the variables by name, without some that are none."""
    if not renamed and not others:
        return ["    return locals()"]
    key = "NAMES.get(name, name)" if renamed else "name"
    named = f"{key}: x for name, x in locals().items()"
    if len(others) == 1:
        named += f" if name != {literal(others[0])}"
    elif others:
        named += f" if name not in ({', '.join(map(literal, others))})"
    line = f"    return {{{named}}}"
    if width(line) <= WIDTH:
        return [line]
    if width(f"        {named}") > WIDTH:
        named = named.replace(" if ", "\n        if ").replace(
            " for ", "\n        for "
        )
    return ["    return {", *f"        {named}".split("\n"), "    }"]


def _names(program: Program) -> Names:
    """Variables keep their names where they can; the functions of tables end in _of."""
    form = program.input
    outputs = [surface.name for surface in form.surfaces]
    outputs += [statement.output for statement in program.statements]
    given = _RESERVED | (_OF_CHARACTERS if form.reads_characters else set())
    variables = function_names(outputs, given)
    reserved = given | {*variables.values()}
    functions = function_names([f"{name}_of" for name in outputs], reserved)
    return Names(
        {name: functions[f"{name}_of"] for name in outputs},
        variables | {name: name for name in INPUTS},
    )


def _renamed(names: Names) -> list[str]:
    """The names of variables that cannot have their own in the file."""
    renamed = {file: name for name, file in names.variables.items() if file != name}
    if not renamed:
        return []
    entries = dict_of((literal(file), literal(name)) for file, name in renamed.items())
    return [
        "# Names that mean something else in Python.",
        *lay_out("NAMES = ", entries),
    ]
