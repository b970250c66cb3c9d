"""``program.py`` is read back: emitted files, edited ones, and hostile ones."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from golden_programs import BY_NAME, GOLDEN
from strategies import programs
from transformer_programs.codegen.python import emit, emit_python
from transformer_programs.codegen.reading.source import read_python
from transformer_programs.errors import SchemaError
from transformer_programs.language.encode import encode_batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import Program, Readout, Table, Term
from transformer_programs.language.types import Domain, InputFormat, Vocabulary

ROOT = Path(__file__).parents[2]
FILES = sorted(
    [*ROOT.glob("gallery/*/program.py"), *ROOT.glob("gallery/suites/*/*.py")]
)

NOT_IN_THE_TEXT = {
    "c115_times_next": "values of a table that cannot occur",
    "c45_double_first_half": "values of a table that cannot occur",
    "c4_pair_balance": "values of a table that cannot occur",
    "c82_halve_second_half": "values of a table that cannot occur",
    "modular_arithmetic": "classes that cannot occur",
}
"""Programs whose text lacks something that decides how the text is laid out."""


def some_inputs(program: Program, seed: int = 0, count: int = 30) -> list[list[str]]:
    form, rng = program.input, random.Random(seed)
    longest = min(form.max_bare_length, 12)
    lengths = [rng.randint(form.min_bare_length, longest) for _ in range(count)]
    return [[rng.choice(form.symbols) for _ in range(n)] for n in lengths]


def values_of(program: Program, inputs: list[list[str]]) -> dict[str, Any]:
    batch = encode_batch(program.input, inputs)
    traced = Interpreter(program).trace(batch)
    return {
        name: [
            [program.domains[name].value(int(i)) for i in row[:length]]
            for row, length in zip(ids, batch.lengths, strict=True)
        ]
        for name, ids in traced.items()
    }


def assert_means_the_same(program: Program, again: Program, seed: int = 0) -> None:
    assert again.input.symbols == program.input.symbols
    assert again.readout.labels == program.readout.labels
    inputs = some_inputs(program, seed)
    if inputs:
        labels = [Interpreter(p).labels(inputs) for p in (program, again)]
        assert labels[0] == labels[1]
        assert values_of(program, inputs) == values_of(again, inputs)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}-{f.stem}")
def test_files_of_the_gallery_are_read(file: Path) -> None:
    text, tables = file.read_text(encoding="utf-8"), file.with_name("tables.json")
    program = read_python(text, tables.read_text() if tables.exists() else None)
    if file.stem in NOT_IN_THE_TEXT:
        assert_means_the_same(program, read_python(*emit(program)))
    else:
        assert emit_python(program) == text


EARLIER = '''\
def attend(
    query: Sequence[Any],
    key: Sequence[Any],
    value: Sequence[Any],
    predicate: Callable[[Any, Any], bool],
    scope: str = "all",
) -> list[Any]:
    """Copy the value from the nearest position whose key matches the query."""
    output = []
    for i, q in enumerate(query):
        matches = (j for j in visible(scope, i, len(key)) if predicate(q, key[j]))
        nearest = min(matches, key=lambda j: (j == i, abs(j - i), j), default=0)
        output.append(value[nearest])
    return output
'''


def test_files_with_the_helpers_of_before_are_read() -> None:
    text = emit_python(next(g.program for g in GOLDEN if g.name == "reverse"))
    start = text.index("def attend(")
    end = text.index("\n\n\ndef ", start)
    earlier = text[:start] + EARLIER.rstrip() + text[end:]
    assert emit_python(read_python(earlier, None)) == emit_python(
        read_python(text, None)
    )


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda g: g.name)
def test_golden_programs_are_read(golden: Any) -> None:
    text, tables = emit(golden.program)
    again = read_python(text, tables)
    assert_means_the_same(golden.program, again)


@given(programs(), st.integers(0, 1000))
def test_random_programs_are_read(program: Program, seed: int) -> None:
    again = read_python(*emit(program))
    assert_means_the_same(program, again, seed)
    # Once read, nothing is lost any more.
    assert_means_the_same(again, read_python(*emit(again)), seed)


HIST = (ROOT / "gallery/hist-8/program.py").read_text(encoding="utf-8")
LINE = "label = [str(x) for x in same_token]"


def test_an_edited_file_is_read() -> None:
    assert LINE in HIST
    edited = HIST.replace(LINE, "label = [str(min(x, 2)) for x in same_token]")
    program = Interpreter(read_python(edited))
    assert program(["0", "0", "0", "1"]) == ["2", "2", "2", "1"]
    more = HIST.replace(
        LINE,
        "far = attend(tokens, tokens, same_token, lambda q, k: k != q)\n"
        "    label = [str(max(a, b)) for a, b in zip(same_token, far)]",
    )
    assert Interpreter(read_python(more))(["0", "0", "1"]) == ["2", "2", "2"]


def test_sums_of_many_numbers_are_decisions() -> None:
    line = (
        "first = count(ones, tokens, ones, lambda q, k: k == '0')\n"
        "    second = count(ones, tokens, ones, lambda q, k: k == '1')\n"
        "    label = [\n"
        "        '1' if 2 * a - c >= b - 1 else '2'\n"
        "        for a, b, c in zip(first, second, positions)\n    ]"
    )
    program = Interpreter(read_python(HIST.replace(LINE, line)))
    assert program(["0", "1", "1", "1", "1", "2"]) == ["2"] * 6
    assert program(["0", "1", "0", "2"]) == ["1"] * 4
    odd = HIST.replace(LINE, line.replace("2 * a", "a * a"))
    with pytest.raises(SchemaError, match="expected a sum of numbers"):
        read_python(odd)


HOSTILE = [
    '[__import__("os").system("true") for x in same_token]',
    "[().__class__ for x in same_token]",
    '["".join(x) for x in same_token]',
    '["{0.__class__}".format(x) for x in same_token]',
    "[open(x) for x in same_token]",
    "[eval(x) for x in same_token]",
    "[9 ** 9 ** 9 for x in same_token]",
    "[str('a' * 1000000000) for x in same_token]",
    "[len(range(1000000000000)) for x in same_token]",
    "[(y := x) for x in same_token]",
    '[f"{x}" for x in same_token]',
    "[x for x in same_token if x]",
    "[x for x in unknown]",
    "[x.real for x in same_token]",
    "[1.5 for x in same_token]",
    "[str(x) for x in locals()]",
    "same_token",
    "print(same_token)",
    "count(tokens, tokens, ones)",
    "count(tokens, tokens, ones, lambda q, k: k == q, scope='behind')",
    "count(tokens, tokens, ones, lambda q, k: k == q, near=1)",
    "count(tokens, tokens, tokens, lambda q, k: k == q)",
    "[str(x // 0) for x in tokens]",
    "[" + "-" * 20000 + "x for x in same_token]",
]


@pytest.mark.parametrize("line", HOSTILE)
def test_nothing_else_is_computed(line: str) -> None:
    with pytest.raises(SchemaError, match=r"line \d+, column|nested|no Python"):
        read_python(HIST.replace(LINE, f"label = {line}"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("TOKENS = ", "TOKENS == ", r"line \d+, column \d+: .TOKENS == .* is no part"),
        (
            "    output = [*value]\n",
            "    output = [1, *value]\n",
            "the helper 'count' was changed",
        ),
        (
            "import sys\n",
            "import sys\nsys.exit()\n",
            "line .*'sys.exit\\(\\)' is no pa",
        ),
        ("def run(", "def ran(", "there is no function 'run'"),
        ("MAX_LENGTH = 7", "MAX_LENGTH = 'a'", "expected MAX_LENGTH = a whole number"),
        (": a Transformer Program.", "", "expected a text that begins with NAME"),
        ('["label"]', '["other"]', "reads 'other', which trace does not compute"),
        (
            "    tokens = frame(",
            "    tokens = framed(",
            "expected tokens = frame",
        ),
        ("def trace(", "def trace(:", r"line \d+, column \d+: "),
    ],
)
def test_what_is_no_program_is_refused(old: str, new: str, message: str) -> None:
    assert old in HIST
    with pytest.raises(SchemaError, match=message):
        read_python(HIST.replace(old, new, 1))


RUN = 'return trace(tokens, any_length)["label"][1:]'
MAIN = 'if __name__ == "__main__":'

PASSED_OVER = [
    (RUN, f"{RUN}[::-1]"),
    (RUN, RUN.replace("[1:]", "")),
    (RUN, RUN.replace("[1:]", "[2:]")),
    (RUN, f"return list(reversed({RUN[7:]}))"),
    (RUN, f"return [x for x in {RUN[7:]} if x]"),
    ("{name: x for name, x", "{name: x[::-1] for name, x"),
    ('if name != "any_length"}', 'if name != "label"}'),
    ("frame(tokens, TOKENS", "frame(tokens[::-1], TOKENS"),
    ('begin="<s>")', 'begin="<s>", known=TOKENS)'),
    ('scope: str = "all"', 'scope: str = "before"'),
    (MAIN, f"if True:\n    count = max\n\n\n{MAIN}"),
    (MAIN, f'def str(x: int) -> str:\n    return "1"\n\n\n{MAIN}'),
    (MAIN, f"min = max\n\n\n{MAIN}"),
    ("import sys", "import sys\nfrom os import getpid as min"),
    ("import sys", "import os"),
    ("from typing import Any", "from typing import *"),
    ("def trace(", "@staticmethod\ndef trace("),
    ("def trace(tokens", "def trace(*more, tokens"),
    ("    same_token = count", "    count = before(tokens)\n    same_token = count"),
    ("lambda q, k: k == q)", "lambda q, k=1: k == q)"),
]


@pytest.mark.parametrize(("old", "new"), PASSED_OVER)
def test_no_edit_is_passed_over(old: str, new: str) -> None:
    assert old in HIST
    with pytest.raises(SchemaError, match=r"line \d+, column \d+: "):
        read_python(HIST.replace(old, new, 1))


def own_text(name: str) -> tuple[str, str]:
    """What of a golden program's file is its own, and the rest."""
    own, marker, helpers = emit_python(BY_NAME[name].program).partition("# Helpers")
    return own, marker + helpers


EDITS = [
    *(("sum(column)", "max(column)"), ("zero = (0,)", "zero = (1,)")),
    *(("best(LABELS, ", "best(LABELS[::-1], "), ("word.lower()[-", "word.upper()[-")),
    *(('else "other"', "else found"), ("*map(", "*map(max, tokens), *map(")),
]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (n, *edit)
        for n in ("opinion", "names")
        for edit in EDITS
        if edit[0] in own_text(n)[0]
    ],
)
def test_nor_one_of_scores_and_characters(name: str, old: str, new: str) -> None:
    own, helpers = own_text(name)
    with pytest.raises(SchemaError, match=r"line \d+, column \d+: "):
        read_python(own.replace(old, new) + helpers)


def test_every_edit_is_tried() -> None:
    texts = [own_text(name)[0] for name in ("opinion", "names")]
    assert all(any(old in text for text in texts) for old, _ in EDITS)


def test_tables_belong_to_their_file() -> None:
    words = Domain.of_tokens(f"word{i}" for i in range(400))
    form = InputFormat(Vocabulary((*words.tokens, "<s>")), 9, "<s>")
    kind = Table("kind", ("tokens",), (*range(400), 0), Domain.of_classes(400))
    term = Term("kind", tuple((i % 3, i % 2) for i in range(400)))
    program = Program("words", form, (kind,), Readout(("a", "b"), (term,)))
    text, tables = emit(program)
    assert tables is not None
    assert_means_the_same(program, read_python(text, tables))
    with pytest.raises(SchemaError, match="not the file that belongs"):
        read_python(text, tables + " ")
    with pytest.raises(SchemaError, match="which is not beside it"):
        read_python(text)


def test_places_are_named() -> None:
    edited = HIST.replace(LINE, "label = [str(y) for x in same_token]")
    number = edited[: edited.index("label = [str(y)")].count("\n") + 1
    with pytest.raises(SchemaError, match=re.escape(f"line {number}, column ")):
        read_python(edited)
