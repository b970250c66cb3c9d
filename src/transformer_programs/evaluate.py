"""How often a program is right on labelled sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transformer_programs.errors import InputError
from transformer_programs.tasks.dataset import Examples

Run = Callable[[Sequence[str]], list[str] | str]
"""Bare tokens to labels: a program, or the ``run`` of an emitted file."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares of right answers, 0..1.

    Attributes:
        per_label: of labels; positions where none is asked do not count.
        per_sequence: of sequences without a wrong label; those without any label
            do not count.
        labels: how many labels were asked for.
        sequences: how many sequences have a label.
    """

    per_label: float
    per_sequence: float
    labels: int
    sequences: int

    @property
    def measured(self) -> bool:
        """Whether there was any label to compare with; else both shares are 0."""
        return self.labels > 0


def evaluate(run: Run, examples: Examples) -> Accuracy:
    """Compare predictions with targets.

    Raises:
        InputError: if the program does not accept a sequence.
    """
    right_labels = labels = right_sequences = sequences = 0
    pairs = zip(examples.sequences, examples.targets, strict=True)
    for number, (tokens, target) in enumerate(pairs, start=1):
        try:
            predicted = run(tokens)
        except ValueError as error:  # of an emitted file, which knows no InputError
            raise InputError(f"sequence {number}: {error}") from error
        if isinstance(target, str):
            hits = [predicted == target]
        else:
            both = zip(predicted, target, strict=True)
            hits = [label == wanted for label, wanted in both if wanted is not None]
        right_labels += sum(hits)
        labels += len(hits)
        right_sequences += bool(hits) and all(hits)
        sequences += bool(hits)
    return Accuracy(
        per_label=right_labels / max(labels, 1),
        per_sequence=right_sequences / max(sequences, 1),
        labels=labels,
        sequences=sequences,
    )


def held_out(accuracy: Accuracy) -> str:
    """The accuracy on held-out data in a few words."""
    if not accuracy.measured:
        return "no held-out labels"
    return (
        f"held-out accuracy {accuracy.per_label:.2%} per label, "
        f"{accuracy.per_sequence:.2%} per sequence"
    )
