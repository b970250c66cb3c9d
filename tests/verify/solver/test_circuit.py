"""What is equal by structure is one literal, and what is constant folds."""

from __future__ import annotations

from transformer_programs.verify.solver.cells import Cells
from transformer_programs.verify.solver.circuit import FALSE, TRUE, Circuit, Linear


def test_conjunctions_fold() -> None:
    circuit = Circuit()
    a, b, c = circuit.choice(3)
    d, e = circuit.choice(2)
    assert e == -d
    assert circuit.all_of([a, d, a, TRUE]) == circuit.all_of([d, a])
    assert circuit.all_of([a, b]) == FALSE  # a position holds one token
    assert circuit.all_of([d, e]) == FALSE
    assert circuit.any_of([c, d, -c]) == TRUE
    assert circuit.all_of([]) == TRUE
    assert circuit.choice(1) == [TRUE]


def test_sums_have_one_form() -> None:
    circuit = Circuit()
    a, b, c, d = (circuit.choice(2)[0] for _ in range(4))
    total = Linear.of([(a, 2), (b, 2), (-c, 2), (d, 2)])
    half = Linear.of([(d, 1), (-c, 1), (a, 1), (b, 1)])
    assert circuit.at_least(total, 3) == circuit.at_least(half, 2)
    assert circuit.at_least(half.times(-1), -1) == -circuit.at_least(half, 2)
    assert circuit.at_least(half, 0) == TRUE
    assert circuit.at_least(half, 5) == FALSE
    assert circuit.at_least(half, 1) == circuit.any_of([a, b, -c, d])
    assert circuit.at_least(half, 4) == circuit.all_of([a, b, -c, d])
    assert circuit.equals(half, 2) != circuit.equals(half, 3)
    assert circuit.all_of([circuit.equals(half, 2), circuit.equals(half, 3)]) == FALSE


def test_bounds_know_that_a_position_holds_one_token() -> None:
    circuit = Circuit()
    a, b, c = circuit.choice(3)
    assert circuit.bounds(Linear.of([(a, 1), (b, 5), (c, 3)])) == (1, 5)
    assert circuit.bounds(Linear.of([(a, 1), (b, 5)])) == (0, 5)


def test_functions_of_a_difference_are_thresholds() -> None:
    circuit = Circuit()
    cells = Cells(circuit)
    one, two = (
        cells.of_sum(Linear.of((circuit.choice(2)[0], 1) for _ in range(4)))
        for _ in range(2)
    )
    difference = one.linear.plus(two.linear, -1)
    assert cells.related(one, two, lambda a, b: a > b) == circuit.at_least(
        difference, 1
    )
    shifted = cells.joined(one, two, lambda a, b: 2 * (a - b) + 9)
    assert shifted.linear == Linear.of(difference.times(2).terms, 9)
    assert cells.related(shifted, shifted, lambda a, b: a == b) == TRUE
