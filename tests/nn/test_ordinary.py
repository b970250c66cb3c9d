"""Programs as ordinary Transformers mean what the programs mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from strategies import programs
from transformer_programs.errors import SettingsError
from transformer_programs.language.nodes import (
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
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.nn.ordinary.compile import Compiled
from transformer_programs.nn.ordinary.interface import ProgramTransformer
from transformer_programs.nn.ordinary.units import (
    comparison_units,
    share_units,
    table_units,
    winner_units,
)
from transformer_programs.runs.run import load
from transformer_programs.runs.transformer import compare_transformer

GALLERY = Path(__file__).parents[2] / "gallery"

LETTERS = InputFormat(Vocabulary(("a", "b", "c")), max_length=5)

EVERY = ((0, 1, 2),) * 3
SAME = ((0,), (1,), (2,))

SMALL = 1 << 26  # multiplications


def one_label(term: Term, labels: tuple[str, ...], *statements: object) -> Program:
    readout = Readout(labels, (term,), Pooling.NONE)
    return Program("made", LETTERS, statements, readout)  # type: ignore[arg-type]


def copying(scope: Scope, predicate: tuple[tuple[int, ...], ...]) -> Program:
    """What each token looks at, by the token."""
    head = Head("copy", "tokens", "tokens", "tokens", predicate, scope)
    identity = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    return one_label(Term("copy", identity), ("a", "b", "c"), head)


@settings(max_examples=60, deadline=None)
@given(programs(max_statements=7, characters=True))
def test_labels_and_variables_are_those_of_the_interpreter(program: Program) -> None:
    found = compare_transformer(ProgramTransformer(program), work=SMALL)
    assert found.inputs > 0
    assert found.deviation == 0


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("predicate", [SAME, EVERY, ((1,), (0, 2), ()), ((),) * 3])
def test_heads_that_copy_in_every_scope(
    scope: Scope, predicate: tuple[tuple[int, ...], ...]
) -> None:
    model = ProgramTransformer(copying(scope, predicate))
    found = compare_transformer(model, work=SMALL)
    assert (found.exhaustive, found.margin, found.deviation) == (True, 1, 0)


@pytest.mark.parametrize("scope", Scope)
def test_sums_of_numbers_are_one_head(scope: Scope) -> None:
    value = Table("value", ("tokens",), (0, 3, 7), Domain.of_numbers(7))
    head = Head("sum", "tokens", "tokens", "value", SAME, scope, Aggregate.SUM)
    weights = Term("sum", ((1, 0),))
    model = ProgramTransformer(one_label(weights, ("many", "none"), value, head))
    assert model.heads == {"sum": (0, 0)}
    assert compare_transformer(model, work=SMALL).deviation == 0


def test_parallel_heads_share_a_layer_and_tables_of_one_variable_need_none() -> None:
    heads = [
        Head(f"count_{s}", "tokens", "tokens", "ones", SAME, s, Aggregate.SUM)
        for s in Scope
    ]
    parity = Table("parity", ("count_all",), (0, 1) * 3, Domain.of_classes(2))
    either = Table(
        "either",
        ("count_before", "count_after"),
        (0, 1) * 12 + (0,),
        Domain.of_classes(2),
    )
    readout = Readout(
        ("x", "y"), (Term("parity", ((1, 0), (0, 2))), Term("either", ((0, 1), (1, 0))))
    )
    program = Program("made", LETTERS, (*heads, parity, either), readout)
    model = ProgramTransformer(program)
    assert model.sizes.n_layers == 2
    assert model.sizes.n_heads == 3  # nobody reads the fourth
    assert "count_all" not in model.variables
    assert compare_transformer(model, work=SMALL).deviation == 0


@pytest.mark.parametrize("values", [2, 3, 5])
def test_decisions_take_the_first_of_the_largest(values: int) -> None:
    weights = tuple(tuple((i * j) % 3 for j in range(values)) for i in range(6))
    counts = [
        Head(f"n_{s}", "tokens", "tokens", "ones", SAME, s, Aggregate.SUM)
        for s in (Scope.BEFORE, Scope.AFTER)
    ]
    terms = (
        Term("tokens", weights[:3]),
        *(Term(head.output, (weights[i + 1],)) for i, head in enumerate(counts)),
    )
    decide = Decide("decide", terms, Domain.of_classes(values))
    shown = Term("decide", tuple(tuple(map(int, row)) for row in np.eye(values)))
    labels = tuple("vwxyz"[:values])
    model = ProgramTransformer(one_label(shown, labels, *counts, decide))
    assert compare_transformer(model, work=SMALL).deviation == 0


def test_sums_over_a_sequence_keep_ties_apart() -> None:
    term = Term("tokens", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    readout = Readout(("a", "b", "c"), (term,), Pooling.MEAN)
    model = ProgramTransformer(Program("most", LETTERS, (), readout))
    found = compare_transformer(model, work=SMALL)
    assert found.exhaustive
    assert found.margin is not None
    assert found.margin > 0.01
    assert model(["b", "a"]) == "a"


def test_units_of_numbers_that_are_added_are_few() -> None:
    numbers = np.arange(20)
    added = np.minimum(numbers[:, None] + numbers, 20)
    assert table_units(added, 21, [numbers, numbers]).count <= 22
    less = (numbers[:, None] < numbers).astype(np.int64)
    assert table_units(less, 2, [numbers, numbers]).count == 3


@settings(deadline=None)
@given(st.data())
def test_units_of_tables_are_exact(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    cells = data.draw(
        st.lists(
            st.integers(0, 2),
            min_size=shape[0] * shape[1],
            max_size=shape[0] * shape[1],
        )
    )
    table = np.array(cells).reshape(shape)
    units = table_units(table, 3, [np.arange(size) for size in shape])
    for a in range(shape[0]):
        for b in range(shape[1]):
            hot = np.concatenate([np.eye(shape[0])[a], np.eye(shape[1])[b]])
            found = np.maximum(hot @ units.reads + units.bias, 0) @ units.writes
            assert found.tolist() == np.eye(3)[table[a, b]].tolist()


@pytest.mark.parametrize("most", [1, 30, 1000, 20_000])
def test_numbers_are_told_by_what_attention_is_left(most: int) -> None:
    numbers = np.unique(np.linspace(0, most, 40).astype(np.int64))
    sink = 2.0 ** np.ceil(np.log2(2 * most))
    shares = sink / (sink + numbers)
    units = share_units(shares, np.arange(len(numbers)), len(numbers))
    for noise in (-2e-7, 0, 2e-7):  # more than a softmax of float32 is off
        read = torch.tensor(shares * (1 + noise), dtype=torch.float32)[:, None]
        pre = read @ torch.tensor(units.reads, dtype=torch.float32)
        pre += torch.tensor(units.bias, dtype=torch.float32)
        found = pre.relu() @ torch.tensor(units.writes, dtype=torch.float32)
        assert torch.equal(found, torch.eye(len(numbers)))


def test_the_first_of_the_largest_sums_wins() -> None:
    scores = np.array([[3, 5, 5, 1]], dtype=np.float64)
    compared = comparison_units(scores, np.zeros(4))
    larger = np.maximum(compared.reads[0] + compared.bias, 0) @ compared.writes
    winner = winner_units(4)
    found = np.maximum(larger @ winner.reads + winner.bias, 0) @ winner.writes
    assert found.tolist() == [0, 1, 0, 0]


def test_too_many_parameters_are_refused_in_one_line() -> None:
    tokens = tuple(f"w{i}" for i in range(20_000))
    form = InputFormat(Vocabulary(tokens), max_length=9)
    weights = tuple((i % 7, 1) for i in range(len(tokens)))
    readout = Readout(("x", "y"), (Term("tokens", weights),))
    with pytest.raises(SettingsError) as error:
        Compiled(Program("words", form, (), readout))
    message = str(error.value)
    assert "\n" not in message
    assert "20,000 dimensions are for 'tokens'" in message
    assert "--max-length" in message


# What can be asked of a model


@pytest.fixture(scope="module")
def sort() -> ProgramTransformer:
    return load(GALLERY / "sort-8").model()


def test_every_head_has_an_attention_pattern(sort: ProgramTransformer) -> None:
    tokens = ["3", "1", "2"]
    pattern = sort.attention_patterns(tokens)["token_by_rank"]
    shown = sort.shown(tokens)
    assert shown == ["<bos>", "<s>", "3", "1", "2", "</s>"]
    assert pattern.shape == (6, 6)
    looked_at = [shown[column] for column in pattern.argmax(1).tolist()]
    assert looked_at[2:5] == ["1", "2", "3"]
    assert torch.equal(pattern.sum(1), torch.ones(6))


def test_the_residual_stream_has_the_variables(sort: ProgramTransformer) -> None:
    tokens = ["3", "1", "3"]
    stream = sort.residual_stream(tokens)
    traced = load(GALLERY / "sort-8").program.trace(tokens)
    assert stream == {name: traced[name] for name in stream}
    assert sort.basis[sort.subspace("tokens").start] == ("tokens", "0")
    assert sort.written_at("tokens") == "blocks.0.hook_resid_pre"
    assert sort.written_at("rank") == "blocks.1.hook_resid_post"


def test_patched_variables_are_read_by_what_comes_later(
    sort: ProgramTransformer,
) -> None:
    tokens = ["3", "1", "2"]
    assert sort(tokens) == ["1", "2", "3"]
    patch = {("rank", 1): 0, ("rank", 2): 2}
    assert sort.residual_stream(tokens, patch)["rank"] == [3, 0, 2, 1, 4]
    assert sort(tokens, patch) == ["3", "2", "1"]
    assert sort(tokens, {"token_by_rank": "4"}) == ["4", "4", "4"]
    assert sort(tokens) == ["1", "2", "3"]
    whole = {"rank": sort.residual_stream(["1", "2", "3"])["rank"]}
    assert sort(tokens, whole) == tokens


def test_images_of_a_patched_variable_follow_it() -> None:
    count = Head("n", "tokens", "tokens", "ones", SAME, Scope.ALL, Aggregate.SUM)
    odd = Table("odd", ("n",), (0, 1) * 3, Domain.of_classes(2))
    terms = (Term("odd", ((1, 0), (0, 1))), Term("n", ((0, 0),)))
    program = Program("odd", LETTERS, (count, odd), Readout(("even", "odd"), terms))
    model = ProgramTransformer(program)
    assert model(["a", "b", "a"]) == ["even", "odd", "even"]
    assert model(["a", "b", "a"], {("n", 0): 3}) == ["odd", "odd", "even"]


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({"nobody": 1}, "not in the residual stream: expected one of tokens"),
        ({"rank": 99}, "is never 99: it is 0, 1"),
        ({("rank", 7): 1}, "the framed sequence has positions 0 to 4"),
        ({"rank": [1, 2]}, "expected one value, or 5, got 2"),
    ],
)
def test_bad_patches_are_refused(
    sort: ProgramTransformer, patch: dict[object, object], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        sort(["3", "1", "2"], patch)  # type: ignore[arg-type]


def test_heads_are_matrices(sort: ProgramTransformer) -> None:
    head = sort.matrices("token_by_rank")
    width = sort.sizes.d_model
    assert head.QK.shape == head.OV.shape == (width, width)
    positions, rank = sort.subspace("positions"), sort.subspace("rank")
    scores = head.QK[positions, rank]  # of a position for a rank
    matches = (scores > scores.max() / 2).nonzero().tolist()
    ids = sort.values_of("rank")
    assert all(ids[key] == query - 1 for query, key in matches)
    copied = head.OV[sort.subspace("tokens"), sort.subspace("token_by_rank")]
    assert torch.equal(copied, torch.eye(7))
    with pytest.raises(SettingsError, match="no head computes 'rank': expected one of"):
        sort.matrices("rank")


def test_hooks_see_and_change_activations(sort: ProgramTransformer) -> None:
    ids = sort.encode([["3", "1", "2"], ["4"]])
    logits, cache = sort.transformer.run_with_cache(ids)
    assert set(cache) == set(sort.transformer.hook_names())
    assert sort.labels(logits, [["3", "1", "2"], ["4"]]) == [["1", "2", "3"], ["4"]]
    name = "blocks.2.attn.hook_z"
    changed = sort.transformer.run_with_hooks(ids, [(name, torch.zeros_like)])
    assert not torch.equal(changed, logits)
    assert torch.equal(sort.transformer(ids), logits)


def test_the_same_weights_as_a_hooked_transformer(sort: ProgramTransformer) -> None:
    pytest.importorskip("transformer_lens", reason="TransformerLens is not installed")
    hooked = sort.hooked()
    ids = sort.encode([["3", "1", "2"], ["4"], []])
    logits, cache = hooked.run_with_cache(ids)
    ours, activations = sort.transformer.run_with_cache(ids)
    assert torch.equal(logits.argmax(-1), ours.argmax(-1))
    assert torch.allclose(logits, ours, atol=1e-4)
    for name, activation in activations.items():
        if "attn_scores" not in name:  # masked with another number
            assert torch.allclose(cache[name], activation, atol=1e-3), name


def test_without_transformer_lens_the_remedy_is_named(
    sort: ProgramTransformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "transformer_lens", None)
    with pytest.raises(SettingsError, match=r"pip install 'transformer-programs\["):
        sort.hooked()
