"""Accuracy of programs on labelled sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from transformer_programs.data.dataset import Examples, find_tags, tags_of
from transformer_programs.data.metrics import (
    Quality,
    Score,
    confusion,
    entity_scores,
    total,
)
from transformer_programs.data.tags import TagFormat
from transformer_programs.errors import InputError

Run = Callable[[Sequence[str]], list[str] | str]
"""From bare tokens to labels: a program, or the ``run`` of an emitted file."""

Predict = Callable[[Sequence[Sequence[str]]], Iterable[list[str] | str]]
"""From many sequences of bare tokens to their labels, one after the other."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares of right answers, 0..1.

    Attributes:
        per_label: Share of right labels; positions without one do not count.
        per_sequence: Share of sequences without a wrong label; those without any label
            do not count.
        labels: Number of labels.
        sequences: Number of sequences that have a label.
        entities: Where labels are tags of entities, the strict scores of every type
            (``docs/reference/metrics.md``).
        confusion: How often a label (first) is predicted as another (second).
        tags: How entities are written, if they are.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> run = tp.train(task)
    >>> run.accuracy.per_label, run.accuracy.sequences
    (1.0, 4)
    """

    per_label: float
    per_sequence: float
    labels: int
    sequences: int
    entities: dict[str, Score] | None = None
    confusion: dict[tuple[str, str], int] = field(
        default_factory=dict, compare=False, repr=False
    )
    tags: TagFormat | None = field(default=None, compare=False)

    def __str__(self) -> str:
        shares = f"{self.per_label:.2%} per label, {self.per_sequence:.2%} per sequence"
        found = self.of_entities
        return shares if found is None else f"{shares}, entity F1 {found.f1:.2%}"

    @property
    def of_entities(self) -> Score | None:
        """Score of all types of entities together, where labels write some."""
        return None if self.entities is None else total(self.entities)

    @property
    def quality(self) -> Quality:
        """What programs are compared by: labels alone, if there is no entity."""
        found = self.of_entities
        return Quality(self.per_label, found.f1 if found and found.there else None)

    def numbers(self) -> dict[str, Any]:
        """Return everything for JSON; ``entities`` only where labels write some."""
        names = ("per_label", "per_sequence", "labels", "sequences")
        fields: dict[str, Any] = {name: getattr(self, name) for name in names}
        if self.entities is not None:
            types = {kind: score.numbers() for kind, score in self.entities.items()}
            found: dict[str, Any] = total(self.entities).numbers() | {"types": types}
            scheme = {"scheme": str(self.tags)} if self.tags else {}
            fields["entities"] = found | scheme
        return fields

    @property
    def measured(self) -> bool:
        """Whether there was a label to compare with; else both shares are 0."""
        return self.labels > 0


def evaluate(
    run: Run, examples: Examples, tags: TagFormat | Literal["find"] | None = "find"
) -> Accuracy:
    """Compare predictions with targets, as ``evaluate_all`` does, one by one."""
    return evaluate_all(lambda given: map(run, given), examples, tags)


def evaluate_all(
    predict: Predict,
    examples: Examples,
    tags: TagFormat | Literal["find"] | None = "find",
) -> Accuracy:
    """Compare predictions with targets.

    Args:
        predict: Predicts the labels of all sequences.
        examples: Sequences and their targets.
        tags: How labels write entities, None if they write none; by default inferred
            from the examples.

    Raises:
        InputError: If the program does not accept a sequence.
    """
    predictions, answers, right = [], [], []
    found = iter(predict(examples.sequences))
    for number, target in enumerate(examples.targets, start=1):
        try:
            predicted = next(found)
        except ValueError as error:  # of an emitted file, which knows no InputError
            raise InputError(f"sequence {number}: {error}") from error
        predictions.append(predicted)
        if isinstance(target, str):
            pairs = [(target, str(predicted))]
        else:
            both = zip(target, predicted, strict=True)
            pairs = [(wanted, label) for wanted, label in both if wanted is not None]
        answers += pairs
        if pairs:
            right.append(all(wanted == label for wanted, label in pairs))
    form = find_tags(examples) if tags == "find" else tags
    scores = None
    if form is not None:
        scores = entity_scores(tags_of(examples), predictions, form)
    hits = sum(wanted == label for wanted, label in answers)
    return Accuracy(
        per_label=hits / max(len(answers), 1),
        per_sequence=sum(right) / max(len(right), 1),
        labels=len(answers),
        sequences=len(right),
        entities=scores,
        confusion=confusion(answers),
        tags=form,
    )


def held_out(accuracy: Accuracy) -> str:
    """Describe the accuracy on held-out data in a few words."""
    return f"held-out accuracy {accuracy}" if accuracy.labels else "no held-out labels"
