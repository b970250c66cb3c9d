"""``tprog explain`` and ``tprog features`` through their real entry point."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

import transformer_programs as tp
from cli.commands import refused, tprog
from golden_programs import BY_NAME
from transformer_programs.codegen.serialize import to_json
from transformer_programs.system import pictures

GOOD, BAD = ("good", "fine", "great"), ("bad", "poor", "dull")
SMALL = ("--steps", "40", "--restarts", "1", "--learner", "gradient", "--language")
EVIDENCE = ("--categorical-heads", "0", "--numerical-heads", "0", "--tables", "1")


@pytest.fixture(scope="module")
def opinions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language program for two labels."""
    folder = tmp_path_factory.mktemp("opinions")
    rows = [
        {"text": f"{first.title()} {what} {second}", "label": label}
        for label, words in (("+", GOOD), ("-", BAD))
        for first in words
        for second in words
        for what in ("film", "plot", "and")
    ]
    data = folder / "opinions.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = tprog("train", "--data", data, *SMALL, *EVIDENCE, "--out", folder / "run")
    assert done.status == 0, done.err
    return folder / "run"


@pytest.fixture(scope="module")
def sorting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sorting") / "run"
    size = ("--vocabulary-size", "7", "--max-length", "6", "--size", "300")
    assert tprog("train", "sort", *size, "--out", folder).status == 0
    return folder


def test_the_label_of_a_text(opinions: Path) -> None:
    text = ("Great", "film", "fine")
    done = tprog("explain", opinions, *text, "--top", "3")
    assert (done.status, done.err) == (0, "")
    decision = tp.load(opinions).program.explain(text).decisions[0]
    assert f"label + (score {decision.score:,}) before -" in done.out
    assert f"margin {decision.margin:,}\n" in done.out
    words, features = done.out.split("\n\n")
    for part, column in ((words, "strongest features"), (features, "in")):
        assert column in part
        # The numbers of the rows, the rest, and their sum.
        numbers = [
            int(line.split()[0].replace(",", ""))
            for line in part.splitlines()
            if line[:1] == " "
            and line.split()[0].strip("+-").replace(",", "").isdigit()
        ]
        assert len(numbers) == 5
        assert sum(numbers[:-1]) == numbers[-1] == decision.margin


def test_the_label_of_a_text_for_scripts(opinions: Path) -> None:
    text = ("Great", "film", "fine")
    document = json.loads(tprog("explain", opinions, *text, "--json").out)
    (decision,) = document["decisions"]
    assert document["tokens"] == [*text]
    assert [decision["label"]] == [
        json.loads(tprog("run", opinions, *text, "--json").out)["labels"]
    ]
    parts = decision["contributions"]
    assert sum(part["amount"] for part in parts) == decision["margin"]
    assert decision["margin"] == decision["score"] - decision["against_score"]
    framed = ("<s>", *text, "</s>")
    for part in parts:
        for place in (part, *part["from"]):
            words = [framed[p + 1] for p in place["word_positions"]]
            assert place["words"] == words


def test_the_labels_of_tokens(sorting: Path) -> None:
    done = tprog("explain", sorting, "3", "1", "2")
    table, *details = done.out.split("\n\n")
    assert [line.split() for line in table.splitlines()] == [
        ["position", "token", "label", "margin", "runner-up"],
        ["0", "3", "1", "1", "0"],
        ["1", "1", "2", "1", "0"],
        ["2", "2", "3", "1", "0"],
    ]
    assert [d.splitlines()[0][:13] for d in details] == [
        f"token {i}, '{token}':" for i, token in enumerate("312")
    ]
    # What stands third in order was copied from where the 3 is.
    alone = tprog("explain", sorting, "3", "1", "2", "--position", "2").out
    assert "3 at 0" in alone
    document = json.loads(
        tprog("explain", sorting, "3", "1", "2", "--position", "2", "--json").out
    )
    (decision,) = document["decisions"]
    assert (decision["position"], decision["label"]) == (2, "3")


def test_against_another_label(sorting: Path) -> None:
    done = tprog("explain", sorting, "3", "1", "--position", "0", "--versus", "3")
    assert "label 1 (score 1) before 3 (0): margin 1" in done.out


def test_the_empty_sequence(opinions: Path, sorting: Path, tmp_path: Path) -> None:
    done = tprog("explain", opinions)
    assert (done.status, done.err) == (0, "")
    label = tp.load(opinions).program([])
    assert done.out.startswith(f"of the empty sequence:\nlabel {label} (score ")
    done = tprog("explain", sorting)
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "of the empty sequence:\nno label, as there is no token: nothing to explain\n"
    )
    document = json.loads(tprog("explain", sorting, "--json").out)
    assert document == {"tokens": [], "decisions": []}
    assert "expected tokens to explain, got none" in refused(
        "explain", sorting, "--position", "0"
    )
    unframed = tmp_path / "program.json"
    unframed.write_text(to_json(BY_NAME["opinion"].program))
    assert "empty sequence: at least 1 token is needed" in refused("explain", unframed)


def test_an_empty_word_is_no_empty_sequence(opinions: Path, sorting: Path) -> None:
    done = tprog("explain", sorting, "")
    assert done.status == 2
    assert "'' is taken as a single token, an empty word" in done.err
    assert "unknown token ''" in done.err
    done = tprog("explain", opinions, "")  # a text of no words
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("of the empty sequence:\n")


def test_what_separates_two_labels(opinions: Path, tmp_path: Path) -> None:
    for name in ("bars.svg", "bars.png"):
        done = tprog("features", opinions, "--top", "5", "--picture", tmp_path / name)
        assert (done.status, done.err) == (0, "")
        assert done.out.endswith(f"picture: {tmp_path / name}\n")
    rows = done.out.splitlines()
    assert rows[0].startswith("+ speaks for +, - for -: the strongest of ")
    assert rows[0].endswith(" training sequences")
    assert rows[1].split() == ["features", "positions", "words"]
    assert len(rows) == 2 + 5 + 1
    assert "weight for + minus weight for -" in (tmp_path / "bars.svg").read_text()
    assert (tmp_path / "bars.png").read_bytes().startswith(b"\x89PNG")
    document = json.loads(tprog("features", opinions, "--top", "5", "--json").out)
    first = document["features"][0]
    assert rows[2].split()[0] == f"{first['difference']:+}"
    # The words of the strongest feature are those of one of the two labels.
    words = {word for word in first["words"] if word in GOOD + BAD}
    assert words
    assert words <= {*GOOD} or words <= {*BAD}
    other = json.loads(
        tprog("features", opinions, "--labels=-,+", "--top", "5", "--json").out
    )
    assert other["features"][0]["difference"] == -first["difference"]


def test_features_without_the_data(opinions: Path, tmp_path: Path) -> None:
    alone = tmp_path / "program.json"
    alone.write_text((opinions / "program.json").read_text())
    done = tprog("features", alone, "--top", "2")
    assert done.status == 0
    assert "ranked by their weights alone" in done.err
    assert "training sequences" not in done.out


def test_what_cannot_be_explained(opinions: Path, sorting: Path) -> None:
    assert "labels whole sequences, not tokens" in refused(
        "explain", opinions, "good", "--position", "0"
    )
    assert "--position 2: expected 0 to 1" in refused(
        "explain", sorting, "1", "2", "--position", "2"
    )
    assert "--top 0: expected" in refused("explain", sorting, "1", "--top", "0")
    assert "no label 'x'; the labels are '0'" in refused(
        "explain", sorting, "1", "--versus", "x"
    )
    assert "unknown token 'x'" in refused("explain", sorting, "x")
    assert "add --any-length" in refused("explain", sorting, *"01201")
    assert tprog("explain", sorting, *"01201", "--any-length").status == 0
    assert "no such run folder" in refused("explain", sorting / "none", "1")
    quoted = tprog("explain", sorting, "1 0")
    assert quoted.status == 2
    assert "'1 0' is taken as a single token" in quoted.err


def test_a_text_is_split_as_in_training(opinions: Path) -> None:
    words = tprog("explain", opinions, "Great", "film", "fine", "--json")
    assert tprog("explain", opinions, "Great film fine", "--json") == words
    assert tprog("explain", opinions, "Great film", " fine", "--json") == words
    assert json.loads(words.out)["tokens"] == ["Great", "film", "fine"]
    done = tprog("explain", opinions, "great news", "--json")
    assert (done.status, done.err) == (0, "warning: unknown tokens: 'news'\n")


def test_labels_with_a_space_between_them(opinions: Path) -> None:
    for first in (("--labels", "+,"), ("--labels=+,",)):
        for second in ("-", "x"):
            done = tprog("features", opinions, *first, second)
            assert done.status == 2
            assert f"note: {first[-1]} ends in a comma: values are sep" in done.err
    done = tprog("explain", opinions, "good", ",", "fine", "--bogus")
    assert (done.status, "note: " in done.err) == (2, False)


def test_what_cannot_be_separated(
    opinions: Path, sorting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = refused("features", sorting)
    assert "which two labels? The program has 4: '0', '1', '2', '3'; name" in message
    options = message.rpartition("(")[2].removesuffix(")")
    assert tprog("features", sorting, *shlex.split(options)).status == 0
    assert "expected two different labels of '+', '-'; got '+', 'x'" in refused(
        "features", opinions, "--labels", "+,x"
    )
    assert "at least 1, got 0" in refused("features", opinions, "--top", "0")
    picture = ("features", opinions, "--picture")
    assert "ends in .svg or .png" in refused(*picture, tmp_path / "bars.gif")
    assert "cannot be written" in refused(*picture, tmp_path / "none" / "bars.svg")
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    assert "pip install 'transformer-programs[plot]'" in refused(
        *picture, tmp_path / "bars.svg"
    )
