"""The text of a program, highlighted, each statement a block of its own."""

from __future__ import annotations

import ast
import io
import keyword
import token
import tokenize
from collections.abc import Iterator, Mapping

from transformer_programs.codegen import heart
from transformer_programs.runs.page.markup import escaped
from transformer_programs.runs.runnable import Program

MOST_LINES = 1200
"""Lines that are shown."""

_HEART = "def trace("

_KINDS = {
    token.STRING: "string",
    token.NUMBER: "number",
    tokenize.COMMENT: "comment",
}


def listing(program: Program) -> str:
    """Return the part of ``program.py`` that is no helper, as markup."""
    text = heart(program.source)
    blocks = _blocks(text, {s.output for s in program.statements})
    lines = _lines(text, set(program.domains))
    first = next((i for i, x in enumerate(text.split("\n")) if x.startswith(_HEART)), 0)
    parts, before = list[str](), list[str]()
    for name, start, end in blocks:
        if start < first:
            before.append("\n".join(lines[start : min(end, first)]))
            start = first
        if start >= end:
            continue
        # A block is a line of HTML at least: empty lines keep their height.
        body = "\n".join(lines[start:end])
        if name is None:
            parts.append(f'<span class="plain">{body}\n</span>')
        else:
            label = escaped(f"statement {name}")
            parts.append(
                f'<span class="statement" data-s="{escaped(name)}" tabindex="0" '
                f'role="group" aria-label="{label}">{body}\n</span>'
            )
    whole = text.count("\n")
    more = ""
    if whole > MOST_LINES:
        more = f"<p>{whole - MOST_LINES:,} more lines stand in program.py.</p>"
    head = "\n".join(before).strip("\n")
    return (
        f"<details class=head><summary>The head of the file</summary><pre><code>{head}"
        "</code></pre></details>"
        '<div class="scroll listing" tabindex="0" role="region" '
        f'aria-label="Text of the program"><pre><code>{"".join(parts)}</code></pre>'
        f"</div>{more}"
    )


def _blocks(text: str, outputs: set[str]) -> list[tuple[str | None, int, int]]:
    # Lines that belong to a statement: its assignment with the comment above it, and
    # the function of its table. In between stand the others.
    lines = text.split("\n")[:MOST_LINES]
    owned: dict[int, str] = {}
    for start, end, name in _owned(text, outputs):
        while start > 0 and lines[start - 1 : start] and _is_comment(lines[start - 1]):
            start -= 1
        owned |= dict.fromkeys(range(start, min(end, len(lines))), name)
    blocks: list[tuple[str | None, int, int]] = []
    for number in range(len(lines)):
        owner = owned.get(number)
        if blocks and blocks[-1][0] == owner:
            blocks[-1] = (owner, blocks[-1][1], number + 1)
        else:
            blocks.append((owner, number, number + 1))
    return blocks


def _is_comment(line: str) -> bool:
    return line.startswith("    #")


def _owned(text: str, outputs: set[str]) -> Iterator[tuple[int, int, str]]:
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        name = _own_name(node.name.removesuffix("_of"), outputs)
        if name is not None and node.name != "trace":
            yield node.lineno - 1, node.end_lineno or 0, name
        for part in node.body if node.name == "trace" else ():
            if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
                found = _own_name(part.targets[0].id, outputs)
                if found is not None:
                    yield part.lineno - 1, part.end_lineno or 0, found


def _own_name(written: str, variables: set[str]) -> str | None:
    # The variable that a name means: the file adds underscores to names that are taken.
    if written in variables:
        return written
    name = written.rstrip("_")
    return name if name in variables else None


def _lines(text: str, variables: set[str]) -> list[str]:
    # Every line as markup, its tokens in spans.
    lines = text.split("\n")
    marks: dict[int, list[tuple[int, int, str]]] = {}
    for found in tokenize.generate_tokens(io.StringIO(text).readline):
        opening = _opening(found, variables)
        if opening is None:
            continue
        (first, start), (last, end) = found.start, found.end
        for row in range(first, last + 1):
            left = start if row == first else 0
            right = end if row == last else len(lines[row - 1])
            marks.setdefault(row - 1, []).append((left, right, opening))
    return [_marked(line, marks.get(i, [])) for i, line in enumerate(lines)]


def _opening(found: tokenize.TokenInfo, variables: set[str]) -> str | None:
    if found.type in _KINDS:
        return f'<span class="{_KINDS[found.type]}">'
    if found.type != token.NAME:
        return None
    name = _own_name(found.string, variables)
    if name is not None:
        return f'<span class="name" data-v="{escaped(name)}">'
    return '<span class="word">' if keyword.iskeyword(found.string) else None


def _marked(line: str, marks: list[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for left, right, opening in marks:
        parts += [escaped(line[at:left]), opening, escaped(line[left:right]), "</span>"]
        at = right
    return "".join([*parts, escaped(line[at:])])


def levels(inputs: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Return how many statements stand above each other up to each, from 1.

    Args:
        inputs: What every statement reads, in their order.
    """
    found: dict[str, int] = {}
    for name, read in inputs.items():
        found[name] = 1 + max((found.get(variable, 0) for variable in read), default=0)
    return found
