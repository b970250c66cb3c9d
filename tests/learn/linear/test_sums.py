"""N-grams, their matrix, and the program that adds them up, against plain counting."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from transformer_programs.data import Dataset, Examples
from transformer_programs.language import (
    TOKENS,
    InputFormat,
    Interpreter,
    Surface,
    SurfaceKind,
    Vocabulary,
    encode_batch,
)
from transformer_programs.learn.linear import pairs
from transformer_programs.learn.linear.families import of_sequences, of_tokens
from transformer_programs.learn.linear.grams import Corpus, Gram, GramKind, Grams
from transformer_programs.learn.linear.levels import Levels
from transformer_programs.learn.linear.writing import SumOfGrams, program_of

LETTERS = "abc"
SHAPE = Surface("shape", SurfaceKind.SHAPE, ("x", "other"), 0)

sequences_of_letters = st.lists(
    st.lists(st.sampled_from(LETTERS), min_size=1, max_size=6), min_size=1, max_size=5
)


def input_format(frame: bool = False, surface: bool = False) -> InputFormat:
    begin, end = ("<s>", "</s>") if frame else (None, None)
    tokens = ("<unk>", *(["<s>", "</s>"] if frame else []), *LETTERS)
    surfaces = (SHAPE,) if surface else ()
    vocabulary = Vocabulary(tokens, "<unk>")
    return InputFormat(vocabulary, 8, begin, end, surfaces=surfaces)


def seen_from(gram: Gram, ids: Sequence[int], position: int) -> bool:
    """Whether the n-gram is what is seen from a position, read literally."""
    kind = gram.kind
    last = position + kind.offset
    if not 0 <= last < len(ids):
        last = 0
    first = last - kind.length + 1
    return (
        first >= 0
        and tuple(ids[first : last + 1]) == gram.tokens
        and (not kind.start or first == 0)
        and (not kind.end or last == len(ids) - 1)
        and (not kind.placed or last == gram.place)
    )


def ids_of(form: InputFormat, tokens: Sequence[str], variable: str) -> list[int]:
    codes = np.array(form.encode(tokens))
    if variable == TOKENS:
        return [int(i) for i in form.word_ids(codes)]
    return [int(i) for i in form.surface_ids(codes, variable)]


def dataset_of(form: InputFormat, sequences: list[list[str]], tagging: bool) -> Dataset:
    examples = Examples(tuple(map(tuple, sequences)), ())
    labels = ("one", "two", "three")
    return Dataset("sums", form, labels, tagging, examples, examples, examples)


kinds_of_sequences = st.sets(
    st.builds(
        GramKind,
        st.just(TOKENS),
        st.integers(1, 3),
        st.booleans(),
        st.booleans(),
    )
    | st.builds(GramKind, st.just(TOKENS), st.integers(1, 3), placed=st.just(True)),
    min_size=1,
)
kinds_of_tokens = st.sets(
    st.builds(GramKind, st.just(TOKENS), st.integers(1, 3), offset=st.integers(-3, 3))
    | st.builds(GramKind, st.just("shape"), st.just(1), offset=st.integers(-1, 1)),
    min_size=1,
)


@settings(max_examples=60, deadline=None)
@given(
    sequences=sequences_of_letters,
    others=sequences_of_letters,
    kinds=kinds_of_sequences,
    frame=st.booleans(),
    seed=st.integers(0, 99),
)
def test_sums_of_sequences(
    sequences: list[list[str]],
    others: list[list[str]],
    kinds: set[GramKind],
    frame: bool,
    seed: int,
) -> None:
    form = input_format(frame)
    ordered = sorted(kinds, key=repr)
    grams = Grams.of(Corpus.of(form, sequences), form, ordered, 1)
    counts = grams.matrix(Corpus.of(form, others)).toarray()
    for row, tokens in enumerate(others):
        ids = ids_of(form, tokens, TOKENS)
        expected = [
            sum(seen_from(gram, ids, i) for i in range(len(ids)))
            for gram in grams.named
        ]
        assert counts[row].tolist() == expected

    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 9, size=(len(grams), 3))
    always = rng.integers(0, 9, size=3)
    data = dataset_of(form, others, tagging=False)
    program = program_of(data, SumOfGrams(grams.named, weights, always))
    scores = Interpreter(program).scores(encode_batch(form, others))
    assert scores.tolist() == (counts @ weights + always).tolist()


@settings(max_examples=60, deadline=None)
@given(sequences=sequences_of_letters, frame=st.booleans(), seed=st.integers(0, 99))
def test_all_kinds_together(sequences: list[list[str]], frame: bool, seed: int) -> None:
    # The same tokens at the start, at the end, at a place and anywhere.
    form = input_format(frame)
    lengths = (1, 2, 3)
    ties = ((False, False), (True, False), (False, True), (True, True))
    kinds = [GramKind(TOKENS, n, *tie) for n in lengths for tie in ties]
    kinds += [GramKind(TOKENS, n, placed=True) for n in lengths]
    corpus = Corpus.of(form, sequences)
    grams = Grams.of(corpus, form, kinds, 1)
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 9, size=(len(grams), 3))
    always = rng.integers(0, 9, size=3)
    data = dataset_of(form, sequences, tagging=False)
    program = program_of(data, SumOfGrams(grams.named, weights, always))
    scores = Interpreter(program).scores(encode_batch(form, sequences))
    counts = grams.matrix(corpus).toarray()
    assert scores.tolist() == (counts @ weights + always).tolist()


@settings(max_examples=60, deadline=None)
@given(
    sequences=sequences_of_letters,
    others=sequences_of_letters,
    longest=st.integers(1, 2),
    most=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_what_counts_once(
    sequences: list[list[str]],
    others: list[list[str]],
    longest: int,
    most: int,
    seed: int,
) -> None:
    form = input_format()
    kinds = [GramKind(TOKENS, length) for length in range(1, longest + 1)]
    corpus = Corpus.of(form, sequences)
    grams = Grams.of(corpus, form, kinds, 1, most)
    assert all(grams.once[columns].sum() <= most for columns in grams.columns.values())
    every = Grams.of(corpus, form, kinds, 1)
    plain, counts = (
        x.matrix(Corpus.of(form, others)).toarray() for x in (every, grams)
    )
    expected = np.where(grams.once, plain.clip(max=1), plain)
    assert counts.tolist() == expected.tolist()

    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 9, size=(len(grams), 3))
    always = rng.integers(0, 9, size=3)
    data = dataset_of(form, others, tagging=False)
    evidence = SumOfGrams(grams.named, weights, always, grams.once)
    scores = Interpreter(program_of(data, evidence)).scores(encode_batch(form, others))
    assert scores.tolist() == (counts @ weights + always).tolist()


@settings(max_examples=60, deadline=None)
@given(
    sequences=sequences_of_letters,
    kinds=kinds_of_tokens,
    frame=st.booleans(),
    seed=st.integers(0, 99),
)
def test_sums_of_tokens(
    sequences: list[list[str]], kinds: set[GramKind], frame: bool, seed: int
) -> None:
    form = input_format(frame, surface=True)
    corpus = Corpus.of(form, sequences)
    grams = Grams.of(corpus, form, sorted(kinds, key=repr), 1)
    counts = grams.matrix(corpus, by_token=True).toarray()
    expected = []
    for tokens in sequences:
        by_variable = {v: ids_of(form, tokens, v) for v in (TOKENS, "shape")}
        for position in range(len(by_variable[TOKENS])):
            expected.append(
                [
                    int(seen_from(gram, by_variable[gram.kind.variable], position))
                    for gram in grams.named
                ]
            )
    assert counts.tolist() == expected

    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 9, size=(len(grams), 3))
    always = rng.integers(0, 9, size=3)
    data = dataset_of(form, sequences, tagging=True)
    program = program_of(data, SumOfGrams(grams.named, weights, always))
    batch = encode_batch(form, sequences)
    scores = Interpreter(program).scores(batch)
    real = np.arange(scores.shape[1]) < batch.lengths[:, None]
    assert scores[real].tolist() == (counts @ weights + always).tolist()


def test_the_values_are_the_texts_of_the_n_grams() -> None:
    form = input_format()
    corpus = Corpus.of(form, [list("abca"), list("ab")])
    kinds = [
        GramKind(TOKENS, 2),
        GramKind(TOKENS, 2, start=True),
        GramKind(TOKENS, 2, end=True),
    ]
    grams = Grams.of(corpus, form, kinds, 1)
    weights = np.ones((len(grams), 3), dtype=np.int64)
    always = np.zeros(3, dtype=np.int64)
    data = dataset_of(form, [list("ab")], tagging=False)
    program = program_of(data, SumOfGrams(grams.named, weights, always))
    texts = {name: domain.tokens for name, domain in program.domains.items()}
    assert set(texts["gram_2"]) == {"", "ab", "bc", "ca", "^ab"}
    assert set(texts["end_2"]) == {"", "ab", "bc", "ca", "^ab"}


def test_texts_that_are_alike_are_told_apart() -> None:
    vocabulary = Vocabulary(("a", "^a", "a'"))
    form = InputFormat(vocabulary, 4)
    kinds = [GramKind(TOKENS, 1, start=True), GramKind(TOKENS, 2)]
    grams = Grams.of(Corpus.of(form, [["a", "^a"], ["^a", "a'"]]), form, kinds, 1)
    weights = np.ones((len(grams), 3), dtype=np.int64)
    data = dataset_of(form, [["a"]], tagging=False)
    program = program_of(data, SumOfGrams(grams.named, weights, weights[0]))
    Interpreter(program)  # which checks it: no domain holds a text twice


def test_rare_n_grams_are_no_features_but_single_tokens_are() -> None:
    form = input_format()
    corpus = Corpus.of(form, [list("ab"), list("ab"), list("c")])
    kinds = [GramKind(TOKENS, 1), GramKind(TOKENS, 2), GramKind(TOKENS, 1, start=True)]
    grams = Grams.of(corpus, form, kinds, 2)
    texts = [
        "".join(form.vocabulary.tokens[t] for t in gram.tokens) for gram in grams.named
    ]
    assert texts == ["a", "b", "c", "ab", "a"]


def test_cells_are_counted_as_they_are_written() -> None:
    form = input_format()
    corpus = Corpus.of(form, [list("abcab"), list("ccb")])
    grams = Grams.of(
        corpus, form, [GramKind(TOKENS, length) for length in (1, 2, 3)], 1
    )
    weights = np.ones((len(grams), 3), dtype=np.int64)
    data = dataset_of(form, [list("ab")], tagging=False)
    program = program_of(data, SumOfGrams(grams.named, weights, weights[0] * 0))
    joined = [len(t.table) for t in program.tables if "next_token" in t.inputs]
    assert max(joined) == Levels(grams.named).cells


@settings(max_examples=60, deadline=None)
@given(
    sequences=sequences_of_letters,
    others=sequences_of_letters,
    longest=st.integers(2, 3),
    ties=st.booleans(),
    most=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_n_grams_in_several_tables(
    sequences: list[list[str]],
    others: list[list[str]],
    longest: int,
    ties: bool,
    most: int,
    seed: int,
) -> None:
    form = input_format()
    both = (False, True) if ties else (False,)
    lengths = range(1, longest + 1)
    kinds = [GramKind(TOKENS, n, *t) for n in lengths for t in product(both, both)]
    grams = Grams.of(Corpus.of(form, sequences), form, kinds, 1, 0 if ties else most)
    counts = grams.matrix(Corpus.of(form, others)).toarray()
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 9, size=(len(grams), 3))
    always = rng.integers(0, 9, size=3)
    data = dataset_of(form, others, tagging=False)
    evidence = SumOfGrams(grams.named, weights, always, grams.once)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "MOST_CELLS", 2)
        patch.setattr(pairs, "MOST_CELLS_TOGETHER", 12)
        program = program_of(data, evidence)
        cells = Levels(grams.named, grams.once).cells
    joined = [len(t.table) for t in program.tables if t.output.startswith("gram_2a")]
    assert all(size <= cells for size in joined)
    scores = Interpreter(program).scores(encode_batch(form, others))
    assert scores.tolist() == (counts @ weights + always).tolist()


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=40,
        unique=True,
    )
)
def test_tables_hold_every_pair_once(found: list[tuple[int, int]]) -> None:
    rows, columns = np.array(found).T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "MOST_CELLS", 0)
        patch.setattr(pairs, "MOST_CELLS_TOGETHER", 0)
        tables = pairs.divided(rows, columns)
    assert set(tables.tolist()) <= set(range(8))
    one = np.zeros_like(rows)
    at_first = pairs.by_degree(rows, columns, 8)
    first, last = (pairs.cells_of(rows, columns, found) for found in (at_first, tables))
    assert last <= first
    assert pairs.cells_of(rows, columns, one) == (len(set(rows.tolist())) + 1) * (
        len(set(columns.tolist())) + 1
    )


@pytest.mark.parametrize("causal", [True, False])
def test_a_causal_family_looks_at_no_later_token(causal: bool) -> None:
    kinds = of_tokens(input_format(surface=True), None, causal=causal).kinds
    assert (max(kind.offset for kind in kinds) > 0) is not causal


def test_long_sequences_are_not_weighed_by_place() -> None:
    short, long = (
        InputFormat(Vocabulary(tuple(LETTERS)), length) for length in (20, 500)
    )

    def placed(form: InputFormat) -> list[bool]:
        families = of_sequences(form, None)
        return [kind.placed for family in families for kind in family.kinds]

    assert any(placed(short))
    assert not any(placed(long))
