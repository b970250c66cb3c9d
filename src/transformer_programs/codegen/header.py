"""What stands before and behind the functions: docstring, imports, constants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transformer_programs.analysis import AnyLength, alike
from transformer_programs.codegen.layout import (
    Piece,
    docstring,
    lay_out,
    listed,
    literal,
    set_of,
)
from transformer_programs.codegen.names import Context
from transformer_programs.codegen.outside import Outside
from transformer_programs.codegen.surfaces import needs_re
from transformer_programs.codegen.words import (
    MOST_LISTED,
    describe_program,
    in_words,
    lengths_in_words,
)
from transformer_programs.program import Program
from transformer_programs.system import TABLES

MOST_IN_ORDER = 64
"""Up to so many tokens are listed in order."""

_MANY = 17
"""So many known tokens are spoken of."""

_MOST_LINES = 3
"""Longer lists stand behind the functions that read them."""

_IMPORTS = {
    "from collections.abc import {}": ("Callable", "Collection", "Mapping", "Sequence"),
    "from functools import {}": ("lru_cache",),
    "from pathlib import {}": ("Path",),
    "from typing import {}": ("Any",),
}

IMPORTED = frozenset(name for names in _IMPORTS.values() for name in names)
"""Names that files may import."""


def title(program: Program, meaning: AnyLength, outside: Outside) -> list[str]:
    """Return the docstring: what the program is, and how it is run."""
    option = "" if meaning.bound else " [--any-length]"
    taken = "." if meaning.bound else ": any_length=True takes more tokens."
    what = "TOKEN..." if program.input.split is None else "TEXT"
    paragraphs = [
        f"{' '.join(program.name.split())}: a Transformer Program.",
        describe_program(program),
        lengths_in_words(meaning) + taken,
    ]
    paragraphs += _known(program, outside)
    usage = f"Usage: python program.py{option} {what}"
    return docstring(*paragraphs, *_aliases(program), usage)


def imports(program: Program, outside: Outside, code: str) -> list[str]:
    """Return the lines that import what the code needs."""
    lines = ["from __future__ import annotations", ""]
    lines += ["import hashlib", "import json"] if outside.needed else []
    split_words = program.input.split == "words"
    lines += ["import re"] if split_words or needs_re(program.input) else []
    lines += ["import sys"]
    for line, names in _IMPORTS.items():
        used = [name for name in names if re.search(rf"\b{name}\b", code)]
        if used:
            lines.append(line.format(", ".join(used)))
    return lines


def constants(
    program: Program, context: Context, outside: Outside
) -> tuple[list[str], list[str]]:
    """Return the tokens, the labels and the length: short lists, and long ones."""
    form, order = program.input, _order(program, context, outside)
    tokens = lay_out("TOKENS = ", _tokens(form.symbols, ordered=bool(order)))
    labels = lay_out("LABELS = ", listed(program.readout.labels))
    known = [] if outside.tokens else [*tokens, *order]
    groups = (known, labels, [f"MAX_LENGTH = {form.max_bare_length}"])
    short = [line for group in groups if len(group) <= _MOST_LINES for line in group]
    long = [line for group in groups if len(group) > _MOST_LINES for line in group]
    return short, long


def _known(program: Program, outside: Outside) -> Iterator[str]:
    """Where many known tokens stand, and which of them matter if those are few."""
    form = program.input
    where = f", listed in {TABLES}," if outside.tokens else ""
    number = len(form.symbols) - (form.vocabulary.unknown is not None)
    if number < _MANY:
        return
    known = f"its {number:,} known tokens{where}"
    groups = sorted(alike(program), key=len)
    tokens = [form.vocabulary.tokens[i] for group in groups[:-1] for i in group]
    told = [token for token in tokens if token in form.symbols]
    if not told:
        yield f"None of {known} is told apart from the others."
    elif len(told) <= MOST_LISTED:
        verb = "is" if len(told) == 1 else "are"
        named = in_words([literal(token) for token in told], "and")
        yield f"Of {known} only {named} {verb} told apart from the others."
    elif where:
        yield f"Its {number:,} known tokens are listed in {TABLES}."


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


def _order(program: Program, context: Context, outside: Outside) -> list[str]:
    """The rank of every token, where a condition asks for it."""
    if not outside.ordered:
        return []
    frame = map(literal, program.input.frame)
    ranked = f"({', '.join(['*TOKENS', *frame])})" if program.input.frame else "TOKENS"
    return [f"ORDER = {{token: rank for rank, token in enumerate({ranked})}}"]
