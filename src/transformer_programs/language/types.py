"""The values that a program speaks of: domains, variables, vocabularies, inputs.

Everything here is frozen plain data. A *value* is what people read (a token, a
position, a number); its *id* is its index in its domain, which is what the
interpreter and the models compute with.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from transformer_programs.errors import InputError
from transformer_programs.language.surface import Folding, Splitting, Surface

Codes = TypeVar("Codes")
"""A number, or an array of numbers: of numpy or of PyTorch."""

MOST_REMEMBERED = 1 << 18  # codes of different tokens are kept

Value = str | int
"""What a variable holds, as a person reads it."""


class Kind(StrEnum):
    """What the values of a domain are."""

    TOKEN = "token"
    POSITION = "position"
    CLASS = "class"
    """Anonymous values 0, 1, ...: learned word classes, outputs of tables."""
    NUMBER = "number"
    """Non-negative integers 0..bound, which can be summed."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A finite, ordered set of values.

    Attributes:
        kind: what the values are.
        size: how many there are; ids run from 0 to ``size - 1``.
        tokens: the values of a ``TOKEN`` domain, in order of their ids; empty for
            the other kinds, whose values are the ids themselves.

    >>> tp.Domain.of_numbers(3).size  # 0 to 3
    4
    """

    kind: Kind
    size: int
    tokens: tuple[str, ...] = ()

    @classmethod
    def of_tokens(cls, tokens: Iterable[str]) -> Domain:
        """Return the domain of some printable values."""
        values = tuple(tokens)
        return cls(Kind.TOKEN, len(values), values)

    @classmethod
    def of_positions(cls, max_length: int) -> Domain:
        """Positions 0..max_length - 1."""
        return cls(Kind.POSITION, max_length)

    @classmethod
    def of_classes(cls, size: int) -> Domain:
        """Anonymous values 0..size - 1."""
        return cls(Kind.CLASS, size)

    @classmethod
    def of_numbers(cls, bound: int) -> Domain:
        """Numbers 0..bound, both included."""
        return cls(Kind.NUMBER, bound + 1)

    @property
    def numerical(self) -> bool:
        """Whether the values are quantities that a head can sum."""
        return self.kind is Kind.NUMBER

    @property
    def bound(self) -> int:
        """The largest id, which for numbers is the largest value."""
        return self.size - 1

    @property
    def values(self) -> Sequence[Value]:
        """Every value, in order of the ids."""
        return self.tokens if self.kind is Kind.TOKEN else range(self.size)

    def value(self, index: int) -> Value:
        """Return the value with this id."""
        return self.tokens[index] if self.kind is Kind.TOKEN else index


_NAMED = 20  # tokens that are named where a vocabulary is shown


@dataclass(frozen=True, repr=False)
class Vocabulary:
    """The tokens that a program knows, in order of their ids.

    Attributes:
        tokens: distinct tokens.
        unknown: the token that stands for every token outside the vocabulary (one of
            ``tokens``), or None if such a token is an error.

    >>> tp.Vocabulary(("<unk>", "a", "b"), unknown="<unk>").unknown
    '<unk>'
    """

    tokens: tuple[str, ...]
    unknown: str | None = None

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of every token."""
        return {token: index for index, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        named = ", ".join(map(repr, self.tokens[:_NAMED]))
        more = f", ... ({len(self):,})" if len(self) > _NAMED else ""
        unknown = "" if self.unknown is None else f", unknown={self.unknown!r}"
        return f"Vocabulary({named}{more}{unknown})"

    def __contains__(self, token: str) -> bool:
        return token in self.ids


@dataclass(frozen=True)
class InputFormat:
    """Which token sequences a program accepts, and how they are framed.

    The user passes bare tokens; ``begin`` and ``end`` are added around them where they
    are given, and the labels of the added positions are taken away again.

    A token is encoded as one number, its *code*: the id of its word in the vocabulary,
    plus the size of the vocabulary times its *signature*, which is the number whose
    digits are the ids of its surfaces, the last surface running fastest. Without
    surfaces a code is the id of a word.

    Attributes:
        vocabulary: the known tokens, with ``begin`` and ``end`` among them.
        max_length: the most tokens after framing; the least is 1.
        begin: the token put before every sequence, if any.
        end: the token put after every sequence, if any.
        folding: how bare tokens are changed before they are looked up, if at all.
        surfaces: the variables that are computed from the characters of tokens.
        split: how a text becomes tokens; None if the program knows lists of tokens
            alone.

    >>> words = tp.Vocabulary(("<s>", "a", "b"))
    >>> tp.InputFormat(words, max_length=9, begin="<s>").max_bare_length
    8
    """

    vocabulary: Vocabulary
    max_length: int
    begin: str | None = None
    end: str | None = None
    folding: Folding | None = None
    surfaces: tuple[Surface, ...] = ()
    split: Splitting | None = None

    @property
    def frame(self) -> tuple[str, ...]:
        """The tokens that are added."""
        return tuple(token for token in (self.begin, self.end) if token is not None)

    @property
    def frame_size(self) -> int:
        """How many tokens the frame adds: 0, 1 or 2."""
        return len(self.frame)

    @property
    def offset(self) -> int:
        """The framed position of the first bare token: 0 or 1."""
        return int(self.begin is not None)

    @property
    def min_bare_length(self) -> int:
        """The fewest tokens that the user may pass: 1, or 0 inside a frame."""
        return int(not self.frame)

    @property
    def max_bare_length(self) -> int:
        """The most tokens that the user may pass."""
        return self.max_length - self.frame_size

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The tokens that a bare sequence may hold: all but the frame's."""
        return tuple(t for t in self.vocabulary.tokens if t not in self.frame)

    @cached_property
    def _symbol_ids(self) -> dict[str, int]:
        return {token: self.vocabulary.ids[token] for token in self.symbols}

    @cached_property
    def _codes(self) -> dict[str, int]:
        # Of tokens that were met: computing one takes as long as many look-ups.
        return {}

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """Return the codes of the framed sequence.

        Raises:
            InputError: For too many tokens, too few, one that is no string, or an
                unknown one where the vocabulary has no unknown token.
        """
        if isinstance(tokens, str):
            raise InputError(f"expected a list of tokens, got the text {tokens!r}")
        self._check_length(len(tokens))
        for position, token in enumerate(tokens):
            if not isinstance(token, str):
                raise InputError(
                    f"expected strings as tokens, got {token!r} at position {position}"
                )
        known, unknown = self._symbol_ids, self.vocabulary.unknown
        stand_in = -1 if unknown is None else known[unknown]
        if self.reads_characters:
            body = [self._code(token, stand_in) for token in tokens]
        else:
            body = [known.get(token, stand_in) for token in tokens]
        if -1 in body:
            position = body.index(-1)
            shown = ", ".join(map(repr, self.symbols[:_NAMED]))
            count = len(self.symbols)
            more = "" if count <= _NAMED else f", ... ({count} in all)"
            raise InputError(
                f"unknown token {tokens[position]!r} at position {position}; "
                f"known tokens: {shown}{more}"
            )
        head = [] if self.begin is None else [self.frame_code(self.begin)]
        tail = [] if self.end is None else [self.frame_code(self.end)]
        return head + body + tail

    def _check_length(self, length: int) -> None:
        if length > self.max_bare_length:
            raise InputError(
                f"too long: {length} tokens, at most {self.max_bare_length} are allowed"
            )
        if length < self.min_bare_length:
            raise InputError(
                f"empty sequence: at least {self.min_bare_length} token is needed "
                f"(and at most {self.max_bare_length})"
            )

    def _code(self, token: str, stand_in: int) -> int:
        codes = self._codes
        if token not in codes:
            if len(codes) >= MOST_REMEMBERED:
                codes.clear()
            word = self._symbol_ids.get(self._folded(token), stand_in)
            signature = 0
            for surface in self.surfaces:
                signature = signature * len(surface.values) + surface.id_of(token)
            codes[token] = word if word < 0 else word + len(self.vocabulary) * signature
        return codes[token]

    def _folded(self, token: str) -> str:
        return token if self.folding is None else self.folding.fold(token)

    def accepts(self, token: str) -> bool:
        """Whether a bare token may be passed."""
        return self.vocabulary.unknown is not None or self.knows(token)

    def knows(self, token: str) -> bool:
        """Whether a bare token is read as a word of its own, not as the unknown one."""
        return self._folded(token) in self._symbol_ids

    @property
    def reads_characters(self) -> bool:
        """Whether more is read of a token than whether it is in the vocabulary."""
        return self.folding is not None or bool(self.surfaces)

    @cached_property
    def signatures(self) -> int:
        """How many combinations of surface values there are; 1 without surfaces."""
        return math.prod(len(surface.values) for surface in self.surfaces)

    @property
    def code_count(self) -> int:
        """How many codes there are; many of them may stand for no token."""
        return len(self.vocabulary) * self.signatures

    def frame_code(self, token: str) -> int:
        """The code of a token of the frame: it has the last value of each surface."""
        return self.vocabulary.ids[token] + len(self.vocabulary) * (self.signatures - 1)

    def word_ids(self, codes: Codes) -> Codes:
        """Return the ids of the words that codes stand for."""
        if not self.surfaces:
            return codes
        numbers: Any = codes
        words: Codes = numbers % len(self.vocabulary)
        return words

    def surface_ids(self, codes: Codes, name: str) -> Codes:
        """Return the ids of the values of the surface ``name`` that codes stand for."""
        index = [surface.name for surface in self.surfaces].index(name)
        sizes = [len(surface.values) for surface in self.surfaces]
        numbers: Any = codes
        signatures = numbers // len(self.vocabulary)
        ids: Codes = signatures // math.prod(sizes[index + 1 :]) % sizes[index]
        return ids
