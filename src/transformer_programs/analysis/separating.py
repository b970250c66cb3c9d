"""Which features tell two labels apart (paper, figure 7)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transformer_programs.analysis.explanation import difference
from transformer_programs.analysis.occurrences import (
    MOST_NAMED,
    ClassWords,
    Occurrences,
)
from transformer_programs.errors import SettingsError
from transformer_programs.language import Program, Value
from transformer_programs.system import Shown

if TYPE_CHECKING:
    from rich.console import RenderableType

SEPARATOR = " · "  # between words of a list: a comma is often one of them


@dataclass(frozen=True, slots=True)
class Feature:
    """A value of a variable that speaks for one of two labels.

    Attributes:
        variable: its name.
        value: the value; None for a number, of which every 1 adds ``difference``.
        difference: its weight for the first label minus that for the second; never 0.
        words: the most frequent words, or groups of words, that it stands for: in the
            data, or in the vocabulary if there are none.
        occurrences: at how many positions it occurs in the data; None without data.
        effect: the standard deviation of what it adds to the difference of the two
            scores, among the labels of the data; None without data.
    """

    variable: str
    value: Value | None
    difference: int
    words: tuple[str, ...]
    occurrences: int | None = None
    effect: float | None = None

    @property
    def text(self) -> str:
        """The variable and its value."""
        if self.value is None:
            return f"{self.variable}, each 1"
        return f"{self.variable} = {self.value}"


@dataclass(frozen=True, slots=True, repr=False)
class Separation(Shown):
    """What tells two labels apart.

    Attributes:
        labels: the two labels; positive differences speak for the first.
        features: those that separate them most, first; by ``effect`` where there are
            data, else by the absolute difference.
        of: how many features have different weights for the two labels.
        sequences: how many sequences of data there were; 0 for none.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> run = tp.train(task)
    >>> run.features(("0", "1")).labels
    ('0', '1')
    """

    labels: tuple[str, str]
    features: tuple[Feature, ...]
    of: int
    sequences: int

    def __rich__(self) -> RenderableType:
        from transformer_programs.analysis.drawing import draw_separation

        return draw_separation(self)

    def __repr__(self) -> str:
        first, second = self.labels
        return (
            f"<Separation of {first!r} and {second!r}: {len(self.features)} of "
            f"{self.of:,} features>"
        )


def separation(
    program: Program,
    labels: Sequence[str] | None = None,
    sequences: Sequence[Sequence[str]] = (),
    top: int = 20,
) -> Separation:
    """Return the features that separate two labels most.

    With data they are ranked by how far each one moves the difference of the two
    scores from sequence to sequence (or from token to token): the absolute difference
    of its weights times the standard deviation of how often it occurs. A feature that
    every sequence has once separates nothing, whatever its weights.

    Args:
        program: a valid program.
        labels: the two labels; may be left out if there are just two.
        sequences: bare sequences, such as the training data.
        top: how many features are given.

    Raises:
        SettingsError: If these are no two labels of the program, or ``top`` is below 1.
        InputError: If the program does not accept one of the sequences.
    """
    pair = _pair(program.readout.labels, labels)
    if top < 1:
        raise SettingsError(f"expected a number of features of at least 1, got {top}")
    one, other = map(program.readout.labels.index, pair)
    seen = Occurrences(program, sequences) if sequences else None
    found = list(_features(program, (one, other), seen))
    # By its size where the data, or their absence, leave two equal.
    found.sort(key=lambda pair: (-(pair[0].effect or 0), -abs(pair[0].difference)))
    kept = [(f, row) for f, row in found[:top] if f.occurrences != 0]
    places = [(feature.variable, row) for feature, row in kept]
    if seen is None:
        classes = ClassWords(program)
        words = [classes.of(*place) for place in places]
    else:
        words = seen.words(places, MOST_NAMED)
    features = (
        _with_words(program, feature, named)
        for (feature, _), named in zip(kept, words, strict=True)
    )
    return Separation(pair, tuple(features), len(found), len(sequences))


def _features(
    program: Program, pair: tuple[int, int], seen: Occurrences | None
) -> Iterator[tuple[Feature, int]]:
    # Every value whose weights differ, without its words, and its row of weights.
    frequencies = {} if seen is None else seen.frequencies()
    for term in program.readout.terms:
        name, domain = term.variable, program.domains[term.variable]
        known = frequencies.get(name)
        spread = None if known is None else known.spread()
        for row in range(len(term.weights)):
            amount = difference(program, term, pair, 1 if domain.numerical else row)
            if amount:
                value = None if domain.numerical else domain.value(row)
                feature = Feature(name, value, amount, ())
                if known is not None and spread is not None:
                    times, effect = int(known.total[row]), abs(amount) * spread[row]
                    feature = replace(feature, occurrences=times, effect=float(effect))
                yield feature, row


def _with_words(program: Program, feature: Feature, words: tuple[str, ...]) -> Feature:
    # A token as its own example says nothing; a prefix may be a whole word or not.
    tokens = program.domains[feature.variable].tokens
    token = tokens == program.input.vocabulary.tokens
    itself = feature.value is None or (token and words == (feature.value,))
    return replace(feature, words=() if itself else words)


def _pair(known: Sequence[str], labels: Sequence[str] | None) -> tuple[str, str]:
    shown = ", ".join(map(repr, known))
    if labels is None:
        if len(known) == 2:
            return known[0], known[1]
        raise SettingsError(
            f"which two labels? The program has {len(known)}: {shown}; name two of "
            f"them (--labels {shlex.quote(f'{known[0]},{known[-1]}')})"
        )
    if isinstance(labels, str) or len(labels) != 2 or len(set(labels) & {*known}) != 2:
        given = (
            repr(labels) if isinstance(labels, str) else ", ".join(map(repr, labels))
        )
        raise SettingsError(f"expected two different labels of {shown}; got {given}")
    return labels[0], labels[1]
