"""The number that followed a letter the last time, as an induction head finds it."""

from collections.abc import Sequence
from dataclasses import replace

from transformer_programs.errors import TaskError
from transformer_programs.language import Scope
from transformer_programs.settings import ModelSettings
from transformer_programs.tasks.algebra import Algebra, C, N, S
from transformer_programs.tasks.sizes import letters, numbers, symbol_count
from transformer_programs.tasks.task import BEGIN, Tags, Task, Tokens

NEVER_SEEN = "<unk>"
"""The label of a letter that no number has followed."""


def induction(tokens: Tokens) -> Tags:
    """For every letter, the number that followed its latest earlier occurrence.

    ``<unk>`` if there is no earlier occurrence, or if a letter followed it, which
    happens only where letters and numbers do not alternate. Numbers get no label.
    """
    tags: list[str | None] = []
    follower: dict[str, str] = {}
    for position, token in enumerate(tokens):
        if position:
            follower[tokens[position - 1]] = token
        if token.isdigit():
            tags.append(None)
        else:
            number = follower.get(token, NEVER_SEEN)
            tags.append(number if number.isdigit() else NEVER_SEEN)
    return tuple(tags)


def induction_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S | None]:
    """At letters, what followed the latest earlier one that is the same; then none."""
    del symbols
    labels: list[S | None] = []
    for i, token in enumerate(tokens):
        cases = (
            (algebra.same(tokens[j], token), tokens[j + 1])
            for j in reversed(range(0, i, 2))
        )
        label = algebra.first(cases, algebra.symbol(NEVER_SEEN))
        labels.append(None if i % 2 else label)
    return labels


def _resize(task: Task, vocabulary_size: int, max_length: int) -> Task:
    count = symbol_count(task, vocabulary_size)
    written, counted = letters(count - count // 2), numbers(count // 2)
    if len(written) + len(counted) < count:
        raise TaskError(
            f"task {task.name!r}: expected a vocabulary size of at most 54 "
            f"(26 letters, 26 numbers, <s> and <pad>), got {vocabulary_size}"
        )
    return replace(
        task,
        symbols=written + counted,
        labels=(*counted, NEVER_SEEN),
        alphabets=(written, counted),
        max_length=max_length,
        min_length=max_length - 1,
    )


TASK = Task(
    name="induction",
    summary="For each letter, the number that followed it the last time.",
    definition=induction,
    formula=induction_formula,
    symbols=letters(4) + numbers(4),
    labels=(*numbers(4), NEVER_SEEN),
    max_length=10,
    begin=BEGIN,
    min_length=9,
    alphabets=(letters(4), numbers(4)),
    model=ModelSettings(
        layers=2, categorical_heads=1, numerical_heads=0, tables=0, scope=Scope.CAUSAL
    ),
    resize=_resize,
)
