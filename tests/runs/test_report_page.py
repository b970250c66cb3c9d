"""Pages about runs, as text: what they state, and that nothing in them is markup."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from golden_programs import GOLDEN
from naive import naive_labels
from strategies import programs
from transformer_programs.codegen import Exported, heart
from transformer_programs.codegen.export.js_page import emit_js_for_page
from transformer_programs.data import ReadOptions
from transformer_programs.errors import RunFolderError
from transformer_programs.language.nodes import Program
from transformer_programs.runs.driver import train
from transformer_programs.runs.page.charts import line_chart
from transformer_programs.runs.page.circuit_drawing import columns, drawing
from transformer_programs.runs.page.evidence import Known, evidence_of
from transformer_programs.runs.page.known import known_of
from transformer_programs.runs.page.listing import levels, listing
from transformer_programs.runs.page.markup import as_data, in_script
from transformer_programs.runs.page.page import report_page
from transformer_programs.runs.page.slices import slices
from transformer_programs.runs.run import Run, load
from transformer_programs.runs.runnable import Program as Runnable
from transformer_programs.tasks import FileSource
from transformer_programs.verify.exported import NodeProcess, node_command

GALLERY = Path(__file__).parents[2] / "gallery"
PROGRAMS = sorted(file.parent.name for file in GALLERY.glob("*/program.json"))
NASTY = "</script><!--<b>&amp;"


def text_of(markup: str) -> str:
    apart = markup.replace("</details>", "\n")
    return html.unescape(re.sub(r"<[^>]*>", "", apart))


def script_of(page: str) -> str:
    (found,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    return str(found)


def test_the_policy_allows_this_script_and_this_style_alone() -> None:
    page = report_page([load(GALLERY / "sort-8")])
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    for text in (style, script_of(page)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    # No handlers and no styles in attributes, which the policy would refuse.
    body = page.partition("<body")[2].partition("<script")[0]
    assert not re.search(r"<[^>]* (on\w+|style)=", body)
    assert not re.search(r"""(src|href)=["'](?!#|data:)""", body)


def test_a_page_is_the_same_each_time() -> None:
    pages = {report_page([load(GALLERY / "dyck1-16")]) for _ in range(2)}
    assert len(pages) == 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_pages_of_the_gallery_are_small(name: str) -> None:
    page = report_page([load(GALLERY / name)])
    assert len(page.encode()) < 200_000


def test_no_torch_is_loaded() -> None:
    code = (
        "import sys, transformer_programs as tp\n"
        "from transformer_programs.runs.page.page import report_page\n"
        f"report_page([tp.load({str(GALLERY / 'hist-8')!r})])\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_the_text_is_that_of_the_program(golden: Any) -> None:
    program = Runnable.of(golden.program)
    found = listing(program)
    shown = text_of(found).replace("The head of the file", "")
    wanted = heart(program.source)
    assert shown.split() == wanted.split()
    named = set(re.findall(r'class="statement" data-s="([^"]*)"', found))
    assert {html.unescape(name) for name in named} == {
        statement.output for statement in golden.program.statements
    }


@settings(max_examples=40)
@given(programs())
def test_every_statement_is_drawn_with_what_it_reads(program: Program) -> None:
    drawn = drawing(program, columns(Exported(program)), "the circuit")
    reads = re.findall(r'data-from="([^"]*)" data-to="([^"]*)"( data-readout)?', drawn)
    wanted = {(name, s.output, "") for s in program.statements for name in s.inputs}
    wanted |= {(t.variable, "", " data-readout") for t in program.readout.terms}
    assert set(reads) == wanted
    assert len(reads) == len(wanted)


def test_layers_stand_above_what_they_read() -> None:
    found = levels({"a": ("tokens",), "b": ("a", "tokens"), "c": ("ones",)})
    assert found == {"a": 1, "b": 2, "c": 1}


@settings(max_examples=12)
@given(programs())
def test_code_for_a_page_computes_what_the_program_does(program: Program) -> None:
    node = node_command()
    if node is None:
        pytest.skip("Node is not installed")
    code = f"const PROGRAM = {emit_js_for_page(program)};\n" + "".join(
        f"export const {name} = PROGRAM.{name};\n"
        for name in ("trace", "run", "scores", "contributions", "LABELS")
    )
    process = NodeProcess(code, node)
    try:
        form = program.input
        for length in {form.min_bare_length, form.max_bare_length}:
            tokens = (form.symbols * length)[:length] if form.symbols else ()
            if length and not tokens:
                continue
            assert process.ask(tokens).get("run") == naive_labels(program, tokens)
    finally:
        process.close()


def test_accuracy_is_what_the_run_states() -> None:
    run = load(GALLERY / "dyck2-16")
    found = evidence_of(run)
    assert run.accuracy is not None
    assert found.accuracy == replace(run.accuracy, labels=30_000)
    assert sum(right for _, _, right, _ in found.lengths) == 30_000
    assert found.wrong == 0
    assert "proved" in report_page([run])


def test_mistakes_are_counterexamples(tmp_path: Path) -> None:
    rows = [("a", "A"), ("b", "B"), ("a b", "A"), ("b a", "B")]
    files = {"train": rows * 8, "test": [*rows, ("b b", "A")]}
    for name, examples in files.items():
        lines = [json.dumps({"text": text, "label": x}) for text, x in examples]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    options = ReadOptions(test=str(tmp_path / "test.jsonl"), split="whitespace")
    source = FileSource(str(tmp_path / "train.jsonl"), options)
    run = train(source, out=tmp_path / "run", progress=False)
    found = evidence_of(run)
    assert (found.measured, found.wrong) == (5, 1)
    assert [shown.tokens for shown in found.examples if shown.wrong] == [("b", "b")]
    page = report_page([run])
    assert "1 of 5 held-out sequences" in page
    assert "b b</button>" in page
    # Without the file nothing is measured anew, and the page says so.
    (tmp_path / "test.jsonl").unlink()
    assert "Accuracy is not measured anew" in report_page([run])


def test_a_program_without_a_run_has_a_page(tmp_path: Path) -> None:
    golden = GOLDEN[0]
    with pytest.raises(RunFolderError, match="in memory"):
        Run(golden.program).report_page(progress=False)
    file = Run(golden.program).report_page(tmp_path / "page.html", progress=False)
    assert "There is no certificate" in file.read_text(encoding="utf-8")
    with pytest.raises(RunFolderError, match="exists"):
        Run(golden.program).report_page(file, progress=False)


def test_two_runs_are_compared() -> None:
    runs = [load(GALLERY / name) for name in ("hist-8", "reverse-8")]
    page = report_page(runs)
    (data,) = re.findall(r'id="data">(.*?)</script>', page, re.DOTALL)
    differing = json.loads(data)["differing"]
    assert differing
    for tokens in differing:
        assert runs[0].program(tokens) != runs[1].program(tokens)
    assert "they never differ" in report_page([runs[0], runs[0]])


def test_slices_are_what_labels_need() -> None:
    run = load(GALLERY / "dyck2-16")
    found = slices(run.program.data, evidence_of(run).inputs)
    assert found[0].title == "every label"
    assert len(found) == 1 + 3 + 4
    by_title = {one.title: one for one in found}
    assert "count_4" not in by_title["whether the label is 'F'"].kept


@pytest.mark.parametrize("text", [NASTY, "<SCRIPT>", "]]>", "&lt;", "\u2028"])
def test_text_ends_no_script(text: str) -> None:
    assert json.loads(as_data([text])) == [text]
    assert not re.search("[<>&]", as_data([text]))
    code = in_script(f"const x = {json.dumps(text)};")
    assert not re.search(r"</script|<!--", code, re.IGNORECASE)


def test_charts_say_their_numbers() -> None:
    found = line_chart("A & B", [("one", [(1, 0.5), (10, 0.75)])], "parts")
    assert 'aria-label="A &amp; B. one: 50.00% to 75.00%"' in found
    assert "one: 75.00% at 10 parts" in found


def test_curves_are_drawn_of_what_was_recorded() -> None:
    program = Runnable.of(GOLDEN[0].program)
    evaluations = [
        {"kind": "evaluation", "step": step, "accuracies": [0.5, None, step / 100]}
        for step in (10, 60, 90)
    ]
    stages = [
        {"kind": "stage", "lines": lines, "accuracy": accuracy}
        for lines, accuracy in ((40, 0.9), (20, 0.8))
    ]
    page = known_of(program, Known(lines=(*evaluations, *stages)))
    assert "best restart: 50.00% to 90.00%" in page
    assert "accuracy: 80.00% to 90.00%" in page
    broken = known_of(program, Known(lines=({"kind": "stage", "lines": "x"},) * 2))
    assert "<svg" not in broken
    wrong = [{"kind": "evaluation", "step": None, "accuracies": [1, 0]}] * 2
    assert "Not drawn" in known_of(program, Known(lines=tuple(wrong)))


def test_a_notebook_shows_the_circuit() -> None:
    run = load(GALLERY / "sort-8")
    shown = run._repr_html_()
    assert shown.count("<svg") == 1
    for statement in run.program.statements:
        assert f'data-s="{statement.output}"' in shown
