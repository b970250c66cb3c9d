"""Generation: labels of causal programs that say which token may follow.

A label is read by what it is made of. It is the next token; or it lists the tokens that
are allowed next, with a sign that says that the sequence may end, as in ``ab$``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transformer_programs.errors import InputError, SettingName, SettingsError
from transformer_programs.language import InputFormat, tokens_of

if TYPE_CHECKING:
    from transformer_programs.runs.runnable import Program

_NAMED = 8
"""Labels and tokens that messages name."""


@dataclass(frozen=True, slots=True)
class Following:
    """What a label says of the next token.

    Attributes:
        tokens: The tokens that may follow, in the order of the label.
        ends: Whether the sequence may end.
    """

    tokens: tuple[str, ...]
    ends: bool

    def __str__(self) -> str:
        """Return what may follow, in words."""
        named = [*map(repr, self.tokens), *(["the end"] if self.ends else [])]
        return " or ".join(named) or "nothing"


@dataclass(frozen=True, slots=True)
class Generated:
    """A sequence that a program went on with.

    Attributes:
        tokens: All tokens, those of the beginning included.
        given: The number of tokens of the beginning.
        ended: Why it ends here, in words.

    >>> rows = [(["a", "b"] * n, ["b", "a"] * n) for n in range(1, 20)]
    >>> run = tp.train(tp.labelled_sequences(rows), causal=True)
    >>> print(run.generate(["a"], most=5))
    a b a b a
    """

    tokens: tuple[str, ...]
    given: int
    ended: str
    joint: str = " "

    def __str__(self) -> str:
        """Return the tokens as a text."""
        return self.joint.join(self.tokens)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether every token of a sequence is allowed by the label before it.

    It is true if every one is, and the sequence may end.

    Attributes:
        allowed: Whether it is so.
        position: Index of the first token that is not allowed; the number of tokens
            where the sequence may not end; None if it is allowed.
        label: The label that decides there; the last one if it is allowed.
        expected: What this label allows.
        sentence: All of it in words.
    """

    allowed: bool
    position: int | None
    label: str
    expected: Following
    sentence: str

    def __bool__(self) -> bool:
        return self.allowed


def last_label(program: Program, tokens: Sequence[str], *, any_length: bool) -> str:
    """Return the label at the last token; see ``Program.next``."""
    check_causal(program, "next")
    tokens = _given(program, tokens)
    (labels,) = program.batch([tokens], any_length=any_length)
    return labels[-1]


def generate(
    program: Program,
    tokens: Sequence[str],
    *,
    most: int | None,
    stop: str | None,
    seed: int,
) -> Generated:
    """Go on with a sequence; see ``Program.generate``."""
    check_causal(program, "generate")
    meant = meanings(program.input, program.readout.labels, stop)
    form, grown = program.input, list(_given(program, tokens))
    count, given = form.max_bare_length if most is None else most, len(grown)
    if count < 1:
        raise SettingsError("expected ", SettingName("most"), f" >= 1, got {count}")
    if given > count:
        more = "" if most else "; ask for more with most (--most)"
        raise InputError(f"too long: {given} tokens to begin with, of {count}{more}")
    if count > form.max_bare_length:  # what is causal says the same of the beginning
        program = program.resize(count + form.frame_size)
    chance = random.Random(seed)
    ended = f"{count} tokens are the most that were asked for"
    if most is None:
        ended = f"{count} tokens are the most that the program takes"
    while len(grown) < count:
        (labels,) = program.batch([grown])
        label = labels[-1]
        # Of equally likely tokens one, or the end; ``random`` is the same everywhere.
        following = meant(label)
        choices: list[str | None] = [*following.tokens]
        choices += [None] if following.ends else []
        if not choices:
            ended = f"the label {label!r} allows nothing"
            break
        token = choices[int(chance.random() * len(choices))]
        if token is None:
            ended = f"the label {label!r}"
            break
        grown.append(token)
    joint = "" if form.split == "characters" else " "
    return Generated(tuple(grown), given, ended, joint)


def allows(
    program: Program, tokens: Sequence[str], *, stop: str | None, any_length: bool
) -> Allowance:
    """Check every token by the label before it; see ``Program.allows``."""
    check_causal(program, "allows")
    form, tokens = program.input, _given(program, tokens)
    meant = meanings(form, program.readout.labels, stop)
    (labels,) = program.batch([tokens], any_length=any_length)
    for position, (label, token) in enumerate(zip(labels, tokens[1:], strict=False), 1):
        following = meant(label)
        if not any(_same(form, token, other) for other in following.tokens):
            sentence = (
                f"not allowed: {token!r} at position {position}: after "
                f"{' '.join(tokens[:position])!r} the label {label!r} allows "
                f"{following}"
            )
            return Allowance(False, position, label, following, sentence)
    last, following = labels[-1], meant(labels[-1])
    ends = following.ends or not meant.judges_ends
    if not ends:
        sentence = (
            f"not allowed: the end after {len(tokens)} tokens: the last label "
            f"{last!r} allows {following}"
        )
        return Allowance(False, len(tokens), last, following, sentence)
    sentence = "allowed: every token by the label before it"
    sentence += ", and the end by the last" if meant.judges_ends else ""
    return Allowance(True, None, last, following, sentence)


def check_causal(program: Program, method: str) -> None:
    """Check that labels can be asked for token by token.

    Raises:
        SettingsError: If a label is of a whole sequence, or may change as it grows.
    """
    from transformer_programs.verify import later_head  # it loads the data

    if not program.tagging:
        raise SettingsError(
            f"{method}: {program.name} gives one label for a whole sequence, which "
            "says nothing of the next token; a label per token is needed"
        )
    if (name := later_head(program)) is not None:
        raise SettingsError(
            f"{method}: the label of a token may change as the sequence grows, because "
            f"head {name} of {program.name} looks at later tokens; learn with causal "
            "(--causal) a program whose heads do not"
        )


class Meanings:
    """What labels say of the next token.

    Attributes:
        judges_ends: Whether any label says that the sequence may end.
    """

    def __init__(self, known: dict[str, Following]) -> None:
        self._known = known
        self.judges_ends = any(following.ends for following in known.values())

    def __call__(self, label: str) -> Following:
        """Return what a label says."""
        return self._known[label]


def meanings(form: InputFormat, labels: Iterable[str], stop: str | None) -> Meanings:
    """Return what labels say of the next token, by what they are made of.

    A label is a token, or a sign; or it is made of tokens, and perhaps a sign that
    says that the sequence may end: separated by commas or white space if any is, else
    one character each. A sign alone ends the sequence as well, unless another one ends
    it: then nothing may follow.

    Raises:
        SettingsError: If they are neither, or ``stop`` is nothing that labels say.
    """
    labels = tuple(labels)
    said = _as_sets(form, labels) or _as_tokens(form, labels)
    if said is None:
        raise SettingsError(
            "expected labels that say what may follow: each the next token, or the "
            "tokens that are allowed next with one sign for the end, such as "
            f"{_example(form)!r}; got the labels {_shown(labels)}, and the tokens "
            f"{_shown(form.symbols)}"
        )
    signs = dict.fromkeys(sign for _, sign in said.values() if sign is not None)
    together = dict.fromkeys(sign for tokens, sign in said.values() if tokens and sign)
    named = {*labels, *signs, *(t for tokens, _ in said.values() for t in tokens)}
    if stop is not None and stop not in named:
        raise SettingsError(
            "expected ", SettingName("stop"), f" to be one of the labels "
            f"{_shown(labels)}, or a sign in them, got {stop!r}"
        )  # fmt: skip
    ending = {stop} if stop in signs else {*(together or signs)}
    sets = bool(together) or any(len(tokens) > 1 for tokens, _ in said.values())
    if sets and len(ending) > 1:
        raise SettingsError(
            f"expected one sign for the end in the labels {_shown(labels)}, got "
            f"{_shown(ending)}; say which one ends with ", SettingName("stop"),
        )  # fmt: skip
    return Meanings(
        {
            label: Following(
                tuple(token for token in tokens if token != stop),
                stop in tokens or sign in ending or not (tokens or sets),
            )
            for label, (tokens, sign) in said.items()
        }
    )


_Said = dict[str, tuple[tuple[str, ...], str | None]]
"""The tokens in every label, and the sign in it."""


def _as_tokens(form: InputFormat, labels: Sequence[str]) -> _Said | None:
    # Each label is the next token, or a sign; None if none is a token, or if some are
    # made of tokens.
    made = [x for x in labels if not form.knows(x) and all(map(form.knows, x))]
    if made or not any(map(form.knows, labels)):
        return None
    return {x: ((x,), None) if form.knows(x) else ((), x) for x in labels}


def _as_sets(form: InputFormat, labels: Sequence[str]) -> _Said | None:
    # Each label is made of tokens and at most one sign, and some of more than one of
    # them; None if they are not.
    split = _splitting(form, labels)
    said: _Said = {}
    for label in labels:
        parts = (label,) if form.knows(label) else split(label)
        tokens = tuple(dict.fromkeys(part for part in parts if form.knows(part)))
        signs = dict.fromkeys(part for part in parts if not form.knows(part))
        if not tokens:
            said[label] = (), label
        elif len(signs) <= 1:
            said[label] = tokens, next(iter(signs), None)
        else:
            return None
    together = {sign for tokens, sign in said.values() if tokens and sign}
    several = together or any(len(tokens) > 1 for tokens, _ in said.values())
    return said if several and len(together) <= 1 else None


def _splitting(
    form: InputFormat, labels: Iterable[str]
) -> Callable[[str], Sequence[str]]:
    # Into characters, unless labels are separated by what is no token itself.
    marks = [mark for mark in (",", " ", "\t") if not form.knows(mark)]
    between = re.compile(f"[{''.join(marks)}]+") if marks else None
    made = [label for label in labels if not form.knows(label)]
    if between is not None and any(map(between.search, made)):
        return lambda label: [part for part in between.split(label) if part]
    return list


def _given(program: Program, tokens: Sequence[str]) -> Sequence[str]:
    tokens = tokens_of(program.input, tokens)
    if not tokens:
        raise InputError(
            "expected at least one token to begin with, got none: a label stands at "
            "each token and says what follows it"
        )
    return tokens


def _same(form: InputFormat, token: str, other: str) -> bool:
    # Whether both are read as the same word.
    if token == other:
        return True
    words = form.word_ids(form.encode([token])[form.offset])
    return bool(words == form.word_ids(form.encode([other])[form.offset]))


def _example(form: InputFormat) -> str:
    some = form.symbols[:2]
    return "".join((*some, "$")) if all(len(t) == 1 for t in some) else f"{some[0]} $"


def _shown(names: Iterable[str]) -> str:
    names = list(names)
    more = f", ... ({len(names)} in all)" if len(names) > _NAMED else ""
    return ", ".join(map(repr, names[:_NAMED])) + more
