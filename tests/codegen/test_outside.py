"""Programs whose large tables stand in a file beside them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from loaded import load_file
from naive import naive_labels, naive_trace
from statements import embedding
from strategies import awkward_tokens, programs_with_inputs
from transformer_programs.codegen import outside, python
from transformer_programs.codegen.outside import MOST_CELLS, MOST_WORDS, SHOWN_WORDS
from transformer_programs.codegen.python import emit, emit_python
from transformer_programs.codegen.size import code_lines, table_entries
from transformer_programs.errors import RunFolderError
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    ONES,
    Aggregate,
    Decide,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.surface import Folding, Surface, SurfaceKind
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.optimize.minimising import measure, minimise
from transformer_programs.runs.agreement import HardenedPredictor
from transformer_programs.system import TABLES
from transformer_programs.verify.certificate import certify
from transformer_programs.verify.file_process import FileProcess

RANDOM = random.Random(0)
CLASSES = 50
WORDS = tuple(f"w{index}é" for index in range(MOST_WORDS + 40))
EVERYTHING = ((0, 1), (0, 1))


def _weights(rows: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(RANDOM.randrange(9) for _ in range(3)) for _ in range(rows))


def _program(pooling: Pooling) -> Program:
    form = InputFormat(
        Vocabulary(("<unk>", "<s>", "</s>", *WORDS), "<unk>"),
        12,
        "<s>",
        "</s>",
        Folding(lowercase=True, digits=False),
        (Surface("shape", SurfaceKind.SHAPE, ("xdx", "Xdx", "other")),),
    )
    size = len(form.vocabulary)
    # Not a function of the order of words, which would need no table.
    classes = tuple(RANDOM.randrange(CLASSES) for _ in range(size))
    cells = tuple(RANDOM.randrange(600) for _ in range(CLASSES**2))
    statements = (
        embedding("class", classes, Domain.of_classes(CLASSES)),
        embedding("tables", classes[::-1], Domain.of_classes(CLASSES)),
        Head("class_before", ONES, ONES, "class", EVERYTHING, Scope.BEFORE),
        Head("shape_after", ONES, ONES, "shape", EVERYTHING, Scope.AFTER),
        Table("pair", ("class_before", "class"), cells, Domain.of_classes(600)),
    )
    terms = (
        Term("pair", _weights(600)),
        Term("tables", _weights(CLASSES)),
        Term("shape_after", _weights(3)),
    )
    readout = Readout(("x", "y", "z"), terms, pooling)
    return Program("large", form, statements, readout)


TAGGER, CLASSIFIER = _program(Pooling.NONE), _program(Pooling.MEAN)


def _sequences() -> list[list[str]]:
    words = [*WORDS, *map(str.upper, WORDS), "unheard", "<s>"]
    return [RANDOM.choices(words, k=RANDOM.randint(0, 10)) for _ in range(200)]


@pytest.mark.parametrize("program", [TAGGER, CLASSIFIER])
def test_file_interpreter_and_model_agree(program: Program) -> None:
    certificate = certify(
        program,
        emit_python(program),
        [HardenedPredictor(HardenedModel(program))],
        _sequences(),
        tables=emit(program)[1],
    )
    assert len(certificate.comparisons) == 2


def test_the_file_beside_the_program_has_all_that_is_large() -> None:
    source, text = emit_python(TAGGER), emit(TAGGER)[1]
    assert text is not None
    tables = json.loads(text)
    assert {*tables} == {"words", "tables", "weights"}
    assert tables["words"].keys() == {"<unk>", *WORDS}
    embeddings = TAGGER.statements[:2]
    index = TAGGER.input.vocabulary.ids[WORDS[7]]
    expected = [e.table[index] for e in embeddings if isinstance(e, Table)]
    assert tables["words"][WORDS[7]] == expected
    assert len(tables["tables"]["pair"]) == CLASSES
    assert len(tables["weights"]["pair"]) == 600
    assert tables["weights"]["shape_after"].keys() == {"xdx", "Xdx", "other"}
    assert code_lines(source) < 100
    assert "class_before = before(class_)\n" in source
    assert table_entries(TAGGER) > CLASSES**2


def test_the_first_words_of_every_class_are_shown() -> None:
    source = emit_python(TAGGER)
    embed = TAGGER.statements[0]
    assert isinstance(embed, Table)
    found = [
        word for word in WORDS if embed.table[TAGGER.input.vocabulary.ids[word]] == 3
    ]
    shown = f"    # 3: {' '.join(found[:SHOWN_WORDS])}"
    more = f" (+{len(found) - SHOWN_WORDS})" if len(found) > SHOWN_WORDS else ""
    assert f"{shown}{more}\n" in source


def test_the_same_bytes_every_time() -> None:
    assert emit(TAGGER)[1] == emit(TAGGER)[1]
    assert emit_python(TAGGER) == emit_python(TAGGER)


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "program.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder.parent)


def test_the_written_file_runs_from_elsewhere_and_takes_no_other_tables(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "program.py").write_text(emit_python(TAGGER), encoding="utf-8")
    missing = _run(folder, WORDS[0])
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr.startswith("error: tables.json: expected it beside ")
    text = emit(TAGGER)[1]
    assert text is not None
    (folder / TABLES).write_bytes(text.encode())
    done = _run(folder, WORDS[0], WORDS[1].upper())
    assert done.stderr == ""
    words = [WORDS[0], WORDS[1].upper()]
    assert done.stdout.split() == Interpreter(TAGGER).labels([words])[0]
    (folder / TABLES).write_bytes(text.replace("1", "2", 1).encode())
    damaged = _run(folder, WORDS[0])
    assert damaged.returncode == 2
    assert damaged.stderr.startswith("error: tables.json: not the file that belongs to")


def test_other_tables_are_no_part_of_the_program() -> None:
    text = emit(TAGGER)[1]
    assert text is not None
    with pytest.raises(RunFolderError, match="not the file that belongs to"):
        FileProcess(emit_python(TAGGER), text + " ")


def test_small_programs_have_no_such_file() -> None:
    form = InputFormat(Vocabulary(("a", "b", "c")), 3)
    embed = embedding("class", (1, 0, 0), Domain.of_classes(2))
    readout = Readout(("x", "y"), (Term("class", ((0, 1), (1, 0))),))
    program = Program("small", form, (embed,), readout)
    assert emit(program)[1] is None
    assert TABLES not in emit_python(program)


def test_shortening_does_not_hide_lines_in_the_file() -> None:
    text = emit(TAGGER)[1]
    assert text is not None
    assert measure(TAGGER)[0] > text.count("\n") > 600
    short = minimise(TAGGER, 0)
    words = [term for term in short.readout.terms if term.variable == "tokens"]
    assert not words  # the weights of classes are not those of single words
    sequences = _sequences()
    assert Interpreter(short).labels(sequences) == Interpreter(TAGGER).labels(sequences)


@contextmanager
def everything_outside(*, narrow: bool = False) -> Iterator[None]:
    """Every table that may stand in the file does, however small it is."""
    with pytest.MonkeyPatch.context() as patch:
        for limit in ("MOST_WORDS", "MOST_CELLS", "MOST_LISTED", "MOST_ROWS"):
            patch.setattr(outside, limit, 0)
        patch.setattr(outside, "FEW_ROWS", 0)
        patch.setattr(outside, "NARROW", (0, 0, 0))
        patch.setattr(python, "MOST_LINES", 0 if narrow else 1 << 20)
        yield


@settings(max_examples=150)
@given(
    programs_with_inputs(awkward_tokens)
    | programs_with_inputs(awkward_tokens, characters=True),
    st.booleans(),
)
def test_any_program_means_the_same_with_its_tables_outside(
    case: tuple[Program, list[tuple[str, ...]]], narrow: bool
) -> None:
    program, inputs = case
    with everything_outside(narrow=narrow):
        file = load_file(*emit(program))
    for tokens in inputs:
        assert file["run"](tokens) == naive_labels(program, tokens)
        traced = file["trace"](tokens)
        for name, column in naive_trace(program, tokens).items():
            values = [program.domains[name].value(index) for index in column]
            assert traced[name] == values, name


def _of_many_words() -> Program:
    """Sparse and full tables in the file, over texts and classes, and equal words."""
    size = MOST_CELLS + 100
    words = tuple(f"w{index}" for index in range(size))
    form = InputFormat(Vocabulary(("<unk>", *words), "<unk>"), 9)
    few = tuple(RANDOM.randrange(5) if index % 9 == 0 else 0 for index in range(size))
    left, right = ("", *words[:60]), ("", *words[-70:])
    pairs = tuple(
        RANDOM.randrange(1, 90) if RANDOM.random() < 0.1 else 0
        for _ in range(len(left) * len(right))
    )
    texts = Domain.of_tokens(("", *(f"pair {number}" for number in range(1, 90))))
    same = tuple((index,) for index in range(size + 1))
    both = Domain.of_tokens(("<unk>", *words[::-1]))
    shuffled = [*range(size + 1)]
    RANDOM.shuffle(shuffled)
    statements = (
        Head("word_before", ONES, ONES, "tokens", EVERYTHING, Scope.BEFORE),
        Head("seen", "tokens", "tokens", ONES, same, Scope.BEFORE, Aggregate.SUM),
        Head("later", "tokens", "tokens", ONES, same, Scope.AFTER, Aggregate.SUM),
        *(
            embedding(
                name,
                tuple(index % len(values) for index in range(size + 1)),
                Domain.of_tokens(values),
            )
            for name, values in (("left", left), ("right", right))
        ),
        Table("pair", ("left", "right"), pairs, texts),
        Table("mirrored", ("word_before",), tuple(shuffled), both),
        embedding("class", tuple(shuffled), Domain.of_classes(size + 1)),
        Table("kind", ("class",), (*few, 0), Domain.of_classes(5)),
    )
    terms = (
        Term("pair", _weights(90)),
        Term("kind", _weights(5)),
        Term("seen", ((0, 7, 0),)),
        Term("later", ((3, 0, 0),)),
    )
    readout = Readout(("x", "y", "z"), terms)
    return Program("many words", form, statements, readout)


def test_sparse_tables_and_equal_words_mean_the_same_everywhere() -> None:
    program = _of_many_words()
    source, text = emit(program)
    assert text is not None
    assert "count_equal(tokens, tokens, ones, scope=" in source
    tables = json.loads(text)["tables"]
    assert {*tables} == {"pair", "mirrored", "kind"}
    # Of the sparse one, the cells that are not the default.
    (pair,) = (table for table in program.tables if table.output == "pair")
    assert sum(map(len, tables["pair"].values())) == pair.uncommon
    some = program.input.symbols[1:60:7] + program.input.symbols[-40::5]
    sequences = [RANDOM.choices(some, k=RANDOM.randint(1, 9)) for _ in range(60)]
    file, interpreter = load_file(source, text), Interpreter(program)
    for tokens in sequences:
        assert file["run"](tokens) == naive_labels(program, tokens)
        assert interpreter(tokens) == naive_labels(program, tokens)
        for name, column in naive_trace(program, tokens).items():
            values = [program.domains[name].value(index) for index in column]
            assert file["trace"](tokens)[name] == values, name
    certify(
        program, source, [HardenedPredictor(HardenedModel(program))], sequences,
        tables=text,
    )  # fmt: skip


def test_weights_for_a_single_label_have_no_summary() -> None:
    form = InputFormat(Vocabulary(WORDS), 3)
    weights = tuple((index + 1,) for index in range(len(WORDS)))
    readout = Readout(("only",), (Term("tokens", weights),), Pooling.MEAN)
    program = Program("single", form, (), readout)
    source, text = emit(program)
    assert "strongest evidence" not in source
    assert load_file(source, text)["run"]([WORDS[0]]) == "only"


def test_classes_of_words_may_have_names() -> None:
    form = InputFormat(Vocabulary(("<unk>", "<s>", "b", "a"), "<unk>"), 4, "<s>")
    names = Domain.of_tokens(("it's", "two\nlines", '"', "\\"))
    readout = Readout(("x", "y"), (Term("kind", ((1, 0), (0, 1), (2, 1), (0, 3))),))
    statements = (embedding("kind", (1, 0, 3, 2), names),)
    program = Program("names", form, statements, readout)
    with everything_outside():
        source, text = emit(program)
    assert text is not None
    file = load_file(source, text)
    for tokens in ([], ["a"], ["b", "a"], ["<s>", "unheard", "b"]):
        assert file["trace"](tokens)["kind"] == [
            names.tokens[index] for index in naive_trace(program, tokens)["kind"]
        ]
        assert file["run"](tokens) == naive_labels(program, tokens)


def test_weights_of_long_decisions_stand_in_the_file() -> None:
    form = InputFormat(Vocabulary(("<unk>", *WORDS), "<unk>"), 5)
    tags = Domain.of_tokens(["noun", "verb"])
    rows = [(RANDOM.randrange(1, 5), 1) for _ in WORDS]
    by_word = Term("tokens", ((0, 0), *rows))
    by_place = Term("positions", ((1, 0),) * 5)
    once = Decide("once", (by_word, by_place, Term(ONES, ((0, 1),))), tags)
    again = replace(once, output="again", terms=(by_word,))
    few = Decide("few", (Term("once", ((0, 1), (1, 0))),), tags)
    readout = Readout(tags.tokens, (Term("few", ((1, 0), (0, 1))),))
    program = Program("words", form, (once, again, few), readout)
    source, tables = emit(program)
    stored = json.loads(tables or "")["decisions"]
    assert stored.keys() == {"once", "again"}
    assert stored["once"]["positions"] == [[1, 0]] * 5
    assert stored["again"]["tokens"].keys() < {"<unk>", *WORDS}
    assert 'weights = tables()["decisions"]["once"]' in source
    assert '(positions, dict(enumerate(weights["positions"]))),' in source
    file = load_file(source, tables)
    for _ in range(20):
        words = [RANDOM.choice(WORDS) for _ in range(RANDOM.randrange(1, 6))]
        assert file["run"](words) == naive_labels(program, words)


def test_long_programs_have_their_tables_in_the_file() -> None:
    # Each table alone is short enough to be read, all together are not.
    letters = tuple("abcdefghijklmnop")
    form, domain = InputFormat(Vocabulary(letters), 6), Domain.of_tokens(letters)
    rng = random.Random(0)

    def table(name: str, first: str, size: int) -> Table:
        cells = tuple(rng.randrange(16) for _ in range(16 * size))
        return Table(name, (first, "tokens"), cells, domain)

    tables = (
        table("joined_0", "positions", 6),
        *(table(f"joined_{n}", f"joined_{n - 1}", 16) for n in range(1, 20)),
    )
    weights = tuple((rng.randrange(1, 9), 0) for _ in letters)
    terms = tuple(Term(table.output, weights) for table in tables)
    program = Program("long", form, tables, Readout(("no", "yes"), terms))
    source, text = emit(program)
    assert code_lines(source) <= outside.MOST_LINES
    assert text is not None
    assert len(json.loads(text)["tables"]) == len(tables)
    inputs = [tuple(rng.choices(letters, k=rng.randrange(1, 7))) for _ in range(20)]
    file = load_file(source, text)
    for tokens in inputs:
        assert file["run"](tokens) == naive_labels(program, tokens)
    short = replace(program, statements=tables[:1])
    short = replace(short, readout=Readout(("no", "yes"), terms[:1]))
    assert emit(short)[1] is None
