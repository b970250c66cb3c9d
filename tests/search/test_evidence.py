from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from transformer_programs.search.evidence import CellCounts, fit_evidence, merge
from transformer_programs.system import OutOfWorkError, Work, fit_weights, log_losses


def drawn(
    count: int, weights: NDArray[np.float64], seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Features, and labels drawn as a logistic regression says."""
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 2, size=(count, len(weights))).astype(np.float64)
    scores = features @ weights + rng.gumbel(size=(count, weights.shape[1]))
    return features, scores.argmax(axis=1)


def test_weights_are_those_that_the_labels_were_drawn_with() -> None:
    truth = np.array([[1.0, -1.0], [-2.0, 2.0], [0.0, 0.0]])
    features, labels = drawn(20_000, truth)
    found = fit_weights(features, labels, 2, 1e-3)
    assert np.abs(found - truth).max() < 0.1


def test_the_gradient_vanishes() -> None:
    features, labels = drawn(300, np.random.default_rng(1).normal(size=(6, 3)))
    weights = fit_weights(features, labels, 3, 2.0)
    rng = np.random.default_rng(2)

    def objective(point: NDArray[np.float64]) -> float:
        losses = log_losses(features @ point, labels)
        return float(losses.sum() + (point**2).sum())

    for _ in range(20):
        step = rng.normal(size=weights.shape) * 0.05
        assert objective(weights + step) > objective(weights)


def test_a_start_changes_little() -> None:
    features, labels = drawn(300, np.random.default_rng(1).normal(size=(4, 2)))
    first = fit_weights(features, labels, 2, 1.0)
    again = fit_weights(features, labels, 2, 1.0, start=first, most_steps=2)
    assert np.abs(first - again).max() < 0.05


def test_near_points_are_merged_first() -> None:
    points = np.array([[0.0], [0.1], [5.0], [5.2], [9.0]])
    groups = list(merge(points, np.ones(5), (3, 2, 1)))
    assert [len(np.unique(g)) for g in groups] == [3, 2, 1]
    assert groups[0].tolist() == [0, 0, 1, 1, 2]
    assert groups[1].tolist() == [0, 0, 1, 1, 1]


def test_weight_decides_what_a_merger_costs() -> None:
    points = np.array([[0.0], [1.0], [2.1]])
    (groups,) = merge(points, np.array([100.0, 100.0, 1.0]), (2,))
    assert groups.tolist() == [0, 1, 1]


def made(rows: int = 12, telling: int = 3) -> CellCounts:
    """Cells of which only those of some rows tell anything, in two strengths."""
    rng = np.random.default_rng(3)
    cells = rng.integers(3, size=(1500, rows))
    features = np.eye(3)[cells].reshape(1500, 3 * rows)
    weights = np.zeros((rows, 3, 2))
    weights[:telling, 0, 0] = 3.0
    weights[:telling, 1, 1] = 3.0
    scores = features @ weights.reshape(-1, 2) + rng.gumbel(size=(1500, 2))
    return CellCounts(features, scores.argmax(axis=1), 2, np.repeat(np.arange(rows), 3))


def test_evidence_is_small_and_predicts() -> None:
    examples = made()
    evidence = fit_evidence(examples, Work())
    assert evidence is not None
    telling = np.unique(examples.rows[evidence.classes > 0])
    assert {0, 1, 2} <= {*telling.tolist()}
    assert len(telling) <= 6
    assert len(evidence.weights) <= 6
    assert (evidence.weights[0] == 0).all()
    scores = examples.features @ evidence.weights[evidence.classes]
    truth = (scores.argmax(axis=1) == examples.labels).mean()
    assert truth > 0.85
    assert evidence.loss < 0.4


def test_it_is_the_same_each_time() -> None:
    first, second = (fit_evidence(made(6), Work()) for _ in range(2))
    assert first is not None
    assert second is not None
    assert np.array_equal(first.classes, second.classes)
    assert np.array_equal(first.weights, second.weights)


def test_rare_cells_say_nothing() -> None:
    examples = made(4)
    rare = np.zeros((len(examples.labels), 1))
    rare[:3] = 1
    features = np.concatenate([examples.features, rare], axis=1)
    rows = np.append(examples.rows, 4)
    found = fit_evidence(CellCounts(features, examples.labels, 2, rows), Work())
    assert found is not None
    assert found.classes[-1] == 0
    nothing = CellCounts(np.zeros((100, 2)), np.arange(100) % 2, 2, np.arange(2))
    assert fit_evidence(nothing, Work()) is None


def test_the_budget_is_kept() -> None:
    whole = Work()
    fit_evidence(made(4), whole)
    with pytest.raises(OutOfWorkError):
        fit_evidence(made(4), Work(whole.units / 2))
