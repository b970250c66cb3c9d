"""Histories of computed letters: whether a machine may exist for them.

Letters are worth learning a machine for if equal histories of them have equal labels,
and tell more of a label than the letter at its own position does. Labels between which
equal histories do not decide are taken for one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from transformer_programs.language import Scope
from transformer_programs.search.automata.learning import MOST_LETTERS
from transformer_programs.search.candidate import Candidate, needed
from transformer_programs.search.readouts import ERROR_PRICE
from transformer_programs.search.sample import Ids, Sample
from transformer_programs.search.score import SORTING
from transformer_programs.system import Work

CHANCE, LEAST = 2.0, 8
"""Standard deviations, and labels, that histories of letters must save."""

FACTOR, SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
"""What histories are hashed with."""

Read = tuple[Candidate, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Lettering:
    """Letters for which there may be a machine.

    Attributes:
        read: The variables of which they are the joint values.
        backwards: Whether they are read from the end.
        gain: What histories save, less what the letters take, in statements.
        merged: Whether some labels are not told apart.
    """

    read: Read
    backwards: bool
    gain: float
    merged: bool


class Histories:
    """Histories of letters on a sample, and what they say of labels.

    Args:
        sample: The sequences.
        frame: Tokens around sequences, which are no letters.
        widest: Widest scope of a head.
        work: Budget that everything is accounted to.
    """

    def __init__(
        self, sample: Sample, frame: Sequence[int], widest: Scope, work: Work
    ) -> None:
        self._work, self._sample = work, sample
        self._bare = sample.real & ~np.isin(sample.tokens, frame)
        self._labels = sample.labels[sample.judged]
        rows = np.arange(len(sample.judged))[:, None].repeat(sample.shape[1], axis=1)
        self._half = rows[sample.judged] % 2
        self._ways = (False, True) if widest is Scope.ALL else (False,)

    def leads(self, groups: Iterable[Read]) -> list[Lettering]:
        """Return the letters whose histories tell labels, the best first."""
        found: dict[tuple[int, int, bool, bool], Lettering] = {}
        for read in groups:
            letters = self._letters(read)
            if letters is None:
                continue
            price = sum(c.price for c in needed(read))
            for backwards in self._ways:
                saved, merged = self._saved(letters, backwards)
                if not saved:
                    continue
                lead = Lettering(read, backwards, ERROR_PRICE * saved - price, merged)
                # Letters that say the same are one; the cheaper one stays.
                key = saved, int(letters.max()), backwards, merged
                if key not in found or found[key].gain < lead.gain:
                    found[key] = lead
        return sorted(found.values(), key=lambda lead: -lead.gain)

    def _letters(self, read: Read) -> Ids | None:
        # Numbers of the joint values that occur, from 1; 0 where there is no letter.
        joint = np.zeros(self._bare.shape, dtype=np.int64)
        for candidate in read:
            joint = joint * candidate.domain.size + candidate.values
        self._work.spend(SORTING * joint.size)
        values, numbers = np.unique(joint[self._bare], return_inverse=True)
        if not 1 < len(values) <= MOST_LETTERS:
            return None
        letters = np.zeros(joint.shape, dtype=np.int64)
        letters[self._bare] = numbers + 1
        return letters

    def _saved(self, letters: Ids, backwards: bool) -> tuple[int, bool]:
        # Labels that a letter with those before it says, and that it does not alone,
        # by tables of the other half of the sequences; 0 if they may be so by chance.
        self._work.spend(3 * SORTING * letters.size)
        judged, count = self._sample.judged, self._sample.label_count
        own, history = letters[judged], numbered(letters, backwards)[judged]
        classes = told_apart(history, self._labels, count)
        labels = classes[self._labels]
        merged = len(np.unique(labels)) < len(np.unique(self._labels))
        if labels.min() == labels.max():
            return 0, merged
        nothing = np.zeros_like(labels)
        alone = self._said(own, labels, self._said(nothing, labels, nothing))
        near = np.roll(letters, -1 if backwards else 1, axis=1)
        near[:, -1 if backwards else 0] = 0
        both = near[judged] * (int(letters.max()) + 1) + own
        right = [
            int(np.sum(self._said(values, labels, alone) == labels))
            for values in (both, history)
        ]
        already = int(np.sum(alone == labels))
        saved = max(right) - already
        chance = CHANCE * math.sqrt(len(labels) - already)
        return saved if saved > max(chance, LEAST) else 0, merged

    def _said(self, values: Ids, labels: Ids, otherwise: Ids) -> Ids:
        # By position, the most frequent label of its value in the other half of the
        # sequences; something else where there is none.
        _, group = np.unique(values, return_inverse=True)
        count, half = int(labels.max()) + 1, self._half
        cells = (group * 2 + half) * count + labels
        size = (int(group.max()) + 1) * 2
        counts = np.bincount(cells, minlength=size * count).reshape(size, count)
        asked = group * 2 + 1 - half
        seen = counts.sum(axis=1)[asked] > 0
        return np.where(seen, counts.argmax(axis=1)[asked], otherwise)


def numbered(letters: Ids, backwards: bool) -> Ids:
    """Return numbers of the histories up to every position, equal ones for equal ones.

    Args:
        letters: (sequences, length) letters from 1, 0 for none.
        backwards: Whether they are read from the end.
    """
    found = np.zeros(letters.shape, dtype=np.uint64)
    history = np.zeros(len(letters), dtype=np.uint64)
    places = range(letters.shape[1])
    for place in reversed(places) if backwards else places:
        letter = letters[:, place].astype(np.uint64)
        mixed = (history ^ letter) * FACTOR
        history = np.where(letter > 0, mixed ^ (mixed >> SHIFT), history)
        found[:, place] = history
    _, numbers = np.unique(found, return_inverse=True)
    return numbers.reshape(letters.shape)


def told_apart(history: Ids, labels: Ids, count: int) -> Ids:
    """Return the classes of labels between which histories decide.

    Args:
        history: (positions,) number of the history.
        labels: (positions,) label.
        count: Number of labels.

    Returns:
        (labels,) class of every label, from 0.
    """
    order = np.lexsort((labels, history))
    one, other = order[:-1], order[1:]
    differ = (history[one] == history[other]) & (labels[one] != labels[other])
    pairs = np.unique(np.stack([labels[one], labels[other]])[:, differ], axis=1)
    parent = np.arange(count)
    for a, b in pairs.T.tolist():
        parent[parent == parent[a]] = parent[b]
    _, classes = np.unique(parent, return_inverse=True)
    found: Ids = classes
    return found
