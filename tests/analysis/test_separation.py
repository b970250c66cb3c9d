from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from golden_programs import BY_NAME
from statements import embedding
from strategies import programs_with_inputs
from transformer_programs.analysis.derivation import Derivations
from transformer_programs.analysis.occurrences import Occurrences
from transformer_programs.analysis.separating import separation
from transformer_programs.errors import SettingsError
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    ONES,
    TOKENS,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.surface import Surface, SurfaceKind
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.runs.runnable import Program as Runnable

pytestmark = pytest.mark.filterwarnings(
    "ignore::transformer_programs.errors.UnknownTokenWarning"
)


def moods() -> Program:
    """A word class, and a table of it and the one before."""
    form = InputFormat(
        Vocabulary(("<unk>", "bad", "good", "not"), unknown="<unk>"), max_length=6
    )
    statements = (
        embedding("mood", (0, 1, 2, 0), Domain.of_classes(3)),
        Head("before", ONES, ONES, TOKENS, ((0, 1), (0, 1)), Scope.BEFORE),
        Table(
            "pair",
            ("before", "mood"),
            (*(0, 0, 0) * 3, *(0, 1, 2)),
            Domain.of_classes(3),
        ),
    )
    terms = (
        Term("mood", ((1, 1, 0), (0, 4, 0), (4, 0, 0))),
        Term("pair", ((0, 0, 0), (8, 0, 0), (0, 8, 0))),
        Term(ONES, ((2, 1, 0),)),
    )
    labels = ("like", "dislike", "neither")
    return Program("moods", form, statements, Readout(labels, terms, Pooling.MEAN))


DATA = (
    ("not", "good", "x"),
    ("not", "bad", "not", "good"),
    ("good", "good"),
    ("x", "y"),
)


def test_what_separates_two_labels() -> None:
    found = separation(moods(), ("dislike", "like"), DATA)
    assert (found.labels, found.of, found.sequences) == (("dislike", "like"), 5, 4)
    rows = {f.text: (f.difference, f.occurrences, f.words) for f in found.features}
    assert rows == {
        "mood = 2": (-4, 4, ("good",)),
        "pair = 2": (8, 2, ("not good",)),
        "pair = 1": (-8, 1, ("not bad",)),
        "mood = 1": (4, 1, ("bad",)),
        "ones, each 1": (-1, 11, ()),
    }
    effects = {f.text: f.effect for f in found.features}
    assert effects["mood = 2"] == pytest.approx(4 * np.std([1, 1, 2, 0]))
    assert effects["pair = 2"] == pytest.approx(8 * np.std([1, 1, 0, 0]))
    assert effects["ones, each 1"] == pytest.approx(np.std([3, 4, 2, 2]))
    ranked = [f.effect or 0 for f in found.features]
    assert ranked == sorted(ranked, reverse=True)
    assert (
        separation(moods(), ("dislike", "like"), DATA, 2).features
        == (found.features[:2])
    )


def test_what_never_or_always_occurs_separates_nothing() -> None:
    found = separation(moods(), ("like", "dislike"), (("x", "x"), ("x", "y")))
    assert [(f.text, f.effect) for f in found.features] == [("ones, each 1", 0)]


def test_without_data() -> None:
    found = separation(moods(), ("like", "dislike"))
    assert [(f.text, f.words, f.occurrences, f.effect) for f in found.features] == [
        ("pair = 1", (), None, None),
        ("pair = 2", (), None, None),
        ("mood = 1", ("bad",), None, None),
        ("mood = 2", ("good",), None, None),
        ("ones, each 1", (), None, None),
    ]


def test_unknown_words_come_last_where_their_characters_count() -> None:
    suffix = Surface("suffix", SurfaceKind.SUFFIX, ("ing", "other"), 3)
    form = InputFormat(
        Vocabulary(("<unk>", "king"), unknown="<unk>"), 4, surfaces=(suffix,)
    )
    kinds = embedding("known", (0, 1), Domain.of_classes(2))
    terms = (Term("suffix", ((1, 0), (0, 0))), Term("known", ((1, 0), (2, 0))))
    program = Program(
        "endings", form, (kinds,), Readout(("a", "b"), terms, Pooling.MEAN)
    )
    found = separation(program, sequences=[("ring", "king", "a"), ("sing",)])
    words = {f.text: f.words for f in found.features}
    assert words == {
        "suffix = ing": ("king", "<unk>"),
        "known = 0": ("<unk>",),
        "known = 1": ("king",),
    }


def test_a_suffix_that_is_a_whole_word_has_words() -> None:
    """But a token is no example of itself."""
    suffix = Surface("suffix", SurfaceKind.SUFFIX, ("and", "other"), 3)
    form = InputFormat(
        Vocabulary(("<unk>", "and", "go"), unknown="<unk>"), 4, surfaces=(suffix,)
    )
    terms = (
        Term("suffix", ((1, 0), (0, 0))),
        Term(TOKENS, ((0, 0), (0, 0), (1, 0))),
    )
    program = Program("endings", form, (), Readout(("a", "b"), terms, Pooling.MEAN))
    found = separation(program, sequences=[("and", "x"), ("go", "go")])
    words = {f.text: f.words for f in found.features}
    assert words == {"suffix = and": ("and",), "tokens = go": ()}


def test_which_labels() -> None:
    assert separation(BY_NAME["opinion"].program, ("positive", "negative")).of == 2
    with pytest.raises(SettingsError, match=r"which two labels.*has 3: 'like', 'dis"):
        separation(moods())
    for labels in (("like",), ("like", "like"), ("like", "x"), "like"):
        with pytest.raises(SettingsError, match="expected two different labels"):
            separation(moods(), labels)
    with pytest.raises(SettingsError, match="at least 1, got 0"):
        separation(moods(), ("like", "dislike"), top=0)


@given(programs_with_inputs() | programs_with_inputs(characters=True))
@settings(deadline=None, max_examples=40)
def test_counts_are_those_of_traces(
    case: tuple[Program, list[tuple[str, ...]]],
) -> None:
    program, inputs = case
    runnable, form = Runnable.of(program), program.input
    pooling = program.readout.pooling
    found = Occurrences(program, inputs).frequencies()
    for term in program.readout.terms:
        numerical = program.domains[term.variable].numerical
        units: list[Counter[Any]] = []
        for tokens in inputs:
            values = runnable.trace(tokens)[term.variable]
            if pooling is Pooling.FIRST:
                units.append(Counter(values[:1]))
            elif pooling is Pooling.MEAN:
                units.append(Counter(values))
            else:
                bare = values[form.offset : form.offset + len(tokens)]
                units += [Counter([value]) for value in bare]
        frequency = found[term.variable]
        assert frequency.units == len(units)
        spread = frequency.spread()
        if numerical:
            sums = [sum(v * n for v, n in unit.items()) for unit in units]
            assert frequency.total[0] == sum(
                n for unit in units for v, n in unit.items() if v
            )
            assert spread[0] == pytest.approx(np.std(sums) if units else 0, abs=1e-5)
            continue
        for index, value in enumerate(program.domains[term.variable].values):
            times = [unit[value] for unit in units]
            assert frequency.total[index] == sum(times)
            expected = np.std(times) if units else 0
            assert spread[index] == pytest.approx(expected, abs=1e-5)


@given(programs_with_inputs())
@settings(deadline=None, max_examples=40)
def test_words_are_those_that_explanations_name(
    case: tuple[Program, list[tuple[str, ...]]],
) -> None:
    program, inputs = case
    interpreter, form = Interpreter(program), program.input
    pooling, names = program.readout.pooling, form.vocabulary.tokens
    # Of sums and decisions no words are named: which count depends on the input.
    counting = {s.output for s in program.statements if isinstance(s, Head) and s.sums}
    counting |= {s.output for s in program.decisions}
    expected: dict[tuple[str, int], Counter[str]] = {}
    for tokens in inputs:
        origins = Derivations(interpreter, tokens, lambda name, index: index)
        first, last = 0, len(origins.words)
        if pooling is Pooling.NONE:
            first, last = form.offset, form.offset + len(tokens)
        for i in range(first, 1 if pooling is Pooling.FIRST else last):
            for term in program.readout.terms:
                origin = origins.origin(term.variable, i)
                if counting.isdisjoint(o.variable for o in origin.chain()):
                    key = term.variable, origins.ids[term.variable][i]
                    text = ""
                    for before, place in pairwise([None, *origin.places]):
                        if before is not None:
                            text += " " if place == before + 1 else " ... "
                        text += names[origins.ids[TOKENS][place + form.offset]]
                    expected.setdefault(key, Counter())[text] += bool(origin.places)
    found = Occurrences(program, inputs).words([*expected], 10_000)
    for counts, words in zip(expected.values(), found, strict=True):
        assert sorted(words) == sorted(+counts)
        times = [counts[text] for text in words]
        assert times == sorted(times, reverse=True) or form.vocabulary.unknown
