"""Do labels stay the same when tokens are renamed, or are they renamed alike?

A renaming is a permutation of the tokens that a bare input may hold. The unknown token
keeps its name, because it is none: it stands for all tokens that have no other; and the
tokens of the frame, which no input holds. So a renamed input is an input.

Two renamings are enough to know of all. Say that one is *kept* if, on every input, the
labels of the renamed input are those of the input (renamed alike, where that is
claimed). Of two that are kept, so is the one after the other: the input that the first
makes is one of those on which the second is kept. All permutations are made of one swap
of the first two tokens and one cycle through all, by doing these one after the other.
Renamings keep the length of an input, so this holds for the inputs of every length by
themselves: a counterexample to any renaming means one of the same length to one of the
two. The cycle in turn is made of swaps, so there is also one to a swap.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import Target
from transformer_programs.errors import SettingsError
from transformer_programs.program import Batch, Interpreter, Program
from transformer_programs.verify.claims import (
    Check,
    Claim,
    Ids,
    Mask,
    at_some_token,
    said,
)
from transformer_programs.verify.judgement import Counterexample, Tokens, shown

Renaming = dict[str, str]
"""The new names; a token that is not in it keeps its own."""


def renaming(interpreter: Interpreter) -> Claim:
    """The same labels for renamed tokens."""
    text = f"the same when {_tokens(interpreter.program)} are renamed"
    return _claim(interpreter, text, with_labels=False)


def renaming_with_labels(interpreter: Interpreter) -> Claim:
    """For renamed tokens labels that are renamed alike, if they are tokens."""
    program = interpreter.program
    if not set(renamed_tokens(program)) & set(program.readout.labels):
        raise SettingsError(
            "invariant 'renaming-with-labels': expected labels that are tokens, "
            f"{program.name!r} has none; 'renaming' says that labels stay the same"
        )
    which = "the" if program.input.vocabulary.unknown is None else "known"
    return _claim(interpreter, f"renamed as {which} tokens are", with_labels=True)


def _tokens(program: Program) -> str:
    """The tokens that are renamed, in words."""
    return "tokens" if program.input.vocabulary.unknown is None else "known tokens"


def _claim(interpreter: Interpreter, text: str, *, with_labels: bool) -> Claim:
    program = interpreter.program
    if program.input.surfaces:
        raise SettingsError(
            f"invariants 'renaming' and 'renaming-with-labels': {program.name!r} reads "
            "the characters of tokens, which a renaming changes; ask about a program "
            "without surfaces"
        )
    count = len(renamed_tokens(program))
    if count < 2:
        raise SettingsError(
            "invariants 'renaming' and 'renaming-with-labels': expected a program that "
            f"knows 2 tokens or more, which can swap names; {program.name!r} knows "
            f"{count}"
        )
    pairs = [
        (_token_map(program, one), _label_map(program, one if with_labels else {}))
        for one in generators(renamed_tokens(program))
    ]

    def broken(batch: Batch, labels: Ids) -> Mask:
        wrong = np.zeros(len(batch), dtype=np.bool_)
        for new_tokens, new_labels in pairs:
            again = interpreter.predict(Batch(new_tokens[batch.ids], batch.lengths))
            wrong |= at_some_token(program, batch, again != new_labels[labels])
        return wrong

    def counterexample(tokens: Tokens) -> Counterexample:
        for start, swap in _swaps(tokens, renamed_tokens(program)):
            labels = said(interpreter, start)
            other = said(interpreter, _renamed(start, swap))
            right = _renamed_labels(labels, swap) if with_labels else labels
            if other != right:
                first, second = map(repr, swap)
                why = f"but {shown(other)} with {first} and {second} swapped"
                if with_labels:
                    why += f", expected {shown(right)}"
                return Counterexample(start, labels, why)
        raise AssertionError("swaps that are all kept make a renaming that is not")

    return Claim(text, Check(broken, counterexample))


def renamed_tokens(program: Program) -> Tokens:
    """The tokens that a renaming may rename."""
    unknown = program.input.vocabulary.unknown
    return tuple(token for token in program.input.symbols if token != unknown)


def generators(tokens: Tokens) -> list[Renaming]:
    """The swap of the first two tokens, and the cycle through all."""
    if len(tokens) < 2:
        return []
    swap = _swap(*tokens[:2])
    cycle = dict(zip(tokens, tokens[1:] + tokens[:1], strict=True))
    return [swap] if len(tokens) == 2 else [swap, cycle]


def _swaps(tokens: Tokens, renamed: Tokens) -> Iterator[tuple[Tokens, Renaming]]:
    """Inputs and swaps, one of which is not kept if a generator is not for ``tokens``.

    The swap of the first two; then the cycle, which is the swap of the last two tokens
    followed by that of the two before it, and so on to the first two.
    """
    yield tokens, _swap(*renamed[:2])
    for place in range(len(renamed) - 2, -1, -1):
        swap = _swap(*renamed[place : place + 2])
        yield tokens, swap
        tokens = _renamed(tokens, swap)


def _swap(first: str, second: str) -> Renaming:
    return {first: second, second: first}


def _renamed(tokens: Tokens, names: Renaming) -> Tokens:
    return tuple(names.get(token, token) for token in tokens)


def _renamed_labels(labels: Target, names: Renaming) -> Target:
    if isinstance(labels, str):
        return names.get(labels, labels)
    return tuple(None if one is None else names.get(one, one) for one in labels)


def _token_map(program: Program, names: Renaming) -> NDArray[np.int32]:
    ids = program.input.vocabulary.ids
    new = [ids[names.get(token, token)] for token in program.input.vocabulary.tokens]
    return np.array(new, dtype=np.int32)


def _label_map(program: Program, names: Renaming) -> Ids:
    """The id of every label's new name; one that no label has if it is no label."""
    labels = program.readout.labels
    ids = {label: index for index, label in enumerate(labels)}
    return np.array([ids.get(names.get(one, one), len(labels)) for one in labels])
