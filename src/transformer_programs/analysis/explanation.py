"""Why a label won: what every value added to its score, against another label's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transformer_programs.analysis.derivation import (
    Derivations,
    Step,
    ValueOf,
    ValueOrigin,
)
from transformer_programs.analysis.occurrences import ClassWords
from transformer_programs.analysis.schemes import follows_in
from transformer_programs.errors import SettingsError
from transformer_programs.language import (
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

_NAMED = 10  # words that a line names

# Values whose computation is shown, and the most variables that a readout may read for
# it: more are evidence that is added up.
_FEW = 3


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
    origin: ValueOrigin
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """All that one word, group of words, or value of a variable adds.

    Attributes:
        words: the words as they were typed; or, of a value that is a class of words,
            the most frequent ones of it.
        contributions: the contributions, largest first.
    """

    words: tuple[str, ...]
    contributions: tuple[Contribution, ...]

    @property
    def total(self) -> int:
        """The sum of the contributions."""
        return sum(part.amount for part in self.contributions)

    @property
    def places(self) -> tuple[int, ...]:
        """The positions of the words, rising; none for what depends on no word."""
        return self.contributions[0].origin.places

    @property
    def times(self) -> int:
        """In how many places the words stand."""
        return len({part.origin.places for part in self.contributions})

    @property
    def variable(self) -> str:
        """The variable that has the value."""
        return self.contributions[0].origin.variable

    @property
    def value(self) -> Value:
        """The value."""
        return self.contributions[0].origin.value


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
        from transformer_programs.analysis.drawing import draw_decision

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
    def by_word(self) -> tuple[Total, ...]:
        """The contributions by the words that they come from, largest first.

        What comes from several words at once, such as a pair, belongs to none of them
        alone: it counts for the group of them. So the totals sum up to ``margin``.
        """
        groups: dict[tuple[int, ...], list[Contribution]] = {}
        for found in self.contributions:
            groups.setdefault(found.origin.places, []).append(found)
        totals = (Total(g[0].origin.words, (*g,)) for g in groups.values())
        return tuple(sorted(totals, key=lambda t: (-abs(t.total), t.places)))

    @property
    def by_phrase(self) -> tuple[Total, ...]:
        """The contributions by phrase: like ``by_word``, equal words together.

        The totals sum up to ``margin``.
        """
        groups: dict[tuple[tuple[str, ...], ...], list[Contribution]] = {}
        for found in self.contributions:
            places = found.origin.places
            steps = tuple(str(place - places[0]) for place in places)
            groups.setdefault((found.origin.words, steps), []).append(found)
        totals = (Total(g[0].origin.words, (*g,)) for g in groups.values())
        return tuple(sorted(totals, key=lambda t: (-abs(t.total), t.places)))

    @property
    def by_feature(self) -> tuple[Total, ...]:
        """The contributions by variable and value, largest first.

        The totals sum up to ``margin``.
        """
        groups: dict[tuple[str, Value], list[Contribution]] = {}
        for found in self.contributions:
            key = (found.origin.variable, found.origin.value)
            groups.setdefault(key, []).append(found)
        totals = (Total(g[0].words, (*g,)) for g in groups.values())
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
        from transformer_programs.analysis.drawing import draw_explanation

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
    described: Program | None = None,
) -> Explanation:
    """Explain what a program says of one sequence.

    Args:
        interpreter: of the program.
        tokens: the sequence.
        value_of: what people call the value of an id.
        against: the label that the winner is compared with [default: the runner-up].
            Where this label itself wins, it is compared with the runner-up. This is the
            best of the others, of tags of entities the best that may follow the tag
            before.
        described: whose statements are described, if that is the same program at
            another length.

    Raises:
        InputError: If the program does not accept the tokens.
        SettingsError: If there is no such label, or no other label.
    """
    program, labels = interpreter.program, interpreter.program.readout.labels
    _check(labels, against)
    derivations = Derivations(interpreter, tokens, value_of, described)
    found = interpreter.scores(encode_batch(program.input, [tokens]))[0].tolist()
    words, offset = ClassWords(program), program.input.offset
    follows = follows_in(labels)

    def decision(position: int | None, scores: list[int], read: range) -> Decision:
        order = sorted(range(len(scores)), key=lambda label: -scores[label])
        winner, other = order[:2]
        if position is not None:
            before = None
            if position:
                row = found[position - 1 + offset]
                before = labels[row.index(max(row))]
            others = (label for label in order[1:] if follows(before, labels[label]))
            other = next(others, other)
        if against is not None and labels[winner] != against:
            other = labels.index(against)
        parts = sorted(
            _contributions(program, derivations, words, (winner, other), read),
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
        decisions = [
            decision(i, found[i + offset], range(i + offset, i + offset + 1))
            for i in range(len(tokens))
        ]
    else:
        first = program.readout.pooling is Pooling.FIRST
        read = range(1 if first else len(derivations.words))
        decisions = [decision(None, found, read)]
    return Explanation(tuple(tokens), tuple(decisions))


def difference(program: Program, term: Term, pair: tuple[int, int], index: int) -> int:
    """Return what an id of a term's variable adds to one score minus another."""
    one, other = pair
    if program.domains[term.variable].numerical:
        return index * (term.weights[0][one] - term.weights[0][other])
    return term.weights[index][one] - term.weights[index][other]


def _contributions(
    program: Program,
    derivations: Derivations,
    words: ClassWords,
    pair: tuple[int, int],
    indices: range,
) -> Iterator[Contribution]:
    for term in program.readout.terms:
        name, ids = term.variable, derivations.ids[term.variable]
        for index in indices:
            amount = difference(program, term, pair, ids[index])
            if amount:
                origin = derivations.origin(name, index)
                yield Contribution(amount, origin, words.of(name, ids[index]))


def _derived(
    program: Program, derivations: Derivations, parts: Sequence[Contribution]
) -> Iterator[Step]:
    # How the strongest values were computed, where few variables are read.
    terms = program.readout.terms
    if len(terms) > _FEW:
        return
    alone = len(terms) == 1 and program.readout.pooling is not Pooling.MEAN
    for part in parts[:_FEW]:
        name, index = part.origin.variable, part.origin.position + program.input.offset
        if alone or derivations.looks_around(name):
            yield derivations.step(name, index)


def _check(labels: Sequence[str], against: str | None) -> None:
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
    more = f" ... ({len(words)})" if len(words) > _NAMED else ""
    return repr(" ".join(words[:_NAMED]) + more)
