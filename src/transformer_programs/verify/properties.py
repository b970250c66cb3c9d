"""Properties of the labels of a program, checked on every input or on drawn ones.

``PROPERTIES`` lists them. A property is a vectorised test of many inputs, together with
the conditions of its counterexamples that a solver reads; ``meanings.py`` says in words
what it means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis import reachable_values
from transformer_programs.errors import SettingsError
from transformer_programs.language import Batch, InputFormat, Interpreter, Program
from transformer_programs.verify.causality import is_causal
from transformer_programs.verify.meanings import MEANINGS, NEVER
from transformer_programs.verify.result import Counterexample, Tokens, shown
from transformer_programs.verify.solver.circuit import FALSE, Circuit, Linear, Literal
from transformer_programs.verify.solver.encode import Choice, encode
from transformer_programs.verify.solver.prove import Goals, unequal

Ids = NDArray[np.int64]
"""Labels as ``Interpreter.predict`` gives them."""

Mask = NDArray[np.bool_]

Choices = Sequence[Choice]
"""The tokens of an input, or its labels, as conditions of a circuit."""

Renaming = dict[str, str]
"""New names of tokens; a token that is not in it keeps its own."""

_SHOWN = 6
"""Tokens that a message about an order names."""

_LONG = 19
"""Digits of a token that is not treated as a number."""


@dataclass(frozen=True, slots=True)
class Test:
    """Finds inputs on which a program lacks a property.

    Attributes:
        broken: from inputs and the label ids that the program gives them, for which
            of them the property is broken, (inputs,).
        counterexample: from such an input, one of the same length in words.
        goals: the conditions of such inputs for a solver.
    """

    broken: Callable[[Batch, Ids], Mask]
    counterexample: Callable[[Tokens], Counterexample]
    goals: Goals


@dataclass(frozen=True, slots=True)
class Property:
    """A property that one program may have.

    Attributes:
        text: the statement, as ``CheckResult.claim`` has it.
        test: how it is tested; None if there is nothing to test.
        follows: whether it follows from the program's structure, where inputs cannot
            be enumerated and no solver was asked.
    """

    text: str
    test: Test | None
    follows: bool = False


def property_of(interpreter: Interpreter, name: str) -> Property:
    """Return the property of this name for a program.

    Raises:
        SettingsError: If there is none, or it is not defined for such a program.
    """
    if name == NEVER.strip():
        raise SettingsError(
            "invariant 'never': expected a label after it, all in quotes: "
            "--invariant 'never LABEL'"
        )
    if name.startswith(NEVER):
        return never(interpreter, name.removeprefix(NEVER))
    if name not in PROPERTIES:
        known = ", ".join(MEANINGS)
        raise SettingsError(f"invariant {name!r}: expected one of {known}")
    return PROPERTIES[name](interpreter)


# The properties


def permutation(interpreter: Interpreter) -> Property:
    """Every token occurs among the labels as often as among the tokens."""
    program = _tagging(interpreter, "permutation")
    form, tokens_of = program.input, _token_ids(program)
    padding = len(form.vocabulary)

    def broken(batch: Batch, labels: Ids) -> Mask:
        # Sorted, both are the same multiset or differ somewhere: (inputs, bare width)
        real = _present(form, batch)
        tokens = np.where(real, _bare(form, form.word_ids(batch.ids)), padding)
        given = np.where(real, tokens_of.take(_bare(form, labels)), padding)
        tokens.sort(axis=1)
        given.sort(axis=1)
        return _any(tokens != given)

    def counterexample(tokens: Tokens) -> Counterexample:
        labels = _labels(interpreter, tokens)
        counts, there = Counter(labels), Counter(tokens)
        label = next(one for one in labels if counts[one] > there[one])
        why = f"with {counts[label]} of {label!r} instead of {there[label]}"
        return Counterexample(tokens, labels, why)

    def goals(circuit: Circuit, tokens: Choices) -> Iterator[Literal]:
        # Some token occurs more or less often among the labels, or a label is none.
        labels = encode(program, circuit, tokens)
        for name in dict.fromkeys(name for one in (*labels, *tokens) for name in one):
            given = [(choice.get(name, FALSE), 1) for choice in labels]
            there = [(choice.get(name, FALSE), -1) for choice in tokens]
            yield -circuit.equals(Linear.of([*given, *there]), 0)

    test = Test(broken, counterexample, goals)
    return Property("a permutation of the tokens", test)


def length(interpreter: Interpreter) -> Property:
    """There are as many labels as tokens, as in every program without pooling."""
    _tagging(interpreter, "length")
    return Property("one label per token", None)


def never(interpreter: Interpreter, label: str) -> Property:
    """A label is given to no token, and to no sequence."""
    program = interpreter.program
    known = program.readout.labels
    if label not in known:
        raise SettingsError(
            f"invariant 'never {label}': {program.name!r} has no label {label!r}; "
            f"its labels: {', '.join(map(repr, known))}"
        )
    forbidden = known.index(label)

    def broken(batch: Batch, labels: Ids) -> Mask:
        return _somewhere(program, batch, labels == forbidden)

    def counterexample(tokens: Tokens) -> Counterexample:
        labels = _labels(interpreter, tokens)
        why = "the label that should not occur"
        if program.tagging:
            why = f"with {label!r} for {tokens[labels.index(label)]!r}"
        return Counterexample(tokens, labels, why)

    def goals(circuit: Circuit, tokens: Choices) -> Iterator[Literal]:
        for choice in encode(program, circuit, tokens):
            yield choice.get(label, FALSE)

    impossible = _outscored(program, forbidden)
    test = None if impossible else Test(broken, counterexample, goals)
    return Property(f"free of the label {label!r}", test)


def in_order(interpreter: Interpreter) -> Property:
    """Labels are tokens, and none precedes the one before it in the vocabulary."""
    program = _tagging(interpreter, "sorted")
    form, tokens_of = program.input, _token_ids(program)
    ranks = form.vocabulary.ids
    others = [label for label in program.readout.labels if label not in ranks]
    if others:
        raise SettingsError(
            "invariant 'sorted': expected labels that are tokens of the vocabulary, "
            f"whose order is meant; {', '.join(map(repr, others))} are not"
        )

    def broken(batch: Batch, labels: Ids) -> Mask:
        given = tokens_of.take(_bare(form, labels))
        return _any((given[:, 1:] < given[:, :-1]) & _present(form, batch)[:, 1:])

    def counterexample(tokens: Tokens) -> Counterexample:
        labels = _labels(interpreter, tokens)
        before, after = next((a, b) for a, b in pairwise(labels) if ranks[b] < ranks[a])
        return Counterexample(tokens, labels, f"with {after!r} after {before!r}")

    def goals(circuit: Circuit, tokens: Choices) -> Iterator[Literal]:
        for one, other in pairwise(encode(program, circuit, tokens)):
            yield circuit.any_of(
                circuit.all_of([first, second])
                for before, first in one.items()
                for after, second in other.items()
                if ranks[after] < ranks[before]
            )

    test = Test(broken, counterexample, goals)
    return Property(f"in the order of the vocabulary{_order(form)}", test)


def prefix(interpreter: Interpreter) -> Property:
    """The label of a token does not depend on the tokens after it.

    It is enough that removing the last token changes no label of the others: where this
    holds for every input it holds again for the shorter one, and so for all tokens that
    follow.
    """
    program = _tagging(interpreter, "prefix")
    form = program.input

    def broken(batch: Batch, labels: Ids) -> Mask:
        wrong = np.zeros(len(batch), dtype=np.bool_)
        rows = np.flatnonzero(batch.lengths > form.frame_size + 1)
        if len(rows):
            shorter = _without_last(form, batch[rows])
            again = interpreter.predict(shorter)
            wrong[rows] = _somewhere(program, shorter, again != labels[rows])
        return wrong

    def counterexample(tokens: Tokens) -> Counterexample:
        why = f"but {shown(_labels(interpreter, tokens[:-1]))} without the last token"
        return Counterexample(tokens, _labels(interpreter, tokens), why)

    def goals(circuit: Circuit, tokens: Choices) -> Iterator[Literal]:
        if len(tokens) > form.min_bare_length:
            whole = encode(program, circuit, tokens)
            shorter = encode(program, circuit, tokens[:-1])
            yield from unequal(circuit, whole[:-1], shorter)

    test = Test(broken, counterexample, goals)
    return Property("independent of later tokens", test, is_causal(program))


# Renamings
#
# A renaming is a permutation of the tokens that a bare input may hold. The unknown
# token keeps its name, since it stands for all tokens that have no other; and so do the
# tokens of the frame, which no input holds. So a renamed input is an input.
#
# Two renamings are enough to know of all. Say that one is kept if, on every input, the
# labels of the renamed input are those of the input (renamed alike, where that is the
# property). If two are kept, so is the one after the other: the input that the first
# makes is one of those on which the second is kept. All permutations are made of one
# swap of the first two tokens and one cycle through all. Renamings keep the length of
# an input, so this holds for the inputs of every length by themselves: a counterexample
# to any renaming means one of the same length to one of the two. The cycle in turn is
# made of swaps, so there is also a counterexample to a swap.


def renaming(interpreter: Interpreter, *, with_labels: bool = False) -> Property:
    """Labels stay the same when tokens are renamed, or are renamed alike."""
    program, renamable = interpreter.program, _renamable(interpreter.program)
    _check_renamable(program, renamable, with_labels)
    # The swap of the first two tokens, and the cycle through all.
    cycle = dict(zip(renamable, renamable[1:] + renamable[:1], strict=True))
    generators = [_swap(*renamable[:2]), cycle][: len(renamable) - 1]
    # New names of tokens, and of labels.
    renamings = [(names, names if with_labels else {}) for names in generators]
    maps = [(_token_map(program, t), _label_map(program, new)) for t, new in renamings]

    def broken(batch: Batch, labels: Ids) -> Mask:
        wrong = np.zeros(len(batch), dtype=np.bool_)
        for new_tokens, new_labels in maps:
            again = interpreter.predict(Batch(new_tokens[batch.ids], batch.lengths))
            wrong |= _somewhere(program, batch, again != new_labels[labels])
        return wrong

    def counterexample(tokens: Tokens) -> Counterexample:
        for start, swap in _swaps(tokens, renamable):
            labels = _labels(interpreter, start)
            other = _labels(interpreter, _renamed(start, swap))
            right = _renamed(labels, swap if with_labels else {})
            if other != right:
                first, second = map(repr, swap)
                why = f"but {shown(other)} with {first} and {second} swapped"
                if with_labels:
                    why += f", expected {shown(right)}"
                return Counterexample(start, labels, why)
        raise AssertionError("swaps that are all kept make a renaming that is not")

    def goals(circuit: Circuit, tokens: Choices) -> Iterator[Literal]:
        labels = encode(program, circuit, tokens)
        for names, new in renamings:
            renamed = [_renamed_choice(one, names) for one in tokens]
            again = encode(program, circuit, renamed)
            expected = [_renamed_choice(one, new) for one in labels]
            yield from unequal(circuit, again, expected)

    # The unknown token is none of those that are renamed.
    known = "" if program.input.vocabulary.unknown is None else "known "
    text = f"the same when {known}tokens are renamed"
    if with_labels:
        text = f"renamed as {known or 'the '}tokens are"
    return Property(text, Test(broken, counterexample, goals))


def _renamable(program: Program) -> Tokens:
    unknown = program.input.vocabulary.unknown
    return tuple(token for token in program.input.symbols if token != unknown)


def _check_renamable(program: Program, renamable: Tokens, with_labels: bool) -> None:
    if with_labels and not set(renamable) & set(program.readout.labels):
        raise SettingsError(
            "invariant 'renaming-with-labels': expected labels that are tokens, "
            f"{program.name!r} has none; 'renaming' says that labels stay the same"
        )
    if program.input.surfaces:
        raise SettingsError(
            f"invariants 'renaming' and 'renaming-with-labels': {program.name!r} reads "
            "the characters of tokens, which a renaming changes; ask about a program "
            "without surfaces"
        )
    if len(renamable) < 2:
        raise SettingsError(
            "invariants 'renaming' and 'renaming-with-labels': expected a program that "
            f"knows 2 tokens or more, which can swap names; {program.name!r} knows "
            f"{len(renamable)}"
        )


def _swaps(tokens: Tokens, renamable: Tokens) -> Iterator[tuple[Tokens, Renaming]]:
    # Inputs and swaps, one of which is not kept if one of the two renamings is not: the
    # swap of the first two; then the cycle, which is the swap of the last two tokens
    # followed by that of the two before it, and so on to the first two.
    yield tokens, _swap(*renamable[:2])
    for place in range(len(renamable) - 2, -1, -1):
        swap = _swap(*renamable[place : place + 2])
        yield tokens, swap
        tokens = tuple(swap.get(token, token) for token in tokens)


def _swap(first: str, second: str) -> Renaming:
    return {first: second, second: first}


def _renamed(tokens: Tokens | str, names: Renaming) -> Tokens | str:
    if isinstance(tokens, str):  # the label of a sequence
        return names.get(tokens, tokens)
    return tuple(names.get(token, token) for token in tokens)


def _renamed_choice(choice: Choice, names: Renaming) -> Choice:
    return {names.get(name, name): literal for name, literal in choice.items()}


def _token_map(program: Program, names: Renaming) -> NDArray[np.int32]:
    known = program.input.vocabulary
    new = [known.ids[names.get(token, token)] for token in known.tokens]
    return np.array(new, dtype=np.int32)


def _label_map(program: Program, names: Renaming) -> Ids:
    # A new name that is no label gets an id that no label has.
    labels = program.readout.labels
    ids = {label: index for index, label in enumerate(labels)}
    return np.array([ids.get(names.get(one, one), len(labels)) for one in labels])


PROPERTIES: dict[str, Callable[[Interpreter], Property]] = {
    "permutation": permutation,
    "length": length,
    "sorted": in_order,
    "prefix": prefix,
    "renaming": renaming,
    "renaming-with-labels": partial(renaming, with_labels=True),
}
"""All properties but ``never LABEL``, by name, in the order of ``MEANINGS``."""


# Labels and inputs


def _tagging(interpreter: Interpreter, name: str) -> Program:
    program = interpreter.program
    if not program.tagging:
        raise SettingsError(
            f"invariant {name!r}: expected a program that gives a label per token, "
            f"{program.name!r} gives one per sequence"
        )
    return program


def _labels(interpreter: Interpreter, tokens: Sequence[str]) -> Tokens | str:
    labels = interpreter(tokens)
    return labels if isinstance(labels, str) else tuple(labels)


def _somewhere(program: Program, batch: Batch, found: Mask) -> Mask:
    # The inputs with a label for which something is found, of labels that are
    # (inputs, framed width), or (inputs,) for one per sequence. (inputs,)
    if not program.tagging:
        return found
    return _any(_bare(program.input, found) & _present(program.input, batch))


def _any(found: Mask) -> Mask:
    return np.asarray(found.any(axis=1))


def _bare(form: InputFormat, columns: NDArray[Any]) -> NDArray[Any]:
    # (inputs, framed width) -> (inputs, bare width)
    return columns[:, form.offset :][:, : columns.shape[1] - form.frame_size]


def _present(form: InputFormat, batch: Batch) -> Mask:
    # Where bare tokens are, not padding. (inputs, bare width)
    columns = np.arange(batch.ids.shape[1] - form.frame_size)
    return np.asarray(columns < batch.lengths[:, None] - form.frame_size)


def _token_ids(program: Program) -> Ids:
    # The token that every label is; -1 for a label that is none.
    ids = program.input.vocabulary.ids
    return np.array([ids.get(label, -1) for label in program.readout.labels])


def _without_last(form: InputFormat, batch: Batch) -> Batch:
    ids, rows = batch.ids.copy(), np.arange(len(batch))
    ids[rows, batch.lengths - 1] = 0
    if form.end is not None:  # it takes the place of the last bare token
        ids[rows, batch.lengths - 2] = form.frame_code(form.end)
    words = batch.words and tuple(tokens[:-1] for tokens in batch.words)
    return Batch(ids, batch.lengths - 1, words)


def _outscored(program: Program, label: int) -> bool:
    # Whether some label always wins against this one. Every term can raise its score
    # above that of a rival by at most the largest difference over the values that the
    # variable can take. If the sum of these is negative, so is the difference of the
    # scores at every position, and their sum over positions; if it is 0, the two may
    # tie, and then the first of them wins. False does not mean that the label is ever
    # given: variables are considered one by one.
    reachable, domains = reachable_values(program), program.domains
    lead = np.zeros(len(program.readout.labels), dtype=np.int64)
    for term in program.readout.terms:
        if term.variable not in reachable:  # a sum of very many values
            return False
        values = reachable[term.variable]
        weights = np.array(term.weights, dtype=np.int64)
        numerical = domains[term.variable].numerical
        scores = values[:, None] * weights if numerical else weights[values]
        lead += (scores[:, [label]] - scores).max(axis=0)  # (labels,)
    earlier = np.arange(len(lead)) < label
    return bool(((lead < 0) | ((lead == 0) & earlier)).any())


def _order(form: InputFormat) -> str:
    # The order of the tokens in words, where it is not the natural one.
    tokens = [t for t in form.symbols if t != form.vocabulary.unknown]
    if tokens == sorted(tokens, key=_rank):
        return ""
    more = ", ..." if len(tokens) > _SHOWN else ""
    return f" ({', '.join(tokens[:_SHOWN])}{more})"


def _rank(token: str) -> tuple[int, str]:
    # Numbers first, as numbers; then by code point.
    is_number = token.isascii() and token.isdecimal() and len(token) < _LONG
    return (int(token) if is_number else 10**_LONG, token)
