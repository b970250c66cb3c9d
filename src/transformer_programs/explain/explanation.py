"""Why a label won: what every value added to its score, against another label's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transformer_programs.errors import SettingsError
from transformer_programs.explain.derivation import (
    Derivations,
    Origin,
    Origins,
    Step,
    ValueOf,
)
from transformer_programs.explain.occurrences import ClassWords
from transformer_programs.program import (
    Interpreter,
    Pooling,
    Program,
    Term,
    Value,
    encode_batch,
)
from transformer_programs.system import Shown

if TYPE_CHECKING:
    from rich.console import RenderableType

_NAMED = 10
"""Words that a line names."""

_FEW = 3
"""Values whose computation is shown, and the most variables that a readout may read
for it: more are evidence that is added up."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one value, at one position, adds to the margin.

    Attributes:
        amount: its weight for the winner minus that for the other label; for a number
            the factors' difference times the number. Never 0.
        origin: the variable, the value, where it stands and what it came from.
        words: if the value is a class of words: the most frequent ones of it.
    """

    amount: int
    origin: Origin
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordTotal:
    """All that one word adds, or that several words add together.

    Attributes:
        places: the positions of the words, rising (see ``Origin``); none for what
            depends on no word.
        words: the words as they were typed.
        total: the sum of the contributions.
        contributions: those that come from just these words, largest first.
    """

    places: tuple[int, ...]
    words: tuple[str, ...]
    total: int
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class FeatureTotal:
    """All that one value of one variable adds, wherever it stands.

    Attributes:
        variable: its name.
        value: the value.
        words: if it is a class of words: the most frequent ones of it.
        total: the sum of the contributions.
        contributions: the contributions, largest first.
    """

    variable: str
    value: Value
    words: tuple[str, ...]
    total: int
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Decision(Shown):
    """A label, and why it won against another one.

    Attributes:
        position: of the token that is labelled, from 0; None for a whole sequence.
        token: that token.
        label: the label that the program gives.
        against: the label that it is compared with.
        score: of ``label``.
        against_score: of ``against``.
        contributions: all that tell the two apart, by falling absolute amount. Their
            sum is ``margin``, exactly.
        derivations: how the values were computed that add most, down to the tokens; of
            programs whose readout reads few variables that heads computed, or a single
            one that decides.
    """

    position: int | None
    token: str | None
    label: str
    against: str
    score: int
    against_score: int
    contributions: tuple[Contribution, ...]
    derivations: tuple[Step, ...] = ()

    def __rich__(self) -> RenderableType:
        """What adds to the margin, and how that was computed."""
        from transformer_programs.explain.drawing import draw_decision

        return draw_decision(self)

    def __repr__(self) -> str:
        return (
            f"<Decision {self.label!r} before {self.against!r}: margin {self.margin:,}>"
        )

    @property
    def margin(self) -> int:
        """The score of the label minus that of the other; 0 is a tie, first wins."""
        return self.score - self.against_score

    @property
    def by_word(self) -> tuple[WordTotal, ...]:
        """The contributions by the words that they come from, largest first.

        What comes from several words at once, such as a pair, belongs to none of them
        alone: it counts for the group of them. So the totals sum up to ``margin``.
        """
        groups: dict[tuple[int, ...], list[Contribution]] = {}
        for found in self.contributions:
            groups.setdefault(found.origin.places, []).append(found)
        totals = (
            WordTotal(places, group[0].origin.words, _sum(group), (*group,))
            for places, group in groups.items()
        )
        return tuple(sorted(totals, key=lambda t: (-abs(t.total), t.places)))

    @property
    def by_feature(self) -> tuple[FeatureTotal, ...]:
        """The contributions by variable and value, largest first.

        The totals sum up to ``margin``.
        """
        groups: dict[tuple[str, Value], list[Contribution]] = {}
        for found in self.contributions:
            key = (found.origin.variable, found.origin.value)
            groups.setdefault(key, []).append(found)
        totals = (
            FeatureTotal(*key, group[0].words, _sum(group), (*group,))
            for key, group in groups.items()
        )
        return tuple(sorted(totals, key=lambda t: -abs(t.total)))


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(Shown):
    """Why a program gives a sequence its label or its labels.

    Attributes:
        tokens: the bare sequence.
        decisions: one for classification, else one for every token.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> run = tp.train(task)
    >>> run.explain(["1", "0"]).labels
    ('0', '1')
    """

    tokens: tuple[str, ...]
    decisions: tuple[Decision, ...]

    def __rich__(self) -> RenderableType:
        """Every label, and why the closest won."""
        from transformer_programs.explain.drawing import draw_explanation

        return draw_explanation(self)

    def __repr__(self) -> str:
        return f"<Explanation of {_shortened(self.tokens)}: {_shortened(self.labels)}>"

    @property
    def labels(self) -> tuple[str, ...]:
        """What the program says: the label of every decision."""
        return tuple(decision.label for decision in self.decisions)


def explain(
    interpreter: Interpreter,
    tokens: Sequence[str],
    value_of: ValueOf,
    against: str | None = None,
    program: Program | None = None,
) -> Explanation:
    """Explain what a program says of one sequence.

    Args:
        interpreter: of the program.
        tokens: the sequence.
        value_of: what people call the value of an id.
        against: the label that the winner is compared with [default: the runner-up].
            Where this label itself wins, it is compared with the runner-up.
        program: whose statements are described, if the interpreter runs it at another
            length.

    Raises:
        InputError: If the program does not accept the tokens.
        SettingsError: If there is no such label, or no other label.
    """
    described, program = program or interpreter.program, interpreter.program
    _check(program, against)
    origins = Origins(interpreter, tokens, value_of)
    derivations = Derivations(origins, described)
    found = interpreter.scores(encode_batch(program.input, [tokens]))[0].tolist()
    words, offset = ClassWords(program), program.input.offset
    labels = program.readout.labels

    def decision(position: int | None, scores: list[int], read: range) -> Decision:
        winner, other = _compared(program, scores, against)
        pair = winner, other
        parts = sorted(
            _contributions(program, origins, words, pair, read),
            key=lambda part: -abs(part.amount),
        )
        return Decision(
            position,
            None if position is None else tokens[position],
            labels[winner],
            labels[other],
            scores[winner],
            scores[other],
            tuple(parts),
            tuple(_derived(program, derivations, parts)),
        )

    if program.tagging:
        decisions = tuple(
            decision(index - offset, found[index], range(index, index + 1))
            for index in range(offset, offset + len(tokens))
        )
    else:
        first = program.readout.pooling is Pooling.FIRST
        read = range(1 if first else len(origins.words))
        decisions = (decision(None, found, read),)
    return Explanation(tuple(tokens), decisions)


def difference(program: Program, term: Term, pair: tuple[int, int], index: int) -> int:
    """What the id of a term's variable adds to one label's score minus another's."""
    one, other = pair
    if program.domains[term.variable].numerical:
        return index * (term.weights[0][one] - term.weights[0][other])
    return term.weights[index][one] - term.weights[index][other]


def _contributions(
    program: Program,
    origins: Origins,
    words: ClassWords,
    pair: tuple[int, int],
    indices: range,
) -> Iterator[Contribution]:
    for term in program.readout.terms:
        ids = origins.ids[term.variable]
        for index in indices:
            amount = difference(program, term, pair, ids[index])
            if amount:
                origin = origins.of(term.variable, index)
                named = words.of(term.variable, ids[index])
                yield Contribution(amount, origin, named)


def _derived(
    program: Program, derivations: Derivations, parts: Sequence[Contribution]
) -> Iterator[Step]:
    """How the strongest values were computed, where few variables are read."""
    terms = program.readout.terms
    if len(terms) > _FEW:
        return
    alone = len(terms) == 1 and program.readout.pooling is not Pooling.MEAN
    for part in parts[:_FEW]:
        origin = part.origin
        if alone or derivations.looks_around(origin.variable):
            index = origin.position + program.input.offset
            yield derivations.of(origin.variable, index)


def _compared(
    program: Program, scores: list[int], against: str | None
) -> tuple[int, int]:
    """The label that wins, and the one that it is compared with."""
    order = sorted(range(len(scores)), key=lambda label: (-scores[label], label))
    winner, second = order[:2]
    if against is None or program.readout.labels[winner] == against:
        return winner, second
    return winner, program.readout.labels.index(against)


def _check(program: Program, against: str | None) -> None:
    labels = program.readout.labels
    if against is not None and against not in labels:
        raise SettingsError(
            f"no label {against!r}; the labels are {', '.join(map(repr, labels))}"
        )
    if len(labels) < 2:
        raise SettingsError(
            f"the program gives every input the label {labels[0]!r}: there is no other "
            "label to explain it against"
        )


def _shortened(words: Sequence[str]) -> str:
    """Words in a line, the first ones of many."""
    more = f" ... ({len(words)})" if len(words) > _NAMED else ""
    return repr(" ".join(words[:_NAMED]) + more)


def _sum(parts: Sequence[Contribution]) -> int:
    return sum(part.amount for part in parts)
