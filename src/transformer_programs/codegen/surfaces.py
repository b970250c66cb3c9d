"""How a token is looked up and what its characters say, as small functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transformer_programs.codegen.layout import docstring, lay_out, literal, set_of
from transformer_programs.language import Folding, InputFormat, Surface, SurfaceKind

WORDS = "words"  # the tokens as they were typed, in ``trace``

RESERVED = frozenset({"fold", "re", "word", "known", "found", WORDS})
"""Names that mean something where characters are read."""

MOST_VALUES = 64
"""With more values, a function remembers what it found for each word."""


def surface_blocks(
    form: InputFormat, functions: Mapping[str, str]
) -> Iterator[list[str]]:
    """Yield the functions of single words: how it is folded, and each of its surfaces.

    ``functions`` are their names.
    """
    if form.folding is not None:
        yield _fold(form.folding)
    for surface in form.surfaces:
        yield _function(surface, functions[surface.name])


def surface_lines(
    form: InputFormat, variables: Mapping[str, str], functions: Mapping[str, str]
) -> Iterator[str]:
    """Yield the lines of ``trace`` that compute surfaces."""
    for surface in form.surfaces:
        target, function = variables[surface.name], functions[surface.name]
        if not form.frame_size:
            yield f"    {target} = [{function}(word) for word in {WORDS}]"
            continue
        last = literal(surface.values[-1])
        items = [last] if form.begin is not None else []
        items.append(f"*map({function}, {WORDS})")
        items += [last] if form.end is not None else []
        yield f"    {target} = [{', '.join(items)}]"


def _fold(folding: Folding) -> list[str]:
    parts = ["in lower case"] if folding.lowercase else []
    parts += ["each run of digits as 0"] if folding.digits else []
    what = f": {', '.join(parts)}" if parts else ""
    text = "word.lower()" if folding.lowercase else "word"
    return [
        "def fold(word: str) -> str:",
        *docstring(f"The word as it is looked up{what}.", indent=4),
        f'    return re.sub(r"\\d+", "0", {text})'
        if folding.digits
        else f"    return {text}",
    ]


def _function(surface: Surface, function: str) -> list[str]:
    *values, last = surface.values
    length = surface.length
    some = "character" if length == 1 else f"{length} characters"
    shape = f"character_runs(word, {length})" if length else "character_kinds(word)"
    what, text = {
        SurfaceKind.SHAPE: ("shape of a word", shape),
        SurfaceKind.PREFIX: (
            f"first {some} of a word in lower case",
            f"word.lower()[:{length}]",
        ),
        SurfaceKind.SUFFIX: (
            f"last {some} of a word in lower case",
            f"word.lower()[-{length}:]",
        ),
    }[surface.kind]
    many = len(surface.values) > MOST_VALUES
    head = [
        *(["@lru_cache(maxsize=None)"] if many else []),
        f"def {function}(word: str) -> str:",
        *docstring(f"The {what}; {literal(last)} if not known.", indent=4),
    ]
    if not values:
        return [*head, f"    return {literal(last)}"]
    result = f"found if found in known else {literal(last)}"
    return [
        *head,
        *lay_out("known = ", set_of(values), indent=4),
        f"    found = {text}",
        *lay_out("return ", result, indent=4),
    ]
