"""Program -> ``program.py``: standalone, readable, the same bytes every time.

The file needs Python 3.9 and its standard library, prints nothing when it is imported,
and is laid out as ``ruff format`` would. What is the program's own comes first:
``trace`` computes its variables in order, ``run`` turns them into labels, and the
tables that they read follow; then the functions that are alike in all programs.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from transformer_programs.analysis import AnyLength, reachable_values
from transformer_programs.codegen import templates
from transformer_programs.codegen.header import IMPORTED, constants, imports, title
from transformer_programs.codegen.layout import (
    WIDTH,
    Piece,
    call,
    dict_of,
    keyword,
    lay_out,
    literal,
    width,
)
from transformer_programs.codegen.names import Context, Names, function_names
from transformer_programs.codegen.outside import Outside
from transformer_programs.codegen.readout import readout_blocks, run_block
from transformer_programs.codegen.statements import function_source, inline
from transformer_programs.codegen.surfaces import (
    RESERVED,
    WORDS,
    surface_blocks,
    surface_lines,
)
from transformer_programs.codegen.templates import HELPERS
from transformer_programs.program import INPUTS, Program, check, primitives

_READING = (primitives.character_kinds, primitives.folded)
"""Those for which characters are read."""

_SPLITTING = {
    "whitespace": primitives.split_whitespace,
    "characters": primitives.split_characters,
    "words": primitives.split_words,
}
"""Those that split a text."""

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

PRIMITIVES = (*_SPLITTING.values(), *_READING, *_OTHERS)
"""In the order in which a program that needs them prints them."""

_RESERVED = frozenset((*IMPORTED, *INPUTS)) | {
    *(function.__name__ for function in _OTHERS),
    *("annotations", "any_length", "classes", "hashlib", "json", "main", "name"),
    *("otherwise", "predicate", "run", "score", "sys", "table", "tables", "trace"),
    *("a", "b", "k", "q", "v", "x"),
}
"""Names that mean something in every file."""

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
    names = _names(program)
    context = Context(program.input, program.domains, reachable_values(program), names)
    meaning = AnyLength(program, context)
    outside = Outside(program, context)
    any_length = not meaning.bound
    short, long = constants(program, context, outside)
    own = [
        *_functions(program, context, outside, any_length),
        *filter(None, [long, _renamed(names)]),
    ]
    main = _main(program, outside, any_length)
    needed = [*own, *outside.blocks(), main]
    code = "\n\n\n".join("\n".join(block) for block in needed)
    helpers = [*outside.blocks(), *_primitives(code), main]
    printed = "\n".join(line for block in (*own, *helpers) for line in block)
    head = [
        *title(program, meaning, outside),
        "",
        *imports(program, outside, printed),
        "",
        *short,
    ]
    parts = [head, *own, [HELPERS], *helpers]
    return "\n\n\n".join("\n".join(part) for part in parts) + "\n", outside.text


def _functions(
    program: Program, context: Context, outside: Outside, any_length: bool
) -> Iterator[list[str]]:
    """What this program does: trace, run, and the tables that they read."""
    in_file = {*outside.word_classes, *outside.large}
    inlined = {
        s.output: None if s.output in in_file else inline(s, context)
        for s in program.statements
    }
    yield _trace(program, context, inlined, outside, any_length)
    yield run_block(program, context, any_length)
    yield from surface_blocks(program.input, context.names)
    for statement in program.statements:
        if inlined[statement.output] is None:
            yield function_source(statement, context, outside)
    yield from readout_blocks(program, context, outside)


def _main(program: Program, outside: Outside, any_length: bool) -> list[str]:
    """The command line of the file."""
    form = program.input
    text = templates.main(
        None if form.vocabulary.unknown is None else _known(outside),
        _splitter(program),
        folded=form.folding is not None,
        tagging=program.tagging,
    )
    if not "".join(program.readout.labels).isprintable():
        text = text.replace("    print(labels)\n", templates.PRINT_ON_TERMINAL)
    return templates.with_option(text, any_length).strip().splitlines()


def _known(outside: Outside) -> str:
    """The known tokens, as the file calls them."""
    return 'tables()["words"]' if outside.tokens else "TOKENS"


def _splitter(program: Program) -> str | None:
    """The function that splits a text."""
    how = program.input.split
    return None if how is None else _SPLITTING[how].__name__


def _primitives(code: str) -> Iterator[list[str]]:
    """The source of those that the code calls, directly or through another."""
    names = [function.__name__ for function in PRIMITIVES]
    sources = {n: inspect.getsource(getattr(primitives, n)).strip() for n in names}
    called = {name for name in sources if _calls(code, name)}
    called |= {n for n in sources if any(_calls(sources[c], n) for c in called)}
    return (text.splitlines() for name, text in sources.items() if name in called)


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
    split = _splitter(program)
    frame: list[Piece] = [words, _known(outside), "MAX_LENGTH"]
    if any_length:
        frame.append("any_length")
    unknown = form.vocabulary.unknown
    optional = {"begin": form.begin, "end": form.end, "unknown": unknown}
    frame += [keyword(n, literal(t)) for n, t in optional.items() if t is not None]
    lines = [
        *templates.with_option(templates.TRACE, any_length).splitlines(),
        *([f"    tokens = {split}(tokens)"] if split is not None else []),
        *([f"    {WORDS} = tokens"] if form.surfaces else []),
        *lay_out("tokens = ", call("frame", *frame), indent=4),
        "    positions = list(range(len(tokens)))",
        "    ones = [1] * len(tokens)",
        *surface_lines(form, names),
    ]
    for statement in program.statements:
        closed = inlined[statement.output]
        if closed is not None:
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
    given |= _OF_TEXTS if form.split is not None else set()
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
