"""What simple methods see of sequences and of places in them."""

from __future__ import annotations

from itertools import product

from hypothesis import given, strategies as st

from transformer_programs.data import Dataset, labelled_sequences
from transformer_programs.lab.baselines.features import (
    beginnings,
    by_place,
    common_length,
    counted,
    ngrams,
    ngrams_of_text,
    of_places,
    of_sequences,
    words_of,
)

TOKENS = st.lists(st.text(min_size=1, max_size=4), max_size=8).map(tuple)


LETTERS = ["".join(pair) for pair in product("abcd", repeat=2)]


def classes(rows: list[list[str]]) -> Dataset:
    return labelled_sequences([(row, "ab"[n % 2]) for n, row in enumerate(rows)])


def test_ngrams_have_edges() -> None:
    assert ngrams(("a", "b"), 2)[4:] == ["\n\na", "a\nb", "b\n\n"]
    assert ngrams_of_text("ab c", 2) == [
        *(" ", "a", "b", " ", " a", "ab", "b "),
        *(" ", "c", " ", " c", "c "),
    ]
    assert by_place(("a", "b"), 2) == ["0 a", "1 b", "0 a\nb"]


def test_beginnings() -> None:
    assert len(beginnings(("a",))) == 1
    assert len(set(beginnings(("a", "b", "c", "d")))) == 3


def test_words_and_marks() -> None:
    assert words_of(["It's", "OK,", "2day"]) == ["it", "'", "s", "ok", ",", "2day"]


@given(TOKENS)
def test_every_token_and_pair_is_there(tokens: tuple[str, ...]) -> None:
    assert len(ngrams(tokens, 1)) == len(tokens) + 2
    assert len(ngrams(tokens, 2)) == 2 * len(tokens) + 3
    assert len(by_place(tokens, 2)) == max(0, 2 * len(tokens) - 1)


@given(TOKENS.filter(len), st.data())
def test_places_have_features_without_repetition(
    tokens: tuple[str, ...], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(tokens) - 1))
    words = labelled_sequences([([f"word{n}", "x"], ["a", "b"]) for n in range(100)])
    letters = labelled_sequences([([*pair], ["a", "b"]) for pair in LETTERS])
    for dataset in (words, letters):
        found = of_places(dataset).of((tokens, place))
        assert "bias" in found
        assert len(found) > 5
    assert len(found) == len({*found})  # of letters every n-gram has its place


def test_what_is_seen_depends_on_the_data() -> None:
    names = [
        f.name for f in of_sequences(classes([[f"w{n}", "it"] for n in range(99)]))
    ]
    assert names == [
        *("words 1-2", "words 1-2 and beginnings, unweighted"),
        *("words 1-2, characters 1-5", "tokens by place", "pairs by place"),
    ]
    letters = classes(
        [[*pair] for pair in (*LETTERS, "abc", "acb", "bca", "cab", "cba")]
    )
    assert [f.name for f in of_sequences(letters)] == [
        *("characters 1-5", "characters 1-5, unweighted")
    ]
    assert [f.name for f in counted(letters)] == ["characters 1-5"]
    few = classes([[f"up{a}", f"up{b}"] for a, b in LETTERS] + [["up"]])
    assert next(of_sequences(few)).name == "tokens 1-5"
    assert common_length(few) is None
    assert common_length(classes([[*pair, "c"] for pair in LETTERS])) == 3


def test_places_of_words() -> None:
    rows = [[f"w{n}", "was"] for n in range(99)]
    data = labelled_sequences([(row, ["a", "b"]) for row in rows])
    found = of_places(data).of((("Bo", "was", "In", "2024"), 2))
    assert {"-1 word was", "0 word In", "0 lower in", "0 shape Xx", "1 digits"} <= {
        *found
    }
    assert {"0 prefix i", "0 suffix in", "2 edge", "-1,0 was\nin", "-2 lower bo"} <= {
        *found
    }
    assert "-2 prefix b" not in found
