"""Drawings for Graphviz: what is drawn, and that texts stay texts."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from golden_programs import BY_NAME, GOLDEN, Golden
from transformer_programs.codegen.export.dot import emit_dot, quoted

DOT = shutil.which("dot")

STRING = r'"(?:[^"\\]|\\.)*"'


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_every_read_has_an_edge(golden: Golden) -> None:
    program, text = golden.program, emit_dot(golden.program)
    pairs = re.findall(rf"^  ({STRING}) -> ({STRING})", text, re.MULTILINE)
    edges = {(one[1:-1], other[1:-1]) for one, other in pairs}
    read = {(name, s.output) for s in program.statements for name in s.inputs}
    read |= {(term.variable, "<labels>") for term in program.readout.terms}
    assert edges == read
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_outside_of_texts_there_are_names_and_numbers_alone(golden: Golden) -> None:
    rest = re.sub(STRING, "", emit_dot(golden.program))
    assert re.fullmatch(r"[\w\s{}\[\]=,;.>#-]*", rest), rest


def test_roles_are_on_the_edges() -> None:
    text = emit_dot(BY_NAME["reverse"].program)
    assert '"mirror" -> "mirrored" [label="query"]' in text
    assert '"tokens" -> "mirrored" [label="value"]' in text
    assert 'label="mirror\\nmirror = max(a - b, 0)"' in text


def test_texts_are_quoted() -> None:
    assert quoted('"') == r'"\""'
    assert quoted("\\") == r'"\\"'
    assert quoted("&lt;") == '"&amp;lt;"'
    assert "\n" not in quoted("a\nb\u2028")


@pytest.mark.skipif(DOT is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_graphviz_reads_it(golden: Golden) -> None:
    done = subprocess.run(
        [str(DOT), "-Tsvg"],
        input=emit_dot(golden.program),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "<svg" in done.stdout
