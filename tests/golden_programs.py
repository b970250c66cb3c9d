"""Programs written by hand, each with what it computes in plain Python."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from statements import counting, embedding
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Decide,
    Head,
    Pooling,
    Predicate,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.surface import Folding, Surface, SurfaceKind
from transformer_programs.language.types import Domain, InputFormat, Vocabulary

Tokens = tuple[str, ...]


@dataclass(frozen=True)
class Golden:
    """A program and its definition on bare tokens.

    ``words`` are tokens to try besides those of the vocabulary.
    """

    program: Program
    definition: Callable[[Tokens], list[str] | str]
    words: Tokens = ()

    @property
    def name(self) -> str:
        return self.program.name


def same(size: int) -> Predicate:
    """Every query matches the key with its own id."""
    return tuple((i,) for i in range(size))


def one_hot(size: int) -> tuple[tuple[int, ...], ...]:
    """A row of weights for every value: one for its own label."""
    return tuple(tuple(int(i == j) for j in range(size)) for i in range(size))


def _reverse() -> Golden:
    symbols = ("0", "1", "2")
    form = InputFormat(
        Vocabulary((*symbols, "<s>", "</s>")),
        max_length=7,
        begin="<s>",
        end="</s>",
        split="characters",
    )
    mirrored = tuple(
        max(end - here, 0) for end in range(form.max_length) for here in range(7)
    )
    statements = (
        Head("end", TOKENS, TOKENS, POSITIONS, ((4,),) * 5),
        Table("mirror", ("end", POSITIONS), mirrored, Domain.of_positions(7)),
        Head("mirrored", "mirror", POSITIONS, TOKENS, same(7)),
    )
    weights = (*one_hot(3), (0, 0, 0), (0, 0, 0))
    readout = Readout(symbols, (Term("mirrored", weights),))
    return Golden(
        Program("reverse", form, statements, readout), lambda tokens: [*tokens[::-1]]
    )


def _hist() -> Golden:
    form = InputFormat(Vocabulary(("<s>", "0", "1", "2")), max_length=6, begin="<s>")
    labels = ("1", "2", "3", "4", "5")
    statements = (
        counting("frequency", TOKENS, TOKENS, ONES, same(4)),
        Table("label", ("frequency",), (0, 0, 1, 2, 3, 4, 4), Domain.of_tokens(labels)),
    )
    readout = Readout(labels, (Term("label", one_hot(5)),))

    def hist(tokens: Tokens) -> list[str]:
        counts = Counter(tokens)
        return [str(counts[token]) for token in tokens]

    return Golden(Program("hist", form, statements, readout), hist)


def _opinion() -> Golden:
    words = ("<unk>", "bad", "good", "not")
    form = InputFormat(Vocabulary(words, unknown="<unk>"), max_length=5, split="words")
    before = ((), *((i - 1,) for i in range(1, 5)))
    polarity = {(w, p): 1 for p in words for w in words}
    polarity |= {("good", p): 0 if p == "not" else 2 for p in words}
    polarity |= {("bad", p): 2 if p == "not" else 0 for p in words}
    statements = (
        Head("previous", POSITIONS, POSITIONS, TOKENS, before, Scope.BEFORE),
        Table(
            "polarity",
            ("previous", TOKENS),
            tuple(polarity[w, p] for p in words for w in words),
            Domain.of_numbers(2),
        ),
    )
    readout = Readout(
        ("neutral", "positive", "negative"),
        (Term("polarity", ((0, 1, -1),)), Term(ONES, ((0, -1, 1),))),
        Pooling.MEAN,
    )

    def opinion(tokens: Tokens) -> str:
        total = 0
        for i, token in enumerate(tokens):
            sign = -1 if i and tokens[i - 1] == "not" else 1
            total += sign * {"good": 1, "bad": -1}.get(token, 0)
        return "neutral" if total == 0 else "positive" if total > 0 else "negative"

    return Golden(Program("opinion", form, statements, readout), opinion)


def _quotes() -> Golden:
    """Every kind of statement, awkward tokens, and a name that Python reserves."""
    characters = ('"', "\\", "\n", "é", "</s>")
    form = InputFormat(Vocabulary(characters), max_length=6, end="</s>")
    roles = ("open", "close", "in", "out")
    before = ((), *((i - 1,) for i in range(1, 6)))
    statements = (
        embedding("class", (1, 2, 0, 0, 0), Domain.of_classes(3)),
        Head("previous", POSITIONS, POSITIONS, "class", before, Scope.BEFORE),
        # A quote counts unless a backslash stands before it.
        Table(
            "quote",
            ("previous", "class"),
            (0, 1, 0, 0, 1, 0, 0, 0, 0),
            Domain.of_numbers(1),
        ),
        counting("quotes", ONES, "quote", "quote", ((), (1,)), Scope.BEFORE),
        Table("inside", ("quotes",), (0, 1, 0, 1, 0, 1), Domain.of_classes(2)),
        Table("role", ("inside", "quote"), (3, 0, 2, 1), Domain.of_tokens(roles)),
        Head("latest", ONES, "quote", "role", ((), (1,)), Scope.CAUSAL),
    )
    weights = tuple(tuple(10 * w for w in row) for row in one_hot(4))
    readout = Readout(roles, (Term("role", weights), Term("latest", one_hot(4))))

    def quotes(tokens: Tokens) -> list[str]:
        labels, inside = [], False
        for i, token in enumerate(tokens):
            if token == '"' and not (i and tokens[i - 1] == "\\"):
                labels.append("close" if inside else "open")
                inside = not inside
            else:
                labels.append("in" if inside else "out")
        return labels

    return Golden(Program("quotes", form, statements, readout), quotes)


def _names() -> Golden:
    """Folded words, and what the characters of words say, known or not."""
    shape = Surface("shape", SurfaceKind.SHAPE, ("x", "Xx", "d", "d.d", "other"))
    suffix = Surface("suffix", SurfaceKind.SUFFIX, ("ing", "mr.", "other"), 3)
    form = InputFormat(
        Vocabulary(("<unk>", "the", "mr.", "0", "<s>"), unknown="<unk>"),
        max_length=4,
        begin="<s>",
        folding=Folding(lowercase=True, digits=True),
        surfaces=(shape, suffix),
        split="whitespace",
    )
    kinds = ("word", "name", "number", "verb")
    by_shape = (0, 1, 2, 2, 0)
    verb = ("x", "ing")
    statements = (
        Table(
            "kind",
            ("shape", "suffix"),
            tuple(
                3 if (one, end) == verb else by_shape[index]
                for index, one in enumerate(shape.values)
                for end in suffix.values
            ),
            Domain.of_classes(4),
        ),
        Head(
            "title",
            POSITIONS,
            POSITIONS,
            TOKENS,
            ((), *((i - 1,) for i in range(1, 4))),
            Scope.BEFORE,
        ),
        # What follows "Mr." is a name, however it is written; "The" never is.
        Table(
            "named",
            ("title", TOKENS),
            tuple(
                1 if before == 2 else 2 if word == 1 else 0
                for before in range(5)
                for word in range(5)
            ),
            Domain.of_classes(3),
        ),
    )
    weights = tuple(tuple(2 * w for w in row) for row in one_hot(4))
    named = ((0, 0, 0, 0), (0, 3, 0, 0), (3, 0, 0, 0))
    readout = Readout(kinds, (Term("kind", weights), Term("named", named)))

    def names(tokens: Tokens) -> list[str]:
        labels = []
        for i, token in enumerate(tokens):
            if i and tokens[i - 1].lower() == "mr.":
                labels.append("name")
            elif token.lower() == "the":
                labels.append("word")
            elif token.islower() and token.isalpha() and token.endswith("ing"):
                labels.append("verb")
            elif all(part.isdecimal() for part in token.split(".", 1)):
                labels.append("number")
            else:
                titled = re.fullmatch("[A-Z]+[a-z]+", token)
                labels.append("name" if titled else "word")
        return labels

    words = ("The", "MR.", "12", "3.14", "Ada", "USA", "going", "Going", "\u0663", "")
    return Golden(Program("names", form, statements, readout), names, words)


_TAGS = ("noun", "verb", "other")

_BY_WORD = {  # how much each tag is favoured
    "saw": (3, 3, 0),
    "walk": (2, 3, 0),
    "dog": (5, 0, 0),
    "they": (4, 0, 1),
}

_BY_TAG_BEFORE = {"noun": (0, 2, 0), "verb": (1, -2, 0), "other": (2, 0, 0)}


def _rounds() -> Golden:
    # A first decision by the word, a second one that also reads the first one of the
    # word before, and two that compare how many nouns and verbs there are so far.
    words = ("saw", "walk", "dog", "they", "the")
    form = InputFormat(Vocabulary((*words, "<s>")), max_length=7, begin="<s>")
    tags, nothing = Domain.of_tokens(_TAGS), (0, 0, 0)
    by_word = (*(_BY_WORD.get(word, (0, 0, 2)) for word in words), nothing)
    every = ((0, 1, 2),) * 3
    named = {tag: ((i,),) * 2 for i, tag in enumerate(_TAGS)}
    of_word = Term(TOKENS, by_word)
    before = Term("before", tuple(_BY_TAG_BEFORE[tag] for tag in _TAGS))
    more = (Term("verbs", ((4, 0),)), Term("nouns", ((0, 2),)), Term(ONES, ((1, 0),)))
    most = (Term("nouns", ((1, 0, 0),)), Term("verbs", ((0, 1, 0),)))
    statements = (
        Decide("tag_1", (of_word,), tags),
        Head("before", "tag_1", "tag_1", "tag_1", every, Scope.BEFORE),
        Decide("tag_2", (of_word, before), tags),
        counting("nouns", ONES, "tag_2", ONES, named["noun"], Scope.CAUSAL),
        counting("verbs", ONES, "tag_2", ONES, named["verb"], Scope.CAUSAL),
        Decide("more_nouns", more, Domain.of_classes(2)),
        Decide("most", most, tags),
    )
    terms = (
        Term("tag_2", tuple((*row, 0) for row in one_hot(3))),
        Term("more_nouns", ((0, 0, 0, 0), (0, 0, 0, 2))),
        Term("most", ((0, 0, 0, 0), (0, 0, 0, 3), (0, 0, 0, 0))),
    )
    program = Program("rounds", form, statements, Readout((*_TAGS, "many"), terms))
    return Golden(program, _tagged)


def _tagged(tokens: Tokens) -> list[str]:
    found, words = [], ["<s>", *tokens]

    def weights(word: str) -> tuple[int, int, int]:
        return (0, 0, 0) if word == "<s>" else _BY_WORD.get(word, (0, 0, 2))

    def best(scores: list[int]) -> str:
        return _TAGS[scores.index(max(scores))]

    first = [best([*weights(word)]) for word in words]
    second = [
        best([a + b for a, b in zip(weights(word), _BY_TAG_BEFORE[left], strict=True)])
        for word, left in zip(words, [first[0], *first], strict=False)
    ]
    for end in range(2, len(words) + 1):
        nouns, verbs = second[:end].count("noun"), second[:end].count("verb")
        many = 2 * (2 * nouns > 4 * verbs + 1) + 3 * (verbs > nouns)
        found.append("many" if many > 1 else second[end - 1])
    return found


GOLDEN = (_reverse(), _hist(), _opinion(), _quotes(), _names(), _rounds())
BY_NAME = {golden.name: golden for golden in GOLDEN}
