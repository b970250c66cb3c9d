"""Scores by the book: against seqeval, and arrays against strings."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from transformer_programs.data.metrics import (
    Entity,
    Measure,
    Quality,
    Score,
    TagArrays,
    confusion,
    entities,
    entity_scores,
    label_scores,
    taken_for,
    total,
)
from transformer_programs.data.tags import (
    BIO,
    Scheme,
    TagFormat,
    allows,
    find_format,
    iob2_from_iob1,
    nearest_format,
    neighbours,
    opens_inside,
    unattached,
)

TAGS = ("O", "B-A", "I-A", "B-B", "I-B", "B-C-D", "I-C-D")

LETTERS = {
    Scheme.IOB1: "BI",
    Scheme.IOB2: "BI",
    Scheme.IOE1: "EI",
    Scheme.IOE2: "EI",
    Scheme.IOBES: "BIES",
    Scheme.BILOU: "BILU",
}

FORMATS = [TagFormat(scheme, separator) for scheme in Scheme for separator in "-_"]
FORMATS += [TagFormat(scheme, "") for scheme in Scheme]


def tags_of(form: TagFormat) -> list[str]:
    kinds = ("A", "B", "C-D") if form.separator else ("",)
    letters = LETTERS[form.scheme]
    return ["O", *(f"{x}{form.separator}{kind}" for x in letters for kind in kinds)]


formats = st.sampled_from(FORMATS)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[TagFormat, list[list[tuple[str, str]]]]:
    """Sequences of wanted and predicted tags; most break the rules of the scheme."""
    form = draw(formats)
    tag = st.sampled_from(tags_of(form))
    row = st.lists(st.tuples(tag, tag), min_size=1, max_size=9)
    return form, draw(st.lists(row, min_size=1, max_size=5))


def both(found: list[list[tuple[str, str]]]) -> tuple[list[list[str]], list[list[str]]]:
    return [[w for w, _ in s] for s in found], [[p for _, p in s] for s in found]


def test_entities() -> None:
    tags = ("I-A", "B-A", "I-A", "I-B", "B-B", "B-B", "I-B", "O", None, "I-B")
    assert entities(tags) == [Entity("A", 1, 3), Entity("B", 4, 5), Entity("B", 5, 7)]
    assert entities(()) == []


def lone_ends(form: TagFormat, rows: list[list[str]]) -> bool:
    """Whether an entity of one token is written by E alone, as IOE1 may; seqeval
    leaves these out."""
    return form.scheme is Scheme.IOE1 and any(
        tag[:1] == "E" and not (before[:1] in ("I", "E") and before[1:] == tag[1:])
        for row in rows
        for before, tag in pairwise(["O", *row])
    )


@settings(max_examples=400)
@given(pairs())
def test_scores_are_those_of_seqeval(
    drawn: tuple[TagFormat, list[list[tuple[str, str]]]],
) -> None:
    seqeval = pytest.importorskip("seqeval.metrics.v1", reason="needs seqeval")
    from seqeval import scheme as schemes

    form, found = drawn
    wanted, predicted = both(found)
    ours = entity_scores(wanted, predicted, form)
    if not ours or lone_ends(form, wanted) or lone_ends(form, predicted):
        return
    if form.separator:  # seqeval's function knows no other separator
        wanted, predicted = (
            [[tag.replace(form.separator, "-", 1) for tag in row] for row in rows]
            for rows in (wanted, predicted)
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = seqeval.classification_report(
            wanted,
            predicted,
            output_dict=True,
            scheme=getattr(schemes, form.scheme.upper()),
        )
    assert ours.keys() == {k for k in theirs if not k.endswith(" avg")}
    for name, score in [*ours.items(), ("micro avg", total(ours))]:
        expected = theirs[name]
        assert score.precision == pytest.approx(expected["precision"])
        assert score.recall == pytest.approx(expected["recall"])
        assert score.f1 == pytest.approx(expected["f1-score"])
        assert score.there == expected["support"]


def test_one_token_before_another_entity_of_its_type_in_ioe1() -> None:
    form = TagFormat(Scheme.IOE1)
    assert entities(("E-A", "I-A", "O"), form) == [("A", 0, 1), ("A", 1, 2)]
    assert entities(("I-B", "E-A", "E-A", "I-A"), form)[1:] == [
        *(("A", 1, 2), ("A", 2, 3), ("A", 3, 4))
    ]
    assert entities(("E-A", "O"), form) == []


@st.composite
def masked(
    draw: st.DrawFn,
) -> tuple[TagFormat, list[list[tuple[str | None, str]]]]:
    form = draw(formats)
    tags = (*tags_of(form), "odd")
    pair = st.tuples(st.sampled_from((None, *tags)), st.sampled_from(tags))
    return form, draw(st.lists(st.lists(pair, max_size=9), max_size=5))


@given(masked())
def test_arrays_score_as_strings_do(
    drawn: tuple[TagFormat, list[list[tuple[str | None, str]]]],
) -> None:
    form, found = drawn
    tags = (*tags_of(form), "odd")
    width = max(map(len, found), default=0)
    shape = (len(found), width)
    wanted = np.full(shape, len(tags), dtype=np.int64)
    predicted = np.zeros(shape, dtype=np.int64)
    ids = {tag: number for number, tag in enumerate(tags)}
    for row, sequence in enumerate(found):
        for place, (tag, guess) in enumerate(sequence):
            wanted[row, place] = -1 if tag is None else ids[tag]
            predicted[row, place] = ids[guess]
    expected = total(
        entity_scores(
            [[w for w, _ in s] for s in found],
            [[p for _, p in s] for s in found],
            form,
        )
    )
    assert TagArrays.of(tags, form).score(wanted, predicted) == expected


def test_what_is_predicted_where_no_label_is_asked_does_not_count() -> None:
    wanted = [("B-A", "O", None, "O")]
    assert entity_scores(wanted, [("B-A", "O", "B-A", "O")]) == {"A": Score(1, 1, 1)}


def test_entities_beside_an_unknown_tag_are_left_out_on_both_sides() -> None:
    """Nobody knows whether they are longer."""
    wanted = [("B-A", None, "I-A", "B-A", "O", "B-A", "O")]
    assert entity_scores(wanted, wanted) == {"A": Score(2, 2, 2)}
    guess = [("B-A", "I-A", "I-A", "O", "O", "B-A", "O")]
    assert entity_scores(wanted, guess) == {"A": Score(1, 1, 2)}
    guess = [("B-A", "O", "B-A", "B-A", "O", "B-A", "O")]
    assert entity_scores(wanted, guess) == {"A": Score(2, 2, 2)}
    iob1 = TagFormat(Scheme.IOB1)
    assert entity_scores([(None, "I-A")], [("O", "I-A")], iob1) == {}


@given(masked())
def test_tags_of_no_entity(
    drawn: tuple[TagFormat, list[list[tuple[str | None, str]]]],
) -> None:
    form, found = drawn
    for row in found:
        known = [guess for _, guess in row]
        inside = {p for each in entities(known, form) for p in range(*each[1:])}
        tags = {p for p, part in enumerate(form.parts(known)) if part.type}
        assert [*unattached(known, form)] == sorted(tags - inside)
        wanted = [tag for tag, _ in row]
        allowed = all(allows(*pair, form) for pair in neighbours(wanted))
        assert allowed == (not [*unattached(wanted, form)])
        # It may be of an entity once every unknown tag is known.
        assert {*unattached(wanted, form)} <= {p for p, t in enumerate(wanted) if t}


def test_sequences_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        entity_scores([("O", "O")], [("O",)])


def test_shares_of_nothing() -> None:
    nothing = Score(0, 0, 0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (0, 0, 0)
    half = Score(1, 2, 4)
    assert (half.precision, half.recall, half.f1) == (1 / 2, 1 / 4, 1 / 3)
    assert half.numbers()["predicted"] == 2


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("O", "B-A", "I-A"), True),
        (("B-A", None), True),
        (("O",), False),
        (("O", "B-"), False),
        (("O", "B-A", "X"), False),
        (("0", "1"), False),
        ((), False),
    ],
)
def test_what_bio_tags_are(labels: tuple[str, ...], expected: bool) -> None:
    form = find_format([labels])
    assert form == (BIO if expected else None)
    measure = Measure.ENTITY_F1 if expected else Measure.ACCURACY
    assert Measure.suited(form) is measure


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("O I-A I-A B-A I-A O I-B", "IOB1"),
        ("O I-A I-A O", "IOB1"),
        ("O B-A I-A B-A O", "IOB2"),
        ("O B-A I-A O I-A B-B O B-B", "IOB2"),
        ("O I-A E-A I-A O I-B", "IOE1"),
        ("O I-A E-A E-A O E-B", "IOE2"),
        ("O B-A I-A E-A S-A", "IOBES"),
        ("O S-A", "IOBES"),
        ("O B-A I-A L-A U-A", "BILOU"),
        ("O U-A", "BILOU"),
        ("O B_A I_A", "IOB2"),
        ("O B:A E:A", "IOBES"),
        ("O B I I", "IOB2 tags without types"),
        ("O I I E", "IOE2 tags without types"),
        ("O B I E S", "IOBES tags without types"),
        ("O B I L U", "BILOU tags without types"),
        ("O S V", None),  # subject, verb, object
        ("O A B", None),  # blood groups
        ("B E S", None),
        ("DT NN VB", None),
        ("O I-A noun verb", None),
        ("O O", None),
        ("", None),
    ],
)
def test_schemes_are_found_out(tags: str, expected: str | None) -> None:
    form = find_format([tags.split()])
    assert (form and form.name().removesuffix(" tags")) == expected


def test_a_few_odd_labels_change_no_scheme() -> None:
    tags = ["B-A", "I-A", "O"] * 19
    assert find_format([[*tags, "-", "-"]]) == BIO
    assert find_format([[*tags, "-", "-", "-", "-"]]) is None
    assert nearest_format([[*tags, "-", "-", "-", "-"]]) == BIO


def test_a_scheme_that_is_known_is_not_found_out() -> None:
    rows = [["O", "I-A"]]
    assert nearest_format(rows, scheme=Scheme.IOBES) == TagFormat(Scheme.IOBES)
    assert nearest_format([["O", "B"]], scheme=Scheme.IOB2) == TagFormat(separator="")
    assert nearest_format([["O", "L-A"]], scheme=Scheme.IOBES) is None


def test_iob1_becomes_iob2() -> None:
    iob1 = ("I-A", "I-A", "B-A", "I-A", "I-B", "O", "I-B", None, "I-B", "B-A", "I-B")
    iob2 = ("B-A", "I-A", "B-A", "I-A", "B-B", "O", "B-B", None, "I-B", "B-A", "B-B")
    assert iob2_from_iob1(iob1) == iob2
    assert [i for i, pair in enumerate(neighbours(iob1)) if opens_inside(*pair)] == [
        0,
        4,
        6,
        10,
    ]


@given(st.lists(st.sampled_from(TAGS), max_size=9))
def test_iob2_stays_and_is_valid(tags: list[str]) -> None:
    once = iob2_from_iob1(tags)
    assert iob2_from_iob1(once) == once
    assert not any(opens_inside(*pair) for pair in neighbours(once))


def test_labels() -> None:
    found = [("a", "a"), ("a", "b"), ("b", "b"), ("c", "a")]
    assert label_scores(confusion(found)) == {
        "a": Score(1, 2, 2),
        "b": Score(1, 2, 1),
        "c": Score(0, 0, 1),
    }
    assert confusion(found) == {
        ("a", "a"): 1,
        ("a", "b"): 1,
        ("b", "b"): 1,
        ("c", "a"): 1,
    }


def test_what_a_label_is_taken_for() -> None:
    found = confusion([("a", "c"), ("a", "b"), ("a", "b"), ("a", "a"), ("b", "a")])
    assert [*taken_for(found, "a").items()] == [("b", 2), ("c", 1)]
    assert taken_for(found, "c") == {}


def test_quality() -> None:
    assert Quality(0.5).numbers() == {"accuracy": 0.5}
    assert (Quality(0.5).score, Quality(0.5).measure) == (0.5, "accuracy")
    tagged = Quality(0.9, 0.4)
    assert (tagged.score, tagged.measure) == (0.4, "entity F1")
    assert tagged.numbers() == {"accuracy": 0.9, "entity_f1": 0.4}
