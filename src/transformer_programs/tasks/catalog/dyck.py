"""Balanced prefixes of strings of one or two kinds of brackets (Dyck languages)."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import TaskError
from transformer_programs.language import Scope
from transformer_programs.tasks.algebra import Algebra, C, N, S
from transformer_programs.tasks.sizes import half_numerical
from transformer_programs.tasks.task import BEGIN, TRAINING, Tags, Task, Tokens

_CLOSER_OF = {"(": ")", "{": "}"}


def dyck(tokens: Tokens) -> Tags:
    """For every prefix: T balanced, P start of something balanced, F neither."""
    tags = []
    awaited: list[str] = []
    possible = True
    for token in tokens:
        if token in _CLOSER_OF:
            awaited.append(_CLOSER_OF[token])
        else:
            possible = possible and bool(awaited) and awaited.pop() == token
        tags.append(("P" if awaited else "T") if possible else "F")
    return tuple(tags)


def dyck_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """A stack of what is open: T if empty, P if not, F after a token that closes wrong.

    ``stack[k]`` is the bracket that was opened last when k others were open.
    """
    closer_of = {"(": ")", "{": "}"}
    openers = tuple(symbol for symbol in symbols if symbol in closer_of)
    stack = [algebra.symbol(openers[0])] * len(tokens)
    opened: list[C] = []
    wrong = algebra.some([])
    labels = []
    for token in tokens:
        depth = _depth(algebra, opened)
        opens = algebra.within(token, openers)
        at = [algebra.equal(depth, k) for k in range(len(tokens) + 1)]
        closes = algebra.some(
            algebra.every([here, algebra.within(top, [o]), algebra.within(token, [c])])
            for here, top in zip(at[1:], stack, strict=True)
            for o, c in closer_of.items()
        )
        wrong = algebra.some([wrong, algebra.negated(algebra.some([opens, closes]))])
        stack = [
            algebra.first([(algebra.every([opens, here]), token)], old)
            for here, old in zip(at[:-1], stack, strict=True)
        ]
        opened.append(opens)
        empty = algebra.equal(_depth(algebra, opened), 0)
        cases = [(wrong, algebra.symbol("F")), (empty, algebra.symbol("T"))]
        labels.append(algebra.first(cases, algebra.symbol("P")))
    return labels


def _depth(algebra: Algebra[C, N, S], opened: Sequence[C]) -> N:
    """How many more tokens opened than closed."""
    closed = algebra.count(map(algebra.negated, opened))
    return algebra.plus(algebra.count(opened), closed, -1)


def draw_brackets(
    rng: np.random.Generator, count: int, length: int, *, kinds: int
) -> NDArray[np.int64]:
    """Bracket strings of one length, half of them balanced up to some position.

    A head of even length, uniform from 2 to ``length``, is drawn uniformly from the
    balanced strings of that length; whatever follows is uniform, and so is all of the
    other half. Without this, most strings of several kinds break at once.

    Args:
        rng: the only source of chance.
        count: how many strings.
        length: brackets per string, at least 2.
        kinds: kinds of brackets.

    Returns:
        (count, length) ids: 2 k opens a bracket of kind k, 2 k + 1 closes it.
    """
    ids = rng.integers(2 * kinds, size=(count, length))
    head = 2 * rng.integers(1, length // 2 + 1, size=count)
    head[rng.random(count) < 0.5] = 0
    awaited = np.zeros((count, length), dtype=np.int64)
    depth = np.zeros(count, dtype=np.int64)
    for position in range(length):
        left = head - position
        # Of the balanced strings that go on from here, the share that opens next is
        # (depth + 2) (left - depth) / (2 (depth + 1) left): a ratio of ballot numbers.
        chance = rng.random(count) * 2 * (depth + 1) * left
        opening = chance < (depth + 2) * (left - depth)
        opens = np.flatnonzero((left > 0) & opening)
        closes = np.flatnonzero((left > 0) & ~opening)
        kind = rng.integers(kinds, size=len(opens))
        ids[opens, position] = 2 * kind
        awaited[opens, depth[opens]] = kind
        depth[opens] += 1
        depth[closes] -= 1
        ids[closes, position] = 2 * awaited[closes, depth[closes]] + 1
    return ids


def _resize(task: Task, vocabulary_size: int, max_length: int) -> Task:
    if vocabulary_size != task.vocabulary_size:
        raise TaskError(
            f"task {task.name!r}: the brackets are fixed, so the vocabulary size is "
            f"{task.vocabulary_size}, got {vocabulary_size}"
        )
    return replace(task, max_length=max_length, min_length=max_length - 1)


DYCK1 = Task(
    name="dyck1",
    summary="Brackets ( ): T balanced so far, P can be completed, F neither.",
    definition=dyck,
    formula=dyck_formula,
    symbols=("(", ")"),
    labels=("T", "P", "F"),
    max_length=16,
    begin=BEGIN,
    min_length=15,
    draw=partial(draw_brackets, kinds=1),
    model=half_numerical(
        layers=3, heads=8, tables=2, scope=Scope.CAUSAL, set_predicates=True
    ),
    resize=_resize,
)

DYCK2 = replace(
    DYCK1,
    name="dyck2",
    summary="Brackets ( ) { }: T balanced so far, P can be completed, F neither.",
    symbols=("(", ")", "{", "}"),
    draw=partial(draw_brackets, kinds=2),
    model=half_numerical(
        layers=3, heads=12, tables=8, scope=Scope.CAUSAL, set_predicates=True
    ),
    training=replace(TRAINING, steps=6000, restarts=4, halvings=2),
)
