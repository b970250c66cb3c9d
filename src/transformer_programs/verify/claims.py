"""What can be claimed of a program's labels, each as a check on many inputs at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis import reachable_values
from transformer_programs.data import Target
from transformer_programs.errors import SettingsError
from transformer_programs.program import Batch, InputFormat, Interpreter, Program
from transformer_programs.verify.judgement import Counterexample, Tokens, shown

Ids = NDArray[np.int64]
"""What ``Interpreter.predict`` gives."""

Mask = NDArray[np.bool_]

_SHOWN = 6
"""Tokens that an order names."""

_LONG = 19
"""Digits of what is no number to count with."""


@dataclass(frozen=True, slots=True)
class Check:
    """Finds inputs for which a claim fails.

    Attributes:
        broken: from inputs and the label ids that the program gives them, for which of
            them the claim fails, (inputs,).
        counterexample: from an input for which it fails, one of the same length.
    """

    broken: Callable[[Batch, Ids], Mask]
    counterexample: Callable[[Tokens], Counterexample]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim about one program.

    Attributes:
        text: what is claimed, as ``Judgement.claim`` says it.
        check: how to check it; None if it follows from the program's structure.
    """

    text: str
    check: Check | None


def said(interpreter: Interpreter, tokens: Tokens) -> Target:
    """The labels of one input."""
    labels = interpreter(tokens)
    return labels if isinstance(labels, str) else tuple(labels)


def _listed(interpreter: Interpreter, tokens: Tokens) -> Tokens:
    """The labels of one input of a tagging program."""
    return tuple(interpreter(tokens))


def _need_tagging(program: Program, name: str) -> None:
    """Refuse a program that gives one label per sequence.

    Raises:
        SettingsError: if it does.
    """
    if not program.tagging:
        raise SettingsError(
            f"invariant {name!r}: expected a program that gives a label per token, "
            f"{program.name!r} gives one per sequence"
        )


def at_some_token(program: Program, batch: Batch, found: Mask) -> Mask:
    """The inputs for which something is found: at a bare token, if that is asked.

    Args:
        program: says whether there is a label per token.
        batch: the inputs.
        found: of every label, (inputs, framed width); or (inputs,).
    """
    if not program.tagging:
        return found
    return _any(_bare(program.input, found) & _present(program.input, batch))


def _any(found: Mask) -> Mask:
    """The rows in which something is found."""
    rows: Mask = np.logical_or.reduce(found, axis=1)
    return rows


def _bare(form: InputFormat, columns: NDArray[Any]) -> NDArray[Any]:
    """Of (inputs, framed width) the columns where bare tokens can stand."""
    width = columns.shape[1] - form.frame_size
    return columns[:, form.offset : form.offset + width]


def _present(form: InputFormat, batch: Batch) -> Mask:
    """Where they do stand, (inputs, bare width)."""
    lengths = batch.lengths[:, None] - form.frame_size
    mask: Mask = np.arange(batch.ids.shape[1] - form.frame_size) < lengths
    return mask


def _token_ids(program: Program) -> Ids:
    """The token that every label is; -1 for a label that is none."""
    ids = program.input.vocabulary.ids
    return np.array([ids.get(label, -1) for label in program.readout.labels])


def permutation(interpreter: Interpreter) -> Claim:
    """Every token is given as a label as often as it occurs."""
    program = interpreter.program
    _need_tagging(program, "permutation")
    form, tokens_of = program.input, _token_ids(program)
    padding = len(form.vocabulary)

    def broken(batch: Batch, labels: Ids) -> Mask:
        real = _present(form, batch)
        tokens = np.where(real, _bare(form, form.word_ids(batch.ids)), padding)
        given = np.where(real, tokens_of.take(_bare(form, labels)), padding)
        tokens.sort(axis=1)
        given.sort(axis=1)
        return _any(tokens != given)

    def counterexample(tokens: Tokens) -> Counterexample:
        labels = _listed(interpreter, tokens)
        counts, there = Counter(labels), Counter(tokens)
        label = next(one for one in labels if counts[one] > there[one])
        why = f"with {counts[label]} of {label!r} instead of {there[label]}"
        return Counterexample(tokens, labels, why)

    return Claim("a permutation of the tokens", Check(broken, counterexample))


def length(interpreter: Interpreter) -> Claim:
    """As many labels as tokens: every program without pooling gives them."""
    _need_tagging(interpreter.program, "length")
    return Claim("one label per token", None)


def never(interpreter: Interpreter, label: str) -> Claim:
    """A label that is never given, to no token and no sequence."""
    program = interpreter.program
    known = program.readout.labels
    if label not in known:
        raise SettingsError(
            f"invariant 'never {label}': {program.name!r} has no label {label!r}; "
            f"its labels: {', '.join(map(repr, known))}"
        )
    forbidden = known.index(label)

    def broken(batch: Batch, labels: Ids) -> Mask:
        return at_some_token(program, batch, labels == forbidden)

    def counterexample(tokens: Tokens) -> Counterexample:
        labels = said(interpreter, tokens)
        why = "the label that should not occur"
        if program.tagging:
            why = f"with {label!r} for {tokens[labels.index(label)]!r}"
        return Counterexample(tokens, labels, why)

    check = Check(broken, counterexample)
    impossible = _outscored(program, forbidden)
    return Claim(f"free of the label {label!r}", None if impossible else check)


def _outscored(program: Program, label: int) -> bool:
    """Whether some other label wins against this one whatever the variables are.

    Every term can raise the score of the label above that of a rival by at most its
    largest difference over the values that its variable can take. If the sum of these
    is negative, so is the difference of the scores at every position, and their sum
    over positions; if it is 0, the two may tie, and then the first of them wins. False
    does not mean that the label is ever given: variables are looked at one by one.
    """
    reachable, domains = reachable_values(program), program.domains
    lead = np.zeros(len(program.readout.labels), dtype=np.int64)
    for term in program.readout.terms:
        if term.variable not in reachable:  # a sum of very many values
            return False
        values = reachable[term.variable]
        weights = np.array(term.weights, dtype=np.int64)
        if domains[term.variable].numerical:
            scores = values[:, None] * weights
        else:
            scores = weights[values]
        lead += (scores[:, [label]] - scores).max(axis=0)
    earlier = np.arange(len(lead)) < label
    return bool(((lead < 0) | ((lead == 0) & earlier)).any())


def in_order(interpreter: Interpreter) -> Claim:
    """Labels are tokens, and none stands in the vocabulary before its predecessor."""
    program = interpreter.program
    _need_tagging(program, "sorted")
    form, tokens_of = program.input, _token_ids(program)
    strange = [
        label
        for label, token in zip(program.readout.labels, tokens_of, strict=True)
        if token < 0
    ]
    if strange:
        raise SettingsError(
            "invariant 'sorted': expected labels that are tokens of the vocabulary, "
            f"whose order is meant; {', '.join(map(repr, strange))} are not"
        )

    def broken(batch: Batch, labels: Ids) -> Mask:
        ranks = tokens_of.take(_bare(form, labels))
        return _any((ranks[:, 1:] < ranks[:, :-1]) & _present(form, batch)[:, 1:])

    def counterexample(tokens: Tokens) -> Counterexample:
        labels = _listed(interpreter, tokens)
        ranks = form.vocabulary.ids
        before, after = next((a, b) for a, b in pairwise(labels) if ranks[b] < ranks[a])
        return Counterexample(tokens, labels, f"with {after!r} after {before!r}")

    text = f"in the order of the vocabulary{_order(form)}"
    return Claim(text, Check(broken, counterexample))


def _order(form: InputFormat) -> str:
    """The order of the tokens, in words, where it is not the natural one."""
    tokens = [t for t in form.symbols if t != form.vocabulary.unknown]
    if tokens == sorted(tokens, key=_rank):
        return ""
    more = ", ..." if len(tokens) > _SHOWN else ""
    return f" ({', '.join(tokens[:_SHOWN])}{more})"


def _rank(token: str) -> tuple[int, str]:
    """Numbers first, as numbers; then by code point."""
    is_number = token.isascii() and token.isdecimal() and len(token) < _LONG
    return (int(token) if is_number else 10**_LONG, token)


def prefix(interpreter: Interpreter) -> Claim:
    """The label of a token depends on nothing that comes after the token.

    It is enough that the labels of all tokens but the last are those that are given
    without the last: where this holds for every input it holds again for the shorter
    one, and so for all that follow a token.
    """
    program = interpreter.program
    _need_tagging(program, "prefix")
    form = program.input

    def broken(batch: Batch, labels: Ids) -> Mask:
        wrong = np.zeros(len(batch), dtype=np.bool_)
        rows = np.flatnonzero(batch.lengths > form.frame_size + 1)
        if len(rows):
            shorter = _without_last(form, batch[rows])
            again = interpreter.predict(shorter)
            wrong[rows] = at_some_token(program, shorter, again != labels[rows])
        return wrong

    def counterexample(tokens: Tokens) -> Counterexample:
        why = f"but {shown(_listed(interpreter, tokens[:-1]))} without the last token"
        return Counterexample(tokens, _listed(interpreter, tokens), why)

    return Claim("independent of later tokens", Check(broken, counterexample))


def _without_last(form: InputFormat, batch: Batch) -> Batch:
    """Inputs without their last bare token."""
    ids, rows = batch.ids.copy(), np.arange(len(batch))
    ids[rows, batch.lengths - 1] = 0
    if form.end is not None:
        ids[rows, batch.lengths - 2] = form.frame_code(form.end)
    words = batch.words and tuple(tokens[:-1] for tokens in batch.words)
    return Batch(ids, batch.lengths - 1, words)
