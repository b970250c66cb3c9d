"""What each pass is for, on a program that needs it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimize.same_labels import assert_same_labels
from statements import counting
from transformer_programs.codegen.python import emit_python
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Decide,
    Head,
    Program,
    Readout,
    Scope,
    Statement,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.optimize.functions import folded, merge_classes
from transformer_programs.optimize.minimising import minimise
from transformer_programs.optimize.reached import Observed, reach
from transformer_programs.optimize.readouts import fewer_terms
from transformer_programs.optimize.simpler import (
    fewer_rows,
    instead_of,
    plainer,
    settle_unreached,
)
from transformer_programs.optimize.statements import drop_dead
from transformer_programs.optimize.weights import balance_weights, settle_weights
from transformer_programs.system.linear import separate

FORM = InputFormat(Vocabulary(("a", "b", "<s>")), 4, "<s>")
LABELS = ("x", "y")
TWO = Domain.of_classes(2)
OWN = ((0,), (1,), (2,))
PER_TOKEN = Term(TOKENS, ((1, 0), (0, 1), (0, 0)))


def program(*statements: Statement, terms: tuple[Term, ...] = (PER_TOKEN,)) -> Program:
    return Program("p", FORM, statements, Readout(LABELS, terms))


def test_what_nothing_reads_goes() -> None:
    used = counting("n", TOKENS, TOKENS, ONES, OWN)
    unused = counting("m", TOKENS, TOKENS, "n", OWN)
    found = drop_dead(
        program(used, unused, terms=(Term("n", ((0, 1),)), Term("m", ((2, 2),))))
    )
    assert [s.output for s in found.statements] == ["n"]
    assert [t.variable for t in found.readout.terms] == ["n"]


def test_pairs_that_never_occur_make_no_exceptions() -> None:
    """The begin token is never at position 1, and never a query that matters."""
    wanted = Head("v", POSITIONS, POSITIONS, TOKENS, ((3,), (0,), (1,), (2,)))
    first = replace(wanted, predicate=((), (0,), (1,), (2, 3)))
    odd = program(
        replace(first, scope=Scope.BEFORE), terms=(Term("v", PER_TOKEN.weights),)
    )
    assert "predicate = " in emit_python(odd)
    found = settle_unreached(odd, reach(odd))
    assert "k == q - 1" in emit_python(found)
    assert_same_labels(odd, found)


def test_a_table_that_needs_one_input_reads_one() -> None:
    """<s> is at position 0 alone: the tables differ only where it is not."""
    cells = [0, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1]
    table = Table("t", (TOKENS, POSITIONS), tuple(cells), TWO)
    odd = program(table, terms=(Term("t", ((1, 0), (0, 1))),))
    found = settle_unreached(odd, reach(odd))
    assert len(found.statements[0].inputs) == 2
    assert_same_labels(odd, found)
    for token, value in ((0, 0), (1, 1), (2, 0)):
        cells[4 * token + 1 : 4 * token + 4] = [value] * 3
    cells[8], cells[0], cells[4] = 0, 1, 0
    odd = program(replace(table, table=tuple(cells)), terms=odd.readout.terms)
    found = settle_unreached(odd, reach(odd))
    assert found.statements[0].inputs == (TOKENS,)
    assert_same_labels(odd, found)


def test_what_follows_from_another_variable_is_read_there() -> None:
    copied = Head("c", POSITIONS, POSITIONS, TOKENS, ((0,), (1,), (2,), (3,)))
    constant = counting("n", ONES, TOKENS, ONES, ((2,),) * 2)
    table = Table("t", ("c",), (1, 0, 0), TWO)
    terms = (
        Term("t", ((1, 0), (0, 2))),
        Term("n", ((0, 1),)),
        Term("c", PER_TOKEN.weights),
    )
    odd = program(copied, constant, table, terms=terms)
    found = minimise(odd, 0)
    assert found.statements == ()
    assert {t.variable for t in found.readout.terms} <= {TOKENS, ONES}
    assert_same_labels(odd, found)


def test_a_table_of_a_table_is_one() -> None:
    inner = Table(
        "i", (TOKENS, POSITIONS), tuple([*range(6)] * 2), Domain.of_classes(6)
    )
    outer = Table("o", ("i",), (0, 1, 0, 1, 1, 0), TWO)
    odd = program(inner, outer, terms=(Term("o", ((1, 0), (0, 1))),))
    composed = [p for p in folded(odd, reach(odd)) if len(p.statements) == 1]
    assert composed[-1].statements[0].output == "o"
    for found in composed:
        assert_same_labels(odd, found)


def test_classes_that_nothing_tells_apart_are_one() -> None:
    table = Table("t", (POSITIONS,), (0, 3, 1, 3), Domain.of_classes(5))
    weights = ((1, 0), (0, 5), (1, 0), (0, 1), (9, 9))
    odd = program(table, terms=(Term("t", weights), PER_TOKEN))
    found = merge_classes(odd, reach(odd))
    assert found.domains["t"].size == 3
    assert_same_labels(odd, found)
    same = program(table, terms=(Term("t", (*weights[:3], (1, 0), (9, 9))),))
    found = merge_classes(same, reach(same))
    assert found.domains["t"].size == 2
    assert_same_labels(same, found)


def test_a_table_of_a_class_and_its_copy() -> None:
    table = Table("t", (POSITIONS,), (0, 3, 1, 3), Domain.of_classes(5))
    every = ((0, 1, 2, 3),) * 4
    head = Head("copied", POSITIONS, POSITIONS, "t", every, Scope.BEFORE)
    pairs = tuple(int(a == b) for a in range(5) for b in range(5))
    both = Table("both", ("t", "copied"), pairs, Domain.of_classes(2))
    odd = program(table, head, both, terms=(Term("both", ((1, 0), (0, 1))),))
    found = merge_classes(odd, reach(odd))
    assert found.domains["t"].size == found.domains["copied"].size == 3
    assert_same_labels(odd, found)


def test_weights_are_shifted_and_divided() -> None:
    odd = program(terms=(Term(TOKENS, ((4, 2), (6, 8), (5, 5))),))
    (term,) = settle_weights(odd, reach(odd)).readout.terms
    assert term.weights == ((1, 0), (0, 1), (0, 0))


@pytest.mark.parametrize(("strength", "terms"), [(4, 1), (3, 2)])
def test_a_term_that_decides_alone_stays_alone(strength: int, terms: int) -> None:
    sure = Term(TOKENS, ((strength, 0), (0, strength), (strength, 0)))
    other = Term(POSITIONS, ((0, 3), (3, 0), (0, 2), (1, 0)))
    odd = program(terms=(other, sure))
    found = settle_weights(odd, reach(odd))
    assert len(found.readout.terms) == terms
    assert_same_labels(odd, found)


def test_the_commonest_row_is_said_once() -> None:
    odd = program(terms=(Term(POSITIONS, ((7, 0), (7, 0), (0, 0), (7, 0))), PER_TOKEN))
    first, _ = balance_weights(odd, reach(odd)).readout.terms
    assert sum(any(row) for row in first.weights) == 1
    assert_same_labels(odd, balance_weights(odd, reach(odd)))


def test_terms_that_others_can_stand_in_for_go() -> None:
    number = counting("n", TOKENS, TOKENS, ONES, OWN)
    more = Term("n", ((1, 0),))
    odd = program(number, terms=(Term(TOKENS, ((9, 0), (0, 9), (0, 0))), more))
    found = fewer_terms(odd, Observed(odd))
    assert found.statements == ()
    assert_same_labels(odd, found)
    needed = program(number, terms=(Term(TOKENS, ((0, 2), (1, 0), (0, 0))), more))
    found = fewer_terms(needed, Observed(needed))
    assert len(found.statements) == 1
    assert_same_labels(needed, found)


def test_no_effort_no_trial() -> None:
    number = counting("n", TOKENS, TOKENS, ONES, OWN)
    odd = program(
        number, terms=(Term(TOKENS, ((9, 0), (0, 9), (0, 0))), Term("n", ((1, 0),)))
    )
    assert minimise(odd, 0).statements == odd.statements
    assert minimise(odd).statements == ()


@pytest.mark.parametrize("changes", [instead_of, plainer, fewer_rows])
def test_what_is_tried_is_shorter_only_sometimes_right(changes: object) -> None:
    """That is why it is compared on all inputs."""
    ragged = ((0,), (0, 1), (2,))
    head = counting("n", TOKENS, TOKENS, ONES, ragged)
    odd = program(head, terms=(Term("n", ((0, 2),)), Term(ONES, ((3, 0),))))
    tried = list(changes(odd, reach(odd), head))  # type: ignore[operator]
    assert tried
    observed = Observed(odd)
    assert not all(observed.same_labels(found) for found in tried)


def test_separable_labels_are_separated() -> None:
    features = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], dtype=np.float32)
    start = np.zeros((3, 2))
    both, either = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 0])
    found = separate(features, both, start, lambda _: None)
    assert found is not None
    assert ((features @ found).argmax(axis=1) == both).all()
    assert separate(features, either, start, lambda _: None) is None


def decision(*terms: Term, values: int = 2) -> Decide:
    return Decide("made", terms, Domain.of_classes(values))


MADE = Term("made", ((1, 0), (0, 1)))


def test_what_tells_nothing_leaves_decisions() -> None:
    used = counting("n", TOKENS, TOKENS, ONES, OWN)
    made = decision(Term("n", ((3, 3),)), PER_TOKEN)
    found = drop_dead(program(used, made, terms=(MADE,)))
    assert found.statements == (decision(PER_TOKEN),)


def test_decisions_by_few_values_become_tables() -> None:
    flag = Table("flag", (TOKENS,), (0, 1, 1), TWO)
    made = decision(PER_TOKEN, Term("flag", ((0, 3), (2, 0))))
    found = minimise(program(flag, made, terms=(MADE,)))
    assert_same_labels(program(flag, made, terms=(MADE,)), found)
    assert not found.decisions


def test_weights_of_decisions_are_settled() -> None:
    words = Term(TOKENS, ((7, 3, 5), (1, 5, 1), (0, 2, 4)))
    places = Term(POSITIONS, ((2, 0, 2), (0, 4, 0), (4, 0, 0), (0, 0, 2)))
    old = program(
        decision(words, places, values=3), terms=(Term("made", ((1, 0),) * 3),)
    )
    (found,) = settle_weights(old, reach(old)).decisions
    assert [term.weights for term in found.terms] == [
        ((2, 0, 1), (0, 2, 0), (0, 1, 2)),
        ((1, 0, 1), (0, 2, 0), (2, 0, 0), (0, 0, 1)),
    ]


def test_one_term_alone_may_decide() -> None:
    strong = Term(TOKENS, ((9, 0), (0, 9), (9, 0)))
    old = program(decision(strong, Term(POSITIONS, ((0, 1),) * 4)), terms=(MADE,))
    (found,) = settle_weights(old, reach(old)).decisions
    assert found.inputs == (TOKENS,)


def test_reading_through_moves_weights() -> None:
    copy = Table("copy", (TOKENS,), (2, 0, 1), Domain.of_classes(3))
    made = decision(Term("copy", ((0, 5), (3, 0), (0, 0))), PER_TOKEN)
    old = program(copy, made, terms=(MADE,))
    merged = decision(Term(TOKENS, ((1, 0), (0, 6), (3, 0))))
    assert merged in [s for p in folded(old, reach(old)) for s in p.decisions]
