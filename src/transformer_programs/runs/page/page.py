"""A page about a run, or about two: one file, of which no request is ever sent.

``report_page`` is the order of things: what is known, what is shown of each program,
the parts of the page, and the policy that allows this script and this style alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from transformer_programs.errors import RunFolderError, SettingsError
from transformer_programs.runs.export import check_ending, check_free
from transformer_programs.runs.page.comparison import TwoCompared, compared
from transformer_programs.runs.page.evidence import Known, evidence_of
from transformer_programs.runs.page.known import known_of, tiles
from transformer_programs.runs.page.markup import (
    as_data,
    escaped,
    in_script,
    listed,
    source_hash,
)
from transformer_programs.runs.page.shown_program import ShownProgram, shown_program
from transformer_programs.system import write_files

if TYPE_CHECKING:
    from transformer_programs.runs.base import BaseRun

SCRIPTS = (
    "base.js",
    "inside.js",
    "links.js",
    "input.js",
    "grid.js",
    "values.js",
    "reasons.js",
    "tables.js",
    "compare.js",
    "start.js",
)
"""The parts of the script, in the order in which they stand."""

_MOST_RUNS = 2


def report_page(
    runs: Sequence[BaseRun],
    *,
    trust: bool = False,
    begin: Callable[[str], object] = lambda _: None,
) -> str:
    """Return a page about one run or two.

    Args:
        runs: One run, or two that are shown side by side.
        trust: Whether a task in a Python file may be executed for its inputs.
        begin: Is called with what is done next.

    Raises:
        SettingsError: If there are not one or two runs.
    """
    if not 1 <= len(runs) <= _MOST_RUNS:
        raise SettingsError(f"report: expected one run or two, got {len(runs)}")
    begin("measuring accuracy")
    known = [evidence_of(run, trust=trust) for run in runs]
    begin("finding the parts of the program")
    shown = [
        shown_program(run.program, found.inputs)
        for run, found in zip(runs, known, strict=True)
    ]
    begin("writing the page")
    beside = None
    if len(runs) == _MOST_RUNS:
        beside = compared([run.program for run in runs], known)
    return _page(shown, known, beside)


def write_page(
    runs: Sequence[BaseRun],
    out: Path | None = None,
    *,
    force: bool = False,
    trust: bool = False,
    begin: Callable[[str], object] = lambda _: None,
) -> Path:
    """Write a page about one run or two; see ``Run.report_page``."""
    file = out if out is not None else _beside(runs)
    check_free(file, force=force)
    check_ending(file, ".html", ".htm")
    page = report_page(runs, trust=trust, begin=begin)
    write_files(file.parent, {file.name: page})
    return file


def _beside(runs: Sequence[BaseRun]) -> Path:
    # Beside the first run, named like it, or like both.
    places = [run.folder or run.file for run in runs]
    first = places[0]
    if first is None:
        raise RunFolderError(
            "report: the run is in memory: name the file to write, such as page.html"
        )
    names = [place.resolve().stem for place in places if place is not None]
    return first.resolve().with_name(f"{'-'.join(dict.fromkeys(names))}.html")


def _page(
    shown: Sequence[ShownProgram], known: Sequence[Known], beside: TwoCompared | None
) -> str:
    style = _asset("page.css")
    script = _script(shown)
    names = " and ".join(found.program.name for found in shown)
    parts = {
        "policy": _policy(script, style),
        "style": style,
        "title": escaped(names),
        "head": _each(shown, known, _head),
        "heart": _each(shown, known, lambda found, _: found.listing),
        "circuit": _each(shown, known, _circuit),
        "known": _each(shown, known, lambda f, k: known_of(f.program, k)),
        "differences": "" if beside is None else _differences(shown, beside),
        "class": "two" if beside is not None else "one",
        "data": as_data(_data(shown, known, beside)),
        "script": script,
    }
    return Template(_asset("page.html")).substitute(parts)


def _script(shown: Sequence[ShownProgram]) -> str:
    codes = ",\n".join(found.code for found in shown)
    parts = ['"use strict";', f"const PROGRAMS = [\n{codes}\n];", *map(_asset, SCRIPTS)]
    return "\n" + in_script("\n".join(parts)) + "\n"


def _policy(script: str, style: str) -> str:
    # Nothing is loaded or sent; and the script makes no markup from text.
    return (
        f"default-src 'none'; script-src {source_hash(script)}; style-src "
        f"{source_hash(style)}; img-src data:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _each(
    shown: Sequence[ShownProgram],
    known: Sequence[Known],
    part: Callable[[ShownProgram, Known], str],
) -> str:
    pairs = zip(shown, known, strict=True)
    return "".join(
        f'<div class="of" data-program="{i}">{_name(shown, i)}'
        f"{part(found, evidence)}</div>"
        for i, (found, evidence) in enumerate(pairs)
    )


def _name(shown: Sequence[ShownProgram], index: int) -> str:
    if len(shown) == 1:
        return ""
    return (
        f'<p class="which"><b class="letter">{"AB"[index]}</b> '
        f"{escaped(shown[index].program.name)}</p>"
    )


def _head(found: ShownProgram, known: Known) -> str:
    return tiles(found.program, known)


def _circuit(found: ShownProgram, _: Known) -> str:
    return (
        '<div class="scroll drawn" tabindex="0" role="region" '
        f'aria-label="Drawing of the circuit">{found.circuit}</div>'
    )


def _differences(shown: Sequence[ShownProgram], beside: TwoCompared) -> str:
    one, two = (found.program.name for found in shown)
    text = f"<p>Labels were compared on {beside.inputs:,} inputs: "
    if not beside.inputs:
        text = "<p>No known input is accepted by both programs.</p>"
    elif beside.differ:
        share = beside.differ / beside.inputs
        text += f"they differ on {beside.differ:,} ({share:.2%}).</p>"
    else:
        text += "they never differ.</p>"
    buttons = "".join(
        f'<li><button type="button" class="load" data-differing="{i}">'
        f"{escaped(' '.join(tokens) or '(no token)')}</button></li>"
        for i, tokens in enumerate(beside.differing)
    )
    written = listed(beside.changes) or listed(["They are written alike."])
    more = f"<p>and {beside.more:,} more</p>" if beside.more else ""
    count = len(beside.changes) + beside.more
    inputs = f"<h3>Inputs on which labels differ</h3><ul>{buttons}</ul>"
    return (
        f"{text}{inputs if buttons else ''}<details><summary>What is written "
        f"differently in {escaped(one)} (A) and {escaped(two)} (B): "
        f"{count:,} change{'' if count == 1 else 's'}</summary><ul>{written}</ul>"
        f"{more}</details>"
    )


def _data(
    shown: Sequence[ShownProgram], known: Sequence[Known], beside: TwoCompared | None
) -> dict[str, Any]:
    return {
        "programs": [
            found.data
            | {
                "examples": [
                    {"tokens": list(e.tokens), "wanted": e.wanted, "said": e.said}
                    for e in evidence.examples
                ]
            }
            for found, evidence in zip(shown, known, strict=True)
        ],
        "changed": [] if beside is None else [c.place for c in beside.changes],
        "differing": [] if beside is None else [list(t) for t in beside.differing],
    }


@cache
def _asset(name: str) -> str:
    place = files("transformer_programs.runs.page") / "assets" / name
    return place.read_text(encoding="utf-8")
