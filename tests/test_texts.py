"""Texts as they come: what programs for ``--language`` data do with all of it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import transformer_programs as tp
from cli.commands import edit, refused, tprog
from loaded import load_file
from naive import naive_labels
from transformer_programs.data.hub import LANGUAGE
from transformer_programs.data.options import ReadOptions, changed
from transformer_programs.errors import DataError, UnknownTokenWarning
from transformer_programs.language.encode import typed, unknown_in_words
from transformer_programs.verify import inputs

SYLLABLES = ("ka", "lo", "mi", "ru", "te", "vo", "xa", "Be", "Du")
WORDS = [a + b + c for a in SYLLABLES for b in SYLLABLES[:6] for c in SYLLABLES[:6]]
"""Enough of them for classes of words in a ``tables.json``."""

AWKWARD: dict[str, list[str]] = {
    "words outside the vocabulary": ["zzxqy", "Blorptag", "x" * 10_000],
    "no word": [],
    "an empty word": [""],
    "emoji": ["\U0001f642", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9"],
    "from right to left": ["\u05e9\u05dc\u05d5\u05dd", "\u061f", "\u202ea\u202c"],
    "combining marks": ["e\u0301", "\u00e9", "\u0301", "\u0130stanbul", "\u01c5"],
    "white space within": ["New York", " ", "\n", "a\r\n", "\u00a0", "\u2028"],
    "digits of any script": ["1984", "\u0663\u0664", "\uff11\uff12", "\u00bd"],
    "words of the frame": ["<s>", "</s>", "<unk>", "<pad>", "other"],
    "options": ["-h", "--any-length", "--"],
}
UNTYPABLE = {"NUL": ["a\0b", "\0"], "a lone surrogate": ["\ud800", "a\udfffb"]}
"""What no command line can hold, or only as another byte."""

TABLES = "tables.json"


def rows(tagging: bool) -> list[dict[str, Any]]:
    rng, found = random.Random(0), []
    for _ in range(400):
        tokens = rng.sample(WORDS, rng.randint(2, 9))
        marks = [word.startswith(("Be", "Du")) for word in tokens]
        if tagging:
            tags = ["B-NAME" if mark else "O" for mark in marks]
            found.append({"tokens": tokens, "tags": tags})
        else:
            label = "New York" if any(marks) else "else \U0001f642"
            found.append({"text": " ".join(tokens), "label": label})
    return found


def written(file: Path, lines: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(scope="module", params=[True, False], ids=["tags", "labels"])
def run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    file = written(folder / "data.jsonl", rows(request.param))
    options = changed(ReadOptions(), LANGUAGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "RANDOM_INPUTS", 100)  # agreement is tested elsewhere
        patch.setattr(inputs, "EDGE_TOKENS", 4)
        tp.train(
            tp.read_sequences(file, options),
            learner="gradient",
            change=lambda recipe: replace(
                recipe,
                training=replace(recipe.training, steps=3, restarts=1, evaluations=1),
            ),
            out=folder / "run",
            shorten=False,
        )
    assert '"words"' in (folder / "run" / TABLES).read_text(encoding="utf-8")
    return folder / "run"


@pytest.mark.parametrize("name", [*AWKWARD, *UNTYPABLE])
def test_every_implementation_says_the_same(run: Path, name: str) -> None:
    tokens = (AWKWARD | UNTYPABLE)[name]
    program = tp.load(run).program
    expected = naive_labels(program, tokens)
    assert program.batch([tokens])[0] == expected
    file = load_file(program.source, program.tables_json)
    assert file["run"](tokens) == expected
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownTokenWarning)
        assert program(tokens) == expected
        assert file["trace"](tokens).keys() == program.trace(tokens).keys()


@pytest.mark.parametrize("name", AWKWARD)
def test_the_command_line_says_the_same(run: Path, name: str) -> None:
    arguments, program = AWKWARD[name], tp.load(run).program
    form = program.input
    assert (form.split is None) == program.tagging  # texts have a label
    tokens = list(typed(form, arguments))
    if form.split is not None:
        assert tokens == " ".join(arguments).split()
    (expected,) = program.batch([tokens])
    text = expected if isinstance(expected, str) else " ".join(expected)
    unknown = unknown_in_words(form, tokens)
    warning = "" if unknown is None else f"warning: {unknown}\n"
    done = tprog("run", run, "--", *arguments)
    assert (done.status, done.out, done.err) == (0, f"{text}\n", warning)
    if arguments:  # without any, program.py says what it is
        assert called(run, "--", *arguments) == (0, f"{text}\n", warning)


def called(run: Path, *arguments: str) -> tuple[int, str, str]:
    """``python program.py``, in another process."""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", str(run / "program.py"), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_line_of_10_000_words(run: Path, tmp_path: Path) -> None:
    program = tp.load(run).program
    rng = random.Random(1)
    tokens = rng.choices(WORDS, k=10_000)
    most = program.input.max_bare_length
    target: dict[str, Any] = {"tokens": tokens, "label": "New York"}
    if program.tagging:
        target = {"tokens": tokens, "tags": ["O"] * len(tokens)}
    data = written(tmp_path / "long.jsonl", [target])
    assert f"at most {most} tokens, found 10000" in refused("eval", run, "--data", data)
    status, out, error = called(run, *tokens)
    assert (status, out) == (2, "")
    assert error.startswith(f"error: too long: 10000 tokens, at most {most}")
    assert "too long: 10000 tokens" in refused("run", run, *tokens)
    started = time.process_time()
    evaluation = ("eval", run, "--data", data, "--any-length")
    if program.length_free:
        (label,) = program.batch([tokens], any_length=True)
        printed = label if isinstance(label, str) else " ".join(label)
        assert called(run, "--any-length", *tokens)[:2] == (0, f"{printed}\n")
        assert tprog("run", run, "--any-length", *tokens).out == f"{printed}\n"
        assert tprog(*evaluation).status == 0
    else:
        for command in (evaluation, ("run", run, "--any-length", *tokens)):
            assert f"bound to inputs of up to {most} tokens" in refused(*command)
    assert time.process_time() - started < 20


def test_files_as_they_come(run: Path, tmp_path: Path) -> None:
    tagging = tp.load(run).program.tagging
    good = rows(tagging)[:4]
    other = dict(good[0])  # the same sentence with another label
    if tagging:
        other["tags"] = ["B-NAME"] * len(other["tokens"])
    else:
        other["label"] = "a label that training lacks"
    lines = [json.dumps(row) for row in [*good, good[0], other]]
    plain, file = tmp_path / "plain.jsonl", tmp_path / "windows.jsonl"
    plain.write_text("\n".join(lines) + "\n", encoding="utf-8")
    file.write_bytes(
        b"\xef\xbb\xbf" + "\r\n\r\n".join(["", *lines, "  ", ""]).encode("utf-8")
    )
    expected = tprog("eval", run, "--data", plain, "--json")
    found = tprog("eval", run, "--data", file, "--json")
    assert (found.status, found.out, found.err) == (0, expected.out, "")
    assert json.loads(found.out)["sequences"] == 6


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "", "label": "x"}', "expected at least one token, found none"),
        ('{"text": " \\t ", "label": "x"}', "expected at least one token"),
        ('{"tokens": ["a", ""], "label": "x"}', "an empty one at position 1"),
        ('{"text": "a", "label": ""}', "expected a label, found an empty one"),
        ('{"text": "\\ud800", "label": "x"}', "a lone surrogate"),
        ('{"text": "a"', "expected one JSON object"),
        ('{"text": "a", "label": "x"}\0', "expected one JSON object"),
    ],
)
def test_lines_that_are_refused(line: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    file.write_text(f'{{"text": "fine", "label": "x"}}\n\n{line}\n', encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        tp.read_sequences(file)
    assert str(caught.value).startswith(f"{file}:3")


def test_nul_is_a_character_and_labels_have_spaces(tmp_path: Path) -> None:
    lines = [
        {"text": f"a\0{n} \U0001f642 e\u0301 {n}", "label": f"New York {n % 2}"}
        for n in range(40)
    ]
    lines.append(dict(lines[0]))  # repeated, and ...
    lines.append({"text": lines[0]["text"], "label": "New York 1"})  # ... otherwise
    data = tp.read_sequences(written(tmp_path / "d.jsonl", lines))
    assert data.labels == ("New York 0", "New York 1")
    assert any("\0" in token for token in data.input.vocabulary.tokens)
    parts = [{*part.sequences} for part in (data.train, data.validation, data.test)]
    assert not parts[0] & parts[1]
    assert not (parts[0] | parts[1]) & parts[2]
    assert any("conflict" in note or "different label" in note for note in data.notes)


@pytest.mark.parametrize("damage", ["missing", "another byte", "cut", "a folder"])
def test_tables_that_are_missing_or_damaged(
    run: Path, damage: str, tmp_path: Path
) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    tables = copy / TABLES
    if damage in ("missing", "a folder"):
        tables.unlink()
    if damage == "a folder":
        tables.mkdir()
    if damage == "another byte":
        edit(tables, lambda text: text.replace("0", "1", 1))
    if damage == "cut":
        edit(tables, lambda text: text[:-20])
    status, out, error = called(copy, WORDS[0])
    assert (status, out) == (2, "")
    assert error.startswith(f"error: {TABLES}: ")
    assert error.count("\n") == 1
    done = tprog("verify", copy)
    differs = damage in ("another byte", "cut")
    assert done.status == (1 if differs else 2), done.out
    assert f"{TABLES}: not what program.json gives" in done.err or not differs
    assert f"error: {copy / TABLES}: " in done.err
    evaluated = tprog(
        "eval",
        copy,
        "--data",
        written(tmp_path / "d.jsonl", rows(tp.load(run).program.tagging)[:2]),
    )
    assert evaluated.status == 2
    assert TABLES in evaluated.err
