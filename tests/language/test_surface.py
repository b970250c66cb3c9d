"""What is read of the characters of a token."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from strategies import input_formats, odd_words, plain_tokens
from transformer_programs.language.encode import encode_batch, joined
from transformer_programs.language.enumerate import domain_size, enumerable
from transformer_programs.language.primitives import character_kinds, character_runs
from transformer_programs.language.surface import (
    Folding,
    Surface,
    SurfaceKind,
    computed,
)
from transformer_programs.language.types import InputFormat, Vocabulary

SHAPE = Surface("shape", SurfaceKind.SHAPE, ("x", "Xx", "other"))
ENDING = Surface("ending", SurfaceKind.SUFFIX, ("ing", "other"), 3)
FORM = InputFormat(
    Vocabulary(("<s>", "<unk>", "ada", "0"), unknown="<unk>"),
    max_length=4,
    begin="<s>",
    folding=Folding(lowercase=True, digits=True),
    surfaces=(SHAPE, ENDING),
)


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("", ""),
        ("Ada", "Xx"),
        ("USA", "X"),
        ("iPhone", "xXx"),
        ("McDonald", "XxXx"),
        ("1st", "dx"),
        ("12-34", "d-d"),
        ("U.S.", "X.X."),
        ("--", "-"),
        ("\u0663\u0664", "d"),  # Arabic digits
        ("\u00b2", "\u00b2"),  # superscript two is no decimal digit
        ("\u05e9\u05dc\u05d5\u05dd", "c"),  # Hebrew has no cases
        ("\u4e2d\u56fd", "c"),
        ("\u01c5", "c"),  # one character, a capital and a small letter
        ("\u00df\u1e9e", "xX"),
        ("\u0416\u0436", "Xx"),
        ("\u2160", "\u2160"),  # a number, in capitals
        ("e\u0301a", "x\u0301x"),  # a mark of its own
        ("\U0001f600\U0001f600!", "\U0001f600!"),
        ("a\u202eb", "x\u202ex"),
    ],
)
def test_shapes(word: str, shape: str) -> None:
    assert computed(SurfaceKind.SHAPE, 0, word) == shape
    assert character_kinds(word) == shape


@given(odd_words)
def test_the_two_implementations_of_shapes_agree(word: str) -> None:
    assert computed(SurfaceKind.SHAPE, 0, word) == character_kinds(word)
    for most in (2, 3):
        assert computed(SurfaceKind.SHAPE, most, word) == character_runs(word, most)


@pytest.mark.parametrize(
    ("word", "shape", "longer"),
    [
        ("", "", ""),
        ("A", "X", "X"),
        ("LONDON", "XX", "XXX"),
        ("Ada", "Xxx", "Xxx"),
        ("McDonald", "XxXxx", "XxXxxx"),
        ("1984", "dd", "ddd"),
        ("U.S.", "X.X.", "X.X."),
        ("---", "--", "---"),
        ("\u00df\u00df\u1e9e", "xxX", "xxX"),
    ],
)
def test_shapes_that_tell_one_from_several(word: str, shape: str, longer: str) -> None:
    for most, expected in ((2, shape), (3, longer)):
        assert computed(SurfaceKind.SHAPE, most, word) == expected
        assert character_runs(word, most) == expected


@pytest.mark.parametrize(
    ("word", "prefix", "suffix"),
    [
        ("Going", "goi", "ing"),
        ("", "", ""),
        ("Of", "of", "of"),
        ("\u0130x", "i\u0307x", "i\u0307x"),  # in lower case it has one character more
        ("\u0391\u03a3", "\u03b1\u03c2", "\u03b1\u03c2"),
    ],
)
def test_affixes(word: str, prefix: str, suffix: str) -> None:
    assert computed(SurfaceKind.PREFIX, 3, word) == prefix
    assert computed(SurfaceKind.SUFFIX, 3, word) == suffix


@pytest.mark.parametrize(
    ("word", "lower", "digits", "both"),
    [
        ("In1984", "in1984", "In0", "in0"),
        ("3.14", "3.14", "0.0", "0.0"),
        ("007", "007", "0", "0"),
        ("\u0663x\u0664\u0665", "\u0663x\u0664\u0665", "0x0", "0x0"),
        ("x\u00b2", "x\u00b2", "x\u00b2", "x\u00b2"),
        ("\u0130", "i\u0307", "\u0130", "i\u0307"),
        ("", "", "", ""),
    ],
)
def test_folding(word: str, lower: str, digits: str, both: str) -> None:
    assert Folding(True, False).fold(word) == lower
    assert Folding(False, True).fold(word) == digits
    assert Folding(True, True).fold(word) == both
    assert Folding(False, False).fold(word) == word


@given(odd_words, st.booleans(), st.booleans())
def test_to_fold_again_changes_nothing(word: str, lower: bool, digits: bool) -> None:
    folding = Folding(lower, digits)
    assert folding.fold(folding.fold(word)) == folding.fold(word)


def test_a_code_holds_the_word_and_its_surfaces() -> None:
    codes = FORM.encode(["ADA", "Ringing", "2024"])
    size = len(FORM.vocabulary)
    assert [FORM.vocabulary.tokens[i % size] for i in codes] == [
        *("<s>", "ada", "<unk>", "0")
    ]
    assert [i // size for i in codes] == [2 * 2 + 1, 2 * 2 + 1, 1 * 2 + 0, 2 * 2 + 1]
    assert FORM.code_count == 4 * 3 * 2


@given(st.data())
def test_codes_are_taken_apart(data: st.DataObject) -> None:
    form = data.draw(input_formats(plain_tokens, characters=True))
    words = [w for w in data.draw(st.lists(odd_words)) if form.accepts(w)]
    words = words[: form.max_bare_length]
    if len(words) < form.min_bare_length:
        return
    codes = form.encode(words)
    assert all(0 <= code < form.code_count for code in codes)
    batch = encode_batch(form, [words])
    assert batch.words == ((tuple(words),) if form.reads_characters else None)
    for array in (batch.ids[0].astype(np.int64), torch.tensor(codes)):
        assert array.tolist() == codes
        assert form.word_ids(array).tolist() == [form.word_ids(code) for code in codes]
        for surface in form.surfaces:
            ids = form.surface_ids(array, surface.name).tolist()
            assert ids == [form.surface_ids(code, surface.name) for code in codes]
            body = ids[form.offset : form.offset + len(words)]
            assert body == [surface.id_of(word) for word in words]
            frame = ids[: form.offset] + ids[form.offset + len(words) :]
            assert set(frame) <= {surface.fallback}


def test_without_surfaces_codes_are_word_ids() -> None:
    form = InputFormat(Vocabulary(("a", "b")), 3)
    ids = np.array([0, 1])
    assert form.word_ids(ids) is ids
    assert form.code_count == 2
    assert not form.reads_characters
    assert encode_batch(form, [["a"]]).words is None


def test_many_codes_need_wide_numbers() -> None:
    values = tuple(f"{i:04}" for i in range(2000))
    many = tuple(
        Surface(f"s{i}", SurfaceKind.SUFFIX, (*values, "other"), 4) for i in range(4)
    )
    form = InputFormat(Vocabulary(("<unk>",), "<unk>"), 2, surfaces=many)
    batch = encode_batch(form, [["x0007"]])
    assert batch.ids.dtype == np.int64
    for surface in many:
        assert form.surface_ids(batch.ids, surface.name).tolist() == [[7]]


def test_batches_keep_the_words_that_were_typed() -> None:
    batch = encode_batch(FORM, [["Ada"], ["ada", "X"], []])
    assert batch[1:].words == (("ada", "X"), ())
    assert batch[np.array([2, 0])].words == ((), ("Ada",))
    assert joined([batch[:1], batch[1:2]]).words == (("Ada",), ("ada", "X"))


def test_inputs_with_surfaces_are_not_enumerated() -> None:
    assert domain_size(FORM) == sum((3 * 6) ** n for n in range(4))
    assert not enumerable(FORM)
    assert enumerable(InputFormat(FORM.vocabulary, 4, "<s>", folding=FORM.folding))


def test_a_frame_token_that_is_typed_is_unknown_and_has_its_characters() -> None:
    shape = Surface("shape", SurfaceKind.SHAPE, ("<x>", "other"))
    form = InputFormat(FORM.vocabulary, 4, "<s>", surfaces=(shape,))
    codes = form.encode(["<s>"])
    assert [form.word_ids(code) for code in codes] == [0, 1]
    assert [form.surface_ids(code, "shape") for code in codes] == [1, 0]
