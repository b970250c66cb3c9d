"""How a token is looked up and what its characters say, as small functions."""

from __future__ import annotations

from collections.abc import Iterator

from transformer_programs.codegen.layout import docstring, lay_out, literal, set_of
from transformer_programs.codegen.names import Names
from transformer_programs.program import Folding, InputFormat, Surface, SurfaceKind

WORDS = "words"
"""The tokens as they were typed, in ``trace``."""

RESERVED = frozenset({"fold", "re", "word", "known", "found", WORDS})
"""Names that mean something where characters are read."""


def surface_blocks(form: InputFormat, names: Names) -> Iterator[list[str]]:
    """The functions of single words: how it is folded, and each of its surfaces."""
    if form.folding is not None:
        yield [*_fold(form.folding)]
    for surface in form.surfaces:
        yield [*_function(surface, names.functions[surface.name])]


def surface_lines(form: InputFormat, names: Names) -> Iterator[str]:
    """Yield the lines of ``trace`` that compute surfaces."""
    for surface in form.surfaces:
        target, function = names.variables[surface.name], names.functions[surface.name]
        if not form.frame_size:
            yield f"    {target} = [{function}(word) for word in {WORDS}]"
            continue
        last = literal(surface.values[-1])
        items = [last] if form.begin is not None else []
        items.append(f"*map({function}, {WORDS})")
        items += [last] if form.end is not None else []
        yield f"    {target} = [{', '.join(items)}]"


def needs_re(form: InputFormat) -> bool:
    """Whether the file imports ``re``."""
    return form.folding is not None and form.folding.digits


def _fold(folding: Folding) -> Iterator[str]:
    parts = []
    if folding.lowercase:
        parts.append("in lower case")
    if folding.digits:
        parts.append("each run of digits as 0")
    yield "def fold(word: str) -> str:"
    what = f": {', '.join(parts)}" if parts else ""
    yield from docstring(f"The word as it is looked up{what}.", indent=4)
    text = "word.lower()" if folding.lowercase else "word"
    yield (
        f'    return re.sub(r"\\d+", "0", {text})'
        if folding.digits
        else (f"    return {text}")
    )


def _function(surface: Surface, function: str) -> Iterator[str]:
    *values, last = surface.values
    what, text = {
        SurfaceKind.SHAPE: ("The shape of a word", "character_kinds(word)"),
        SurfaceKind.PREFIX: (
            f"The first {_characters(surface)} of a word in lower case",
            f"word.lower()[:{surface.length}]",
        ),
        SurfaceKind.SUFFIX: (
            f"The last {_characters(surface)} of a word in lower case",
            f"word.lower()[-{surface.length}:]",
        ),
    }[surface.kind]
    yield f"def {function}(word: str) -> str:"
    yield from docstring(f"{what}; {literal(last)} if not known.", indent=4)
    if not values:
        yield f"    return {literal(last)}"
        return
    yield from lay_out("known = ", set_of(values), indent=4)
    yield f"    found = {text}"
    yield from lay_out(
        "return ", f"found if found in known else {literal(last)}", indent=4
    )


def _characters(surface: Surface) -> str:
    return "character" if surface.length == 1 else f"{surface.length} characters"
