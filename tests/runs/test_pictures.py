"""Pictures of programs: well-formed, true to the program, and the same every time."""

from __future__ import annotations

import doctest
import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings

import transformer_programs as tp
from strategies import programs
from transformer_programs.codegen import Marked
from transformer_programs.data import Measure, Quality
from transformer_programs.errors import RunFolderError, SettingsError
from transformer_programs.language import Program as Plain
from transformer_programs.runs import SizeChart, SizedPrograms, tradeoff_picture
from transformer_programs.runs.front import SizedSum
from transformer_programs.runs.pictures.attention import statement_texts
from transformer_programs.runs.pictures.circuit import circuit_picture
from transformer_programs.runs.pictures.svg import FAINT
from transformer_programs.runs.pictures.tradeoff import tradeoff_of_run

ROOT = Path(__file__).parents[2]
SORT = tp.load(ROOT / "gallery" / "sort-8").program
NAME = "{http://www.w3.org/2000/svg}"
LETTERS = tp.InputFormat(tp.Vocabulary(("a", "<&\x07\uffff")), max_length=3)
COUNT = tp.Head(
    output="count",
    query="tokens",
    key="tokens",
    value="ones",
    predicate=((0,), (1,)),
    aggregate=tp.Aggregate.SUM,
)
OFTEN = tp.Term("count", ((1, 0),))
STRANGE = tp.Program("<b>", LETTERS, (COUNT,), tp.Readout(("</svg>", "y"), (OFTEN,)))

NOTHING = Marked(frozenset(), frozenset(), {})


def drawn(svg: str) -> list[str]:
    """The texts of a drawing, which is XML."""
    root = ET.fromstring(svg)
    assert root.tag == f"{NAME}svg"
    return ["".join(found.itertext()) for found in root.iter(f"{NAME}text")]


def test_the_pictures_of_pages_are_what_programs_draw(tmp_path: Path) -> None:
    names: dict[str, Any] = {"__file__": str(ROOT / "examples" / "picture.py")}
    exec(Path(names["__file__"]).read_text(encoding="utf-8"), names)
    (tmp_path / "how-to").mkdir()
    names["main"](tmp_path)
    drawn = sorted(tmp_path.rglob("*.svg"))
    assert len(drawn) == 3
    for file in drawn:
        stored = ROOT / "docs" / file.relative_to(tmp_path)
        assert file.read_bytes() == stored.read_bytes(), "python examples/picture.py"


def test_attention_shows_every_value_and_what_is_looked_at() -> None:
    tokens = ["3", "1", "4", "1", "2"]
    picture = SORT.plot_attention(tokens)
    texts = drawn(picture.svg)
    for name, values in SORT.trace(tokens).items():
        if name not in ("ones", "positions"):
            row = "\n".join(map(str, values))
            assert row in "\n".join(texts)
    assert "\n".join(SORT(tokens)) in "\n".join(texts)
    assert any(text.startswith("token_by_rank = attend(") for text in texts)
    # One line for each position that a head copies from, and for each it counts.
    counted = sum(map(int, SORT.trace(tokens)["smaller_token"])) + 1
    lines = re.findall(r'<path d="M[^"]*C', picture.svg)
    assert len(lines) == counted + len(SORT.trace(tokens)["tokens"])
    assert picture.svg.count("stroke-dasharray") == 1  # "<s>" finds no match


def test_some_statements_of_longer_sequences() -> None:
    texts = drawn(SORT.plot_attention(["3", "1"], ["rank"]).svg)
    assert [t for t in texts if t.startswith("= ")] == ["= rank"]
    assert SORT.plot_attention(["3"] * 20, any_length=True).width > 1000
    with pytest.raises(SettingsError, match="at most 60, its frame included"):
        SORT.plot_attention(["3"] * 80, any_length=True)
    with pytest.raises(SettingsError, match="'x' is written by no statement"):
        SORT.plot_attention(["3", "1"], ["x"])


def test_the_circuit_has_a_box_for_everything_that_is_read() -> None:
    texts = drawn(SORT.plot_circuit().svg)
    names = [s.output for s in SORT.statements]
    for name in ("tokens", "positions", *names, "labels"):
        assert texts.count(name) == 1
    assert Counter(t for t in texts if re.fullmatch("[qkvab](,[qkv])*", t)) == {
        "q,k": 2, "a": 1, "b": 1, "q": 1, "k": 1, "v": 1
    }  # fmt: skip


def test_a_large_program_is_not_drawn() -> None:
    heads = [
        tp.Head(f"x{i}", "tokens", "tokens", "tokens", ((0,), (1,))) for i in range(61)
    ]
    term = tp.Term("x60", ((1, 0), (0, 1)))
    program = tp.Program("x", LETTERS, tuple(heads), tp.Readout(("a", "b"), (term,)))
    with pytest.raises(SettingsError, match=r"61 statements.*run\.circuit"):
        program.plot_circuit()
    assert circuit_picture(program.data, NOTHING).svg.count(FAINT) > 61


def test_tables_show_entries_predicates_and_weights() -> None:
    rank = drawn(SORT.plot_table("rank").svg)
    assert "= a + b" in rank
    assert "a: smaller_token" in rank
    head = SORT.plot_table("smaller_token").svg
    assert head.count("does not match") == 28
    assert head.count("> matches") + head.count(" matches query") == 21
    weights = drawn(SORT.plot_table().svg)
    assert "token_by_rank &lt;s&gt;" not in weights
    assert "token_by_rank 4" in weights
    with pytest.raises(SettingsError, match="expected one of smaller_token"):
        SORT.plot_table("tokens")


def test_nothing_in_a_program_is_markup(tmp_path: Path) -> None:
    for picture in (
        STRANGE.plot_attention(["<&\x07\uffff", "a"]),
        STRANGE.plot_circuit(),
        STRANGE.plot_table(),
        STRANGE.plot_table("count"),
    ):
        assert "<b>" not in picture.svg
        assert picture.svg.count("</svg>") == 1
        drawn(picture.svg)
        file = picture.save(tmp_path / "x.svg")
        assert file.read_text(encoding="utf-8") == picture.svg == picture._repr_svg_()
    with pytest.raises(SettingsError, match=r"ends in \.svg"):
        picture.save(tmp_path / "x.png")
    with pytest.raises(RunFolderError, match="cannot be written"):
        picture.save(tmp_path / "none" / "x.svg")


@given(programs())
@settings(max_examples=25, deadline=None)
def test_every_small_program_can_be_drawn(plain: Plain) -> None:
    program = tp.Program.of(plain)
    drawn(program.plot_circuit().svg)
    drawn(circuit_picture(plain, NOTHING).svg)
    for name in (None, *(s.output for s in program.statements)):
        drawn(program.plot_table(name).svg)
    tokens = program.input.vocabulary.tokens[:1] * program.input.min_bare_length
    known = [t for t in tokens if program.input.accepts(t)]
    if len(known) == program.input.min_bare_length:
        drawn(program.plot_attention(known).svg)


def test_accuracy_over_size() -> None:
    best = SizedPrograms("best", [(1, 0.7), (4, 0.8), (9, 0.9)])
    chart = SizeChart("mine", "lines", (best,), [("always a", 0.65), ("always b", 0.1)])
    texts = drawn(tradeoff_picture([chart, chart]).svg)
    for text in ("mine", "lines", "best", "90%", "always a 65.0%", "9"):
        assert texts.count(text) == 2
    assert "(below: always b, 10.0%)" in texts
    one = SizeChart("one", "parts", (SizedPrograms("x", [(3, 1.0)]),))
    assert "100.0%" in drawn(tradeoff_picture([one]).svg)


def test_a_run_without_sizes_says_so() -> None:
    with pytest.raises(SettingsError, match="no programs of several sizes"):
        tp.load(ROOT / "gallery" / "sort-8").plot_tradeoff()


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (tp.Program, "plot_attention"),
        (tp.Program, "plot_circuit"),
        (tp.Program, "plot_table"),
        (tp.Run, "plot_tradeoff"),
    ],
)
def test_the_example_of_every_method_runs(
    owner: type, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_examples(getattr(owner, name).__doc__, name)


def run_examples(text: str, name: str) -> None:
    """Run the examples of a docstring."""
    example = doctest.DocTestParser().get_doctest(text, {"tp": tp}, name, None, None)
    assert example.examples
    said: list[str] = []
    found = doctest.DocTestRunner().run(example, out=said.append)
    assert found.failed == 0, "".join(said)


@given(programs())
@settings(max_examples=40, deadline=None)
def test_the_text_beside_a_variable_is_that_of_its_statement(plain: Plain) -> None:
    source = tp.Program.of(plain).source
    texts = statement_texts(plain, source)
    assert [*texts][::-1] == [s.output for s in plain.statements]
    for statement in plain.statements:
        name, lines = texts[statement.output]
        code = " ".join(line.strip() for line in lines if not line.startswith("#"))
        assert code.startswith(f"{name} = ")
        for read in statement.inputs:
            if read in texts and read != "ones":
                assert re.search(rf"\b{texts[read][0]}\b", code)


def test_sums_of_tags_are_compared_by_entity_f1() -> None:
    sums = [
        SizedSum(n, f / 10, "n-grams", Measure.ENTITY_F1) for n, f in ((9, 6), (99, 7))
    ]
    report = SimpleNamespace(
        baselines={"lists": Quality(0.9, 0.65), "frequent": Quality(0.8)},
        front=(),
        sums=sums,
    )
    run: Any = SimpleNamespace(report=report, program=SORT, place="x")
    texts = drawn(tradeoff_of_run(run).svg)
    assert f"{Measure.ENTITY_F1} on held-out data" in texts
    assert "lists 65.0%" in texts
    assert not any("frequent" in text for text in texts)
