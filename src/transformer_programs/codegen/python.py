"""Program -> ``program.py``: standalone, readable, the same bytes every time.

The file needs Python 3.9 and its standard library, prints nothing when it is imported,
and is laid out as ``ruff format`` would. What is the program's own comes first:
``trace`` computes its variables in order, ``run`` turns them into labels, and the
tables that they read follow; then the functions that are alike in all programs.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from transformer_programs.analysis import (
    MOST_LISTED,
    alike,
    describe_program,
    in_words,
    lengths_in_words,
)
from transformer_programs.codegen import templates
from transformer_programs.codegen.layout import (
    WIDTH,
    Piece,
    call,
    dict_of,
    docstring,
    keyword,
    lay_out,
    listed,
    literal,
    set_of,
    width,
)
from transformer_programs.codegen.names import Context
from transformer_programs.codegen.outside import MOST_LINES
from transformer_programs.codegen.readout import readout_blocks, run_block
from transformer_programs.codegen.size import code_lines
from transformer_programs.codegen.statements import function_source, inline
from transformer_programs.codegen.surfaces import (
    RESERVED,
    WORDS,
    surface_blocks,
    surface_lines,
)
from transformer_programs.language import INPUTS, Program, check, primitives
from transformer_programs.system import TABLES

MOST_IN_ORDER = 64  # up to so many tokens are listed in order

_MANY = 17  # known tokens, of which the docstring speaks
_MOST_LINES = 3  # longer lists stand behind the functions that read them

_IMPORTS = {
    "from collections.abc import {}": ("Callable", "Collection", "Mapping", "Sequence"),
    "from functools import {}": ("lru_cache",),
    "from pathlib import {}": ("Path",),
    "from typing import {}": ("Any",),
}

_READING = (
    primitives.character_kinds,
    primitives.character_runs,
    primitives.folded,
)

_SPLITTING = {
    "whitespace": primitives.split_whitespace,
    "characters": primitives.split_characters,
    "words": primitives.split_words,
}

_OTHERS = (
    primitives.frame,
    primitives.visible,
    primitives.places,
    primitives.nearest,
    primitives.attend,
    primitives.attend_equal,
    primitives.before,
    primitives.after,
    primitives.count,
    primitives.count_equal,
    primitives.one_of,
    primitives.number,
    primitives.integer,
    primitives.step,
    primitives.decide,
    primitives.best,
)

PRIMITIVES: tuple[Callable[..., Any], ...] = (*_SPLITTING.values(), *_READING, *_OTHERS)
"""In the order in which a program that needs them prints them."""

# Names that mean something in every file; where characters are read; of texts.
_RESERVED = frozenset(name for names in _IMPORTS.values() for name in names) | {
    *INPUTS,
    *(function.__name__ for function in _OTHERS),
    *("annotations", "any_length", "classes", "hashlib", "json", "main", "name"),
    *("otherwise", "predicate", "run", "score", "sys", "table", "tables", "trace"),
    *("a", "b", "k", "q", "v", "x"),
}
_OF_CHARACTERS = RESERVED | {function.__name__ for function in _READING}
_OF_TEXTS = frozenset({"re"} | {f.__name__ for f in _SPLITTING.values()})


def emit_python(program: Program) -> str:
    """Return the text of ``program.py``.

    Raises:
        ProgramError: If the program is not valid.
    """
    return emit(program)[0]


def emit(program: Program) -> tuple[str, str | None]:
    """Return the texts of ``program.py`` and of ``tables.json``, if there is one.

    Raises:
        ProgramError: If the program is not valid.
    """
    check(program)
    form, reserved = program.input, _RESERVED
    reserved |= _OF_CHARACTERS if form.reads_characters else set()
    reserved |= _OF_TEXTS if form.split is not None else set()
    context = Context(program, reserved)
    found = _emitted(context)
    if context.single is None and code_lines(found[0]) > MOST_LINES:
        # Of a sum too long to be read line by line, tables stand in the file of tables.
        found = _emitted(Context(program, reserved, narrow=True))
    return found


def _emitted(context: Context) -> tuple[str, str | None]:
    short, long = _constants(context)
    own = [*_functions(context), *filter(None, [long, _renamed(context)])]
    outside, main = [*context.outside.blocks()], _main(context)
    code = "\n\n\n".join("\n".join(block) for block in (*own, *outside, main))
    helpers = [*outside, *_primitives(code), main]
    printed = "\n".join(line for block in (*own, *helpers) for line in block)
    head = [*_title(context), "", *_imports(context, printed), "", *short]
    parts = [head, *own, [templates.HELPERS], *helpers]
    text = "\n\n\n".join("\n".join(part) for part in parts) + "\n"
    return text, context.outside.text


# The head of the file.


def _title(context: Context) -> list[str]:
    program = context.program
    option = " [--any-length]" if context.any_length else ""
    taken = ": any_length=True takes more tokens." if context.any_length else "."
    what = "TOKEN..." if program.input.split is None else "TEXT"
    # What variables are called in the model that the program comes from.
    written = {statement.output for statement in program.statements}
    named = [f"{new} is {old}" for new, old in program.aliases if new in written]
    return docstring(
        f"{' '.join(program.name.split())}: a Transformer Program.",
        describe_program(program),
        lengths_in_words(context.meaning) + taken,
        *_known_tokens(context),
        *([f"In the model that was learned: {', '.join(named)}."] if named else []),
        f"Usage: python program.py{option} {what}",
    )


def _known_tokens(context: Context) -> Iterator[str]:
    # Where many of them stand, and which of them matter if those are few.
    form = context.program.input
    where = f", listed in {TABLES}," if context.outside.tokens else ""
    number = len(form.symbols) - (form.vocabulary.unknown is not None)
    if number < _MANY:
        return
    known = f"its {number:,} known tokens{where}"
    groups = sorted(alike(context.program), key=len)
    tokens = [form.vocabulary.tokens[i] for group in groups[:-1] for i in group]
    symbols = frozenset(form.symbols)
    told = [token for token in tokens if token in symbols]
    if not told:
        yield f"None of {known} is told apart from the others."
    elif len(told) <= MOST_LISTED:
        verb = "is" if len(told) == 1 else "are"
        named = in_words([literal(token) for token in told], "and")
        yield f"Of {known} only {named} {verb} told apart from the others."
    elif where:
        yield f"Its {number:,} known tokens are listed in {TABLES}."


def _imports(context: Context, code: str) -> list[str]:
    form = context.program.input
    digits = form.folding is not None and form.folding.digits
    lines = ["from __future__ import annotations", ""]
    lines += ["import hashlib", "import json"] if context.outside.needed else []
    lines += ["import re"] if digits or form.split == "words" else []
    lines += ["import sys"]
    for line, names in _IMPORTS.items():
        used = [name for name in names if re.search(rf"\b{name}\b", code)]
        if used:
            lines.append(line.format(", ".join(used)))
    return lines


def _constants(context: Context) -> tuple[list[str], list[str]]:
    """Return the tokens, the labels and the length: short lists, and long ones."""
    form, order = context.program.input, context.outside.ordered
    # A set where looking a token up would take long and no order is asked for.
    many = len(form.symbols) > MOST_IN_ORDER and not order
    tokens = set_of(form.symbols) if many else listed(form.symbols)
    known = lay_out("TOKENS = ", tokens)
    if order:
        frame = [*map(literal, form.frame)]
        ranked = f"({', '.join(['*TOKENS', *frame])})" if frame else "TOKENS"
        known += [f"ORDER = {{token: rank for rank, token in enumerate({ranked})}}"]
    labels = lay_out("LABELS = ", listed(context.program.readout.labels))
    length = [f"MAX_LENGTH = {form.max_bare_length}"]
    groups = ([] if context.outside.tokens else known, labels, length)
    short = [line for group in groups if len(group) <= _MOST_LINES for line in group]
    long = [line for group in groups if len(group) > _MOST_LINES for line in group]
    return short, long


# What the program does: trace, run, and the tables that they read.


def _functions(context: Context) -> Iterator[list[str]]:
    program, outside = context.program, context.outside
    in_file = {*outside.word_classes, *outside.large, *outside.decisions}
    inlined = {
        s.output: None if s.output in in_file else inline(s, context)
        for s in program.statements
    }
    yield _trace(context, inlined)
    yield run_block(context)
    yield from surface_blocks(program.input, context.functions)
    for statement in program.statements:
        if inlined[statement.output] is None:
            yield function_source(statement, context)
    yield from readout_blocks(context)


def _trace(context: Context, inlined: dict[str, list[str] | None]) -> list[str]:
    form, variables = context.program.input, context.variables
    words = "tokens" if form.folding is None else "folded(tokens, fold)"
    frame: list[Piece] = [words, _known(context), "MAX_LENGTH"]
    frame += ["any_length"] if context.any_length else []
    unknown = form.vocabulary.unknown
    optional = {"begin": form.begin, "end": form.end, "unknown": unknown}
    frame += [keyword(n, literal(t)) for n, t in optional.items() if t is not None]
    split = [] if form.split is None else [_SPLITTING[form.split].__name__]
    lines = [
        *templates.with_option(templates.TRACE, context.any_length).splitlines(),
        *(f"    tokens = {name}(tokens)" for name in split),
        *([f"    {WORDS} = tokens"] if form.surfaces else []),
        *lay_out("tokens = ", call("frame", *frame), indent=4),
        "    positions = list(range(len(tokens)))",
        "    ones = [1] * len(tokens)",
        *surface_lines(form, variables, context.functions),
    ]
    for statement in context.program.statements:
        closed = inlined[statement.output]
        if closed is None:
            inputs = [variables[n] for n in dict.fromkeys(statement.inputs)]
            value = call(context.functions[statement.output], *inputs)
            closed = lay_out(f"{variables[statement.output]} = ", value, indent=4)
        lines += closed
    others = ["any_length"] if context.any_length else []
    return [*lines, *_returned(context, others + [WORDS] * bool(form.surfaces))]


def _returned(context: Context, others: list[str]) -> list[str]:
    # The variables by name, without some that are none of the program's.
    if not context.renamed and not others:
        return ["    return locals()"]
    key = "NAMES.get(name, name)" if context.renamed else "name"
    named = f"{key}: x for name, x in locals().items()"
    if len(others) == 1:
        named += f" if name != {literal(others[0])}"
    elif others:
        named += f" if name not in ({', '.join(map(literal, others))})"
    line = f"    return {{{named}}}"
    if width(line) <= WIDTH:
        return [line]
    if width(f"        {named}") > WIDTH:
        for word in (" if ", " for "):
            named = named.replace(word, f"\n       {word}")
    return ["    return {", *f"        {named}".split("\n"), "    }"]


def _renamed(context: Context) -> list[str]:
    if not context.renamed:
        return []
    pairs = context.renamed.items()
    entries = dict_of((literal(file), literal(name)) for file, name in pairs)
    comment = "# Names that mean something else in Python."
    return [comment, *lay_out("NAMES = ", entries)]


# The helpers.


def _main(context: Context) -> list[str]:
    form = context.program.input
    text = templates.main(
        None if form.vocabulary.unknown is None else _known(context),
        None if form.split is None else _SPLITTING[form.split].__name__,
        folded=form.folding is not None,
        tagging=context.program.tagging,
    )
    if not "".join(context.program.readout.labels).isprintable():
        text = text.replace("    print(labels)\n", templates.PRINT_ON_TERMINAL)
    return templates.with_option(text, context.any_length).strip().splitlines()


def _known(context: Context) -> str:
    return 'tables()["words"]' if context.outside.tokens else "TOKENS"


def _primitives(code: str) -> Iterator[list[str]]:
    # The source of those that the code calls, directly or through another.
    sources = {f.__name__: inspect.getsource(f).strip() for f in PRIMITIVES}
    called: set[str] = set()
    while more := {n for n in sources if n not in called and _calls(code, n)}:
        called |= more
        code = "\n".join(sources[name] for name in more)
    return (text.splitlines() for name, text in sources.items() if name in called)


def _calls(code: str, name: str) -> bool:
    return re.search(rf"(?<!def )\b{name}\(", code) is not None
