from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, strategies as st

from strategies import awkward_tokens, input_formats
from transformer_programs.errors import InputError
from transformer_programs.language.types import (
    Domain,
    InputFormat,
    Kind,
    Vocabulary,
)

PLAIN = InputFormat(Vocabulary(("a", "b")), max_length=3)
FRAMED = InputFormat(
    Vocabulary(("<s>", "a", "b", "<unk>", "</s>"), unknown="<unk>"), 5, "<s>", "</s>"
)


@pytest.mark.parametrize(
    ("domain", "kind", "values", "numerical"),
    [
        (Domain.of_tokens(iter("ab")), Kind.TOKEN, ("a", "b"), False),
        (Domain.of_positions(3), Kind.POSITION, (0, 1, 2), False),
        (Domain.of_classes(2), Kind.CLASS, (0, 1), False),
        (Domain.of_numbers(2), Kind.NUMBER, (0, 1, 2), True),
        (Domain.of_numbers(0), Kind.NUMBER, (0,), True),
    ],
)
def test_domains(domain: Domain, kind: Kind, values: tuple, numerical: bool) -> None:
    assert domain.kind is kind
    assert tuple(domain.values) == values
    assert [domain.value(index) for index in range(domain.size)] == list(values)
    assert domain.size == len(values)
    assert domain.bound == len(values) - 1
    assert domain.numerical is numerical


def test_domains_are_frozen_and_hashable() -> None:
    domain = Domain.of_classes(2)
    assert {domain: 1}[Domain.of_classes(2)] == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        domain.size = 3  # type: ignore[misc]


def test_vocabulary() -> None:
    vocabulary = Vocabulary(("b", "a"))
    assert len(vocabulary) == 2
    assert vocabulary.ids == {"b": 0, "a": 1}
    assert "a" in vocabulary
    assert "c" not in vocabulary


def test_lengths_with_and_without_frame() -> None:
    assert (PLAIN.frame_size, PLAIN.offset) == (0, 0)
    assert (PLAIN.min_bare_length, PLAIN.max_bare_length) == (1, 3)
    assert (FRAMED.frame_size, FRAMED.offset) == (2, 1)
    assert (FRAMED.min_bare_length, FRAMED.max_bare_length) == (0, 3)
    only_end = InputFormat(Vocabulary(("a", "$")), 3, end="$")
    assert (only_end.frame_size, only_end.offset) == (1, 0)
    assert only_end.encode(["a"]) == [0, 1]


def test_frame_tokens_are_no_symbols() -> None:
    assert PLAIN.symbols == ("a", "b")
    assert FRAMED.symbols == ("a", "b", "<unk>")


def test_encoding_frames_and_replaces_unknown_tokens() -> None:
    assert PLAIN.encode(["b", "a"]) == [1, 0]
    assert FRAMED.encode([]) == [0, 4]
    assert FRAMED.encode(("b", "new", "<unk>")) == [0, 2, 3, 3, 4]


def test_a_frame_token_in_the_input_is_unknown() -> None:
    assert FRAMED.encode(["<s>", "</s>"]) == [0, 3, 3, 4]
    closed = InputFormat(Vocabulary(("<s>", "a")), 3, begin="<s>")
    with pytest.raises(InputError, match=r"unknown token '<s>' at position 1"):
        closed.encode(["a", "<s>"])


def test_unknown_token_names_token_position_and_known_tokens() -> None:
    with pytest.raises(InputError) as caught:
        PLAIN.encode(["a", "x", "y"])
    assert str(caught.value) == (
        "unknown token 'x' at position 1; known tokens: 'a', 'b'"
    )


def test_many_known_tokens_are_not_all_listed() -> None:
    form = InputFormat(Vocabulary(tuple(map(str, range(50)))), 3)
    with pytest.raises(InputError, match=r"'19', \.\.\. \(50 in all\)$"):
        form.encode(["x"])


@pytest.mark.parametrize(
    ("form", "tokens", "message"),
    [
        (PLAIN, [], "empty sequence: at least 1 token is needed (and at most 3)"),
        (PLAIN, ["a"] * 4, "too long: 4 tokens, at most 3 are allowed"),
        (FRAMED, ["a"] * 4, "too long: 4 tokens, at most 3 are allowed"),
    ],
)
def test_wrong_lengths(form: InputFormat, tokens: list[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        form.encode(tokens)
    assert str(caught.value) == message


def test_a_string_is_not_a_sequence_of_tokens() -> None:
    with pytest.raises(InputError, match="list of tokens, got the text 'a b'"):
        PLAIN.encode("a b")


@given(input_formats(awkward_tokens), st.data())
def test_encoding_keeps_known_tokens(form: InputFormat, data: st.DataObject) -> None:
    lengths = st.integers(form.min_bare_length, form.max_bare_length)
    size = data.draw(lengths)
    symbols = st.sampled_from(form.symbols)
    tokens = data.draw(st.lists(symbols, min_size=size, max_size=size))
    framed = [form.vocabulary.tokens[index] for index in form.encode(tokens)]
    frame = [[t] if t is not None else [] for t in (form.begin, form.end)]
    assert framed == [*frame[0], *tokens, *frame[1]]
    assert form.min_bare_length <= size <= form.max_bare_length
