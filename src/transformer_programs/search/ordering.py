"""The next larger, or smaller, token in scope, found by bisection.

A head finds the nearest position, not the smallest value. But whether some token lies
in an interval is a head, and so the gap after the own token halves with every head.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transformer_programs.language import Domain, Scope
from transformer_programs.search import forms
from transformer_programs.search.candidate import Candidate, Matches, tabulate
from transformer_programs.search.sample import Ids, Mask, Sample, in_scope
from transformer_programs.system import Work

MOST_RANKS = 1024
"""The most tokens that are ordered."""

LEAST_RIGHT = 0.25
"""The least share of labels that the next token says."""

Inputs = tuple[Candidate, Candidate, Candidate]

_BLOCK = 1 << 20  # pairs of positions that are compared at once


def next_tokens(
    sample: Sample,
    inputs: Inputs,
    wanted: Ids,
    frame: tuple[int | None, int | None],
    scope: Scope,
    work: Work,
) -> Iterator[Candidate]:
    """Propose the next token in rising, and in falling, order, where labels are.

    Tokens whose label is rather the first of all, such as a mark before the sequence,
    stand below all others.

    Args:
        sample: Sequences that candidates are computed on.
        inputs: ``tokens``, which are ordered by id, ``positions`` and ``ones``.
        wanted: (labels,) id of the token that says each label, -1 if none does.
        frame: Tokens that begin and end every sequence, if some do; they are in no
            order.
        scope: Where tokens are looked for.
        work: Budget.
    """
    size = inputs[0].domain.size
    if size > MOST_RANKS or size < 3:
        return
    order = [token for token in range(size) if token not in frame]
    for rising in (True, False):
        rank = np.zeros(size, dtype=np.int64)
        rank[order if rising else order[::-1]] = np.arange(1, len(order) + 1)
        ranks = _starts(sample, rank, wanted, scope, work)
        if ranks is not None:
            yield _bisected(sample, inputs, ranks, frame[0] is not None, scope)


def _starts(
    sample: Sample, rank: Ids, wanted: Ids, scope: Scope, work: Work
) -> Ids | None:
    # The ranks of tokens, 0 for those that are below all: (tokens,). None if the next
    # token is seldom the label.
    asked = sample.labelled
    label = np.where(asked, wanted[np.where(asked, sample.labels, 0)], -1)
    # Labels that no token says have no rank, and can come from nowhere.
    goal = np.where(label >= 0, rank[label], -1)[asked]  # (labelled positions,)
    own = rank[sample.tokens]
    after, first = (
        _next(sample, start, own, scope, work)[asked] == goal
        for start in (own, np.zeros_like(own))
    )
    at = sample.tokens[asked]
    gained = np.bincount(at, first, len(rank)) - np.bincount(at, after, len(rank))
    ranks = np.where(gained > 0, 0, rank)
    if not (ranks[sample.tokens][asked] > 0).any():
        return None
    found = ranks[sample.tokens]
    right = _next(sample, found, found, scope, work)[asked] == goal
    return ranks if right.sum() > LEAST_RIGHT * asked.sum() else None


def _next(sample: Sample, start: Ids, keys: Ids, scope: Scope, work: Work) -> Ids:
    # The smallest key in scope above each start; 0 if there is none.
    sequences, length = sample.shape
    work.spend(sequences * length**2)
    none = int(keys.max()) + 1
    found, seen = np.empty_like(start), in_scope(scope, length)
    step = max(1, _BLOCK // length**2)
    for row in range(0, sequences, step):
        rows = slice(row, row + step)
        real: Mask = sample.real[rows, None, :] & seen  # (sequences, looking, seen)
        key = keys[rows, None, :]
        above = np.where(real & (key > start[rows, :, None]), key, none)
        found[rows] = above.min(axis=2)
    return np.where(found == none, 0, found)


def _bisected(
    sample: Sample, inputs: Inputs, ranks: Ids, framed: bool, scope: Scope
) -> Candidate:
    # One less than the next rank; the largest rank if there is none.
    (tokens, _, ones), real = inputs, sample.real
    size = int(ranks.max()) + 1
    domain = Domain.of_classes(size)
    below = rank = tabulate("rank", (tokens,), ranks, domain, real)
    ranked = forms.flag((tokens,), ranks > 0, real) if framed else ones
    step = 1 << (size - 1).bit_length()
    while step > 1:
        step //= 2
        # No key is above the own rank and up to ``start``; is one within a step?
        start, key = np.arange(size)[:, None], np.arange(size)
        matches = Matches(sample, below, rank, (key > start) & (key <= start + step))
        # Without a match a head looks at position 0, where a frame has no rank.
        look = matches.attend if framed else matches.count
        (found,) = look("between", [ranked], scope)
        entries = np.repeat(start, found.domain.size, axis=1)
        entries[:, 0] = np.minimum(np.arange(size) + step, size - 1)
        below = tabulate("below", (below, found), entries, domain, real)
    return below
