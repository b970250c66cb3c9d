"""Properties: proved, refuted by the shortest input, tested; against brute force."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

import transformer_programs as tp
from golden_programs import BY_NAME, one_hot
from judging import judge_invariant
from naive import naive_labels
from statements import embedding
from strategies import programs
from transformer_programs.codegen.serialize import to_json
from transformer_programs.errors import SettingsError, TransformerProgramsError
from transformer_programs.language import enumerate as enumerate_module
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.verify import properties
from transformer_programs.verify.inputs import domain_size, edge_cases
from transformer_programs.verify.meanings import MEANINGS
from transformer_programs.verify.properties import PROPERTIES
from transformer_programs.verify.result import Method

GALLERY = Path(__file__).parent.parent.parent / "gallery"
HIST, OPINION = (BY_NAME[name].program for name in ("hist", "opinion"))

Tokens = tuple[str, ...]
Labels = list[str] | str


def program_of(name: str) -> Program:
    golden = BY_NAME.get(name)
    return golden.program if golden else tp.load(GALLERY / name).program


@pytest.mark.parametrize(
    ("name", "invariant", "claim"),
    [
        ("sort-8", "permutation", "a permutation of the tokens"),
        ("reverse", "permutation", "a permutation of the tokens"),
        ("sort-8", "sorted", "in the order of the vocabulary"),
        ("dyck1-16", "prefix", "independent of later tokens"),
        ("hist", "renaming", "the same when tokens are renamed"),
        ("palindrome-8", "renaming", "the same when tokens are renamed"),
        ("reverse-8", "renaming-with-labels", "renamed as the tokens are"),
        ("unique-8", "renaming-with-labels", "renamed as the tokens are"),
    ],
)
def test_proved(name: str, invariant: str, claim: str) -> None:
    program = program_of(name)
    seen: list[tuple[str, int, int]] = []
    found = judge_invariant(program, invariant, advance=lambda *a: seen.append(a))
    size = domain_size(program.input)
    assert found.proved, found.sentence()
    assert (found.method, found.inputs) == (Method.ENUMERATION, size)
    assert found.sentence().startswith(f"{claim} on all {size:,} inputs of 0 to ")
    assert sum(count for _, count, _ in seen) == size
    assert {(title, total) for title, _, total in seen} == {(invariant, size)}


@pytest.mark.parametrize(
    ("name", "invariant", "sentence"),
    [
        (
            "hist",
            "permutation",
            "not a permutation of the tokens: on '0' the program says '1', "
            "with 1 of '1' instead of 0",
        ),
        (
            "reverse",
            "sorted",
            "not in the order of the vocabulary: on '0 1' the program says '1 0', "
            "with '0' after '1'",
        ),
        (
            "hist",
            "prefix",
            "not independent of later tokens: on '0 0' the program says '2 2', "
            "but '1' without the last token",
        ),
        (
            "hist",
            "never 5",
            "not free of the label '5': on '0 0 0 0 0' the program says '5 5 5 5 5', "
            "with '5' for '0'",
        ),
        (
            "opinion",
            "never positive",
            "not free of the label 'positive': on 'good' the program says 'positive', "
            "the label that should not occur",
        ),
        (
            "opinion",
            "renaming",
            "not the same when known tokens are renamed: on 'bad' the program says "
            "'negative', but 'positive' with 'bad' and 'good' swapped",
        ),
        (
            "maximum_position-8",
            "renaming",
            "not the same when tokens are renamed: on '0 1' the program says '2', "
            "but '1' with '0' and '1' swapped",
        ),
        (
            "sort-8",
            "renaming-with-labels",
            "not renamed as the tokens are: on '0 1' the program says '0 1', "
            "but '0 1' with '0' and '1' swapped, expected '1 0'",
        ),
    ],
)
def test_refuted_by_the_shortest_input(
    name: str, invariant: str, sentence: str
) -> None:
    found = judge_invariant(program_of(name), invariant)
    assert not found.proved
    assert found.sentence() == sentence


def constant(**changes: object) -> Program:
    """The first of two labels, whatever is given."""
    form = InputFormat(Vocabulary(("a", "b", "c", "?"), unknown="?"), max_length=3)
    readout = Readout(("a", "b"), (Term(ONES, ((1, 0),)),))
    return replace(Program("constant", form, (), readout), **changes)


def test_what_follows_from_structure() -> None:
    for program in (HIST, program_of("sort-16")):
        found = judge_invariant(program, "length")
        assert (found.proved, found.method) == (True, Method.STRUCTURE)
        assert found.inputs == domain_size(program.input)
        assert found.sentence().endswith("(by its structure)")
    for pooling in Pooling:
        readout = replace(constant().readout, pooling=pooling)
        never_b = judge_invariant(constant(readout=readout), "never b")
        assert (never_b.proved, never_b.method) == (True, Method.STRUCTURE)
        assert judge_invariant(constant(readout=readout), "never a").counterexample
    # On a tie the first label wins: the last is never given, the first is.
    tied = Readout(("a", "b"), (Term(ONES, ((1, 1),)),))
    assert judge_invariant(constant(readout=tied), "never b").proved
    assert not judge_invariant(constant(readout=tied), "never a").proved


def test_what_only_enumeration_shows() -> None:
    """Each variable alone could give the label, the two together never do."""
    program = constant(
        statements=(embedding("other", (0, 1, 1, 1), Domain.of_classes(2)),),
        readout=Readout(
            ("a", "b"),
            (
                Term(TOKENS, ((0, 1), (0, 0), (0, 0), (0, 0))),
                Term("other", ((2, 0), (0, 0))),
            ),
        ),
    )
    found = judge_invariant(program, "never b")
    assert (found.proved, found.method) == (True, Method.ENUMERATION)


def test_a_test_is_not_called_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    found = judge_invariant(program_of("sort-16"), "permutation", drawn=500)
    edges = len(edge_cases(program_of("sort-16").input))
    assert (found.method, found.inputs) == (Method.DRAWN, 500 + edges)
    assert "this is a test, not a proof" in found.sentence()
    rare = judge_invariant(program_of("hist-16"), "never 15", drawn=1)
    assert rare.counterexample is not None
    assert rare.counterexample.tokens == ("0",) * 15
    monkeypatch.setattr(enumerate_module, "EXHAUSTIVE_LIMIT", 100)
    for invariant, tokens in (("prefix", 2), ("never 2", 2), ("permutation", 1)):
        example = judge_invariant(HIST, invariant, drawn=300).counterexample
        assert example is not None
        assert len(example.tokens) == tokens


@pytest.mark.parametrize(
    ("name", "invariant"),
    [
        ("sort-16", "sorted"),
        ("reverse-16", "renaming-with-labels"),
        ("palindrome-16", "renaming"),
        ("hist-16", "renaming"),
        ("add_digits-16", "prefix"),
        ("dyck2-16", "prefix"),
    ],
)
def test_inputs_of_different_lengths_together(
    name: str, invariant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(properties, "is_causal", lambda program: False)
    found = judge_invariant(program_of(name), invariant, drawn=500)
    assert found.method is Method.DRAWN
    assert found.counterexample is None, found.sentence()


def test_unknown_tokens_and_the_frame_keep_their_names() -> None:
    """Only ``?`` is told apart: every renaming of a, b and c is kept."""
    weights = ((0, 0), (0, 0), (0, 0), (0, 1))
    readout = Readout(("a", "?"), (Term(TOKENS, weights),))
    assert judge_invariant(constant(readout=readout), "renaming").proved
    found = judge_invariant(constant(readout=readout), "permutation").counterexample
    assert found is not None
    assert (found.tokens, found.said) == (("b",), ("a",))
    copies = constant(
        readout=Readout(("a", "b", "c", "?"), (Term(TOKENS, one_hot(4)),))
    )
    for name in ("permutation", "prefix", "renaming-with-labels"):
        assert judge_invariant(copies, name).proved


@pytest.mark.parametrize(
    ("program", "invariant", "message"),
    [
        (OPINION, "permutation", "expected a program that gives a label per token"),
        (OPINION, "length", "'opinion' gives one per sequence"),
        (OPINION, "sorted", "invariant 'sorted': expected a program that gives"),
        (OPINION, "prefix", "invariant 'prefix': expected a program that gives"),
        (OPINION, "renaming-with-labels", "expected labels that are tokens"),
        (HIST, "sorted", "'3', '4', '5' are not"),
        (HIST, "never 9", "no label '9'; its labels: '1', '2', '3', '4', '5'"),
        (HIST, "never", "expected a label after it"),
        (HIST, "permutations", "invariant 'permutations': expected one of"),
    ],
)
def test_what_makes_no_sense(program: Program, invariant: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        judge_invariant(program, invariant)
    assert message in str(caught.value)


def test_programs_runs_and_files(tmp_path: Path) -> None:
    file = tmp_path / "program.json"
    file.write_text(to_json(HIST), encoding="utf-8")
    expected = judge_invariant(HIST, "prefix")
    for place in (file, tmp_path, str(file), tp.load(file).program):
        found = judge_invariant(place, "prefix")
        assert replace(found, seconds=expected.seconds) == expected
    with pytest.raises(TransformerProgramsError, match="at least 1 drawn input"):
        judge_invariant(HIST, "prefix", drawn=0)


# The same by brute force, on inputs one by one, with all renamings.


def inputs_of(program: Program) -> Iterator[Tokens]:
    form = program.input
    for length in range(form.min_bare_length, form.max_bare_length + 1):
        yield from itertools.product(form.symbols, repeat=length)


Kept = Callable[[Program, Tokens, Labels], bool]


def keeps_permutation(program: Program, tokens: Tokens, labels: Labels) -> bool:
    return Counter(tokens) == Counter(labels)


def keeps_order(program: Program, tokens: Tokens, labels: Labels) -> bool:
    order = program.input.vocabulary.tokens.index
    return list(labels) == sorted(labels, key=order)


def keeps_prefix(program: Program, tokens: Tokens, labels: Labels) -> bool:
    least = program.input.min_bare_length
    return all(
        naive_labels(program, tokens[:length]) == labels[:length]
        for length in range(least, len(tokens))
    )


def _keeps_names(program: Program, tokens: Tokens, labels: Labels, alike: bool) -> bool:
    free = [t for t in program.input.symbols if t != program.input.vocabulary.unknown]
    for other in itertools.permutations(free):
        names = dict(zip(free, other, strict=True))
        right: Labels = labels
        if alike and isinstance(labels, str):
            right = names.get(labels, labels)
        elif alike:
            right = [names.get(label, label) for label in labels]
        if naive_labels(program, tuple(names.get(t, t) for t in tokens)) != right:
            return False
    return True


NAIVE: dict[str, Kept] = {
    "permutation": keeps_permutation,
    "length": lambda program, tokens, labels: len(labels) == len(tokens),
    "sorted": keeps_order,
    "prefix": keeps_prefix,
    "renaming": lambda p, tokens, labels: _keeps_names(p, tokens, labels, False),
    "renaming-with-labels": lambda p, t, labels: _keeps_names(p, t, labels, True),
}


def test_all_are_held_against_brute_force() -> None:
    assert set(NAIVE) == set(PROPERTIES)
    assert set(MEANINGS) == {*NAIVE, "never LABEL"}


@st.composite
def small_programs(draw: st.DrawFn) -> Program:
    """Programs whose labels often tell apart the values of one variable."""
    program = draw(programs().filter(lambda p: 5 <= domain_size(p.input) <= 90))
    if draw(st.integers(0, 3)) == 0:
        return program
    readout, domains = program.readout, program.domains
    tokens = program.input.vocabulary.tokens
    labels = draw(st.sampled_from([tokens, ("x", "y", "z")]))
    name = draw(
        st.sampled_from([n for n, d in domains.items() if not d.numerical][::-1])
    )
    rows = [one_hot(len(labels))[v % len(labels)] for v in range(domains[name].size)]
    term = Term(name, tuple(rows))
    return replace(program, readout=Readout(labels, (term,), readout.pooling))


@settings(max_examples=80)
@given(small_programs())
def test_against_brute_force(program: Program) -> None:
    said = {tokens: naive_labels(program, tokens) for tokens in inputs_of(program)}
    for name in (*NAIVE, *(f"never {label}" for label in program.readout.labels)):
        try:
            found = judge_invariant(program, name)
        except SettingsError:
            continue
        broken = [
            t for t, labels in said.items() if not keeps(program, name, t, labels)
        ]
        assert found.proved == (not broken), found.sentence()
        if found.counterexample is not None:
            assert found.counterexample.tokens in broken
            assert len(found.counterexample.tokens) == len(broken[0])


def keeps(program: Program, name: str, tokens: Tokens, labels: Labels) -> bool:
    if name in NAIVE:
        return NAIVE[name](program, tokens, labels)
    label = name.removeprefix("never ")
    return label != labels if isinstance(labels, str) else label not in labels


def test_a_cycle_that_is_not_kept_is_shown_as_a_swap() -> None:
    """The swap of the first two tokens is kept, the swap of the last two is not."""
    weights = ((1, 0), (1, 0), (0, 1), (0, 0))
    readout = Readout(("x", "y"), (Term(TOKENS, weights),))
    found = judge_invariant(constant(readout=readout), "renaming")
    assert found.counterexample is not None
    assert found.counterexample.why.endswith("with 'b' and 'c' swapped")
    assert found.counterexample.tokens in {("b",), ("c",)}


def test_a_swap_that_is_not_kept_though_the_cycle_is() -> None:
    """How far around a, b, c it is from the previous token."""
    before = ((), *((i - 1,) for i in range(1, 3)))
    steps = tuple((b - a) % 3 for a in range(4) for b in range(4))
    program = constant(
        statements=(
            Head("previous", POSITIONS, POSITIONS, TOKENS, before, Scope.BEFORE),
            Table("step", ("previous", TOKENS), steps, Domain.of_classes(3)),
        ),
        readout=Readout(("0", "1", "2"), (Term("step", one_hot(3)),)),
    )
    found = judge_invariant(program, "renaming").counterexample
    assert found is not None
    assert (found.tokens, found.said) == (("a", "b"), ("0", "1"))
    assert found.why == "but '0 2' with 'a' and 'b' swapped"


def test_inputs_are_counted_up_to_the_counterexample() -> None:
    """The empty one, those of one and two tokens, then 0 0 0."""
    assert judge_invariant(HIST, "never 3").inputs == 1 + 3 + 9 + 1
