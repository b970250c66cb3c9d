"""Scores by the book: against seqeval, and arrays against strings."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st

from transformer_programs.metrics import (
    Entity,
    Measure,
    Quality,
    Score,
    TagArrays,
    are_bio,
    confusion,
    entities,
    entity_scores,
    iob2_from_iob1,
    label_scores,
    opens_inside,
    taken_for,
    total,
)

TAGS = ("O", "B-A", "I-A", "B-B", "I-B", "B-C-D", "I-C-D")

pairs = st.lists(
    st.lists(st.tuples(*[st.sampled_from(TAGS)] * 2), min_size=1, max_size=9),
    min_size=1,
    max_size=5,
)
"""Sequences of wanted and predicted tags; most are not valid BIO."""


def both(found: list[list[tuple[str, str]]]) -> tuple[list[list[str]], list[list[str]]]:
    return [[w for w, _ in s] for s in found], [[p for _, p in s] for s in found]


def test_entities() -> None:
    tags = ("I-A", "B-A", "I-A", "I-B", "B-B", "B-B", "I-B", "O", None, "I-B")
    assert entities(tags) == [Entity("A", 1, 3), Entity("B", 4, 5), Entity("B", 5, 7)]
    assert entities(()) == []


@given(pairs)
def test_scores_are_those_of_seqeval(found: list[list[tuple[str, str]]]) -> None:
    seqeval = pytest.importorskip("seqeval.metrics.v1", reason="needs seqeval")
    from seqeval.scheme import IOB2

    wanted, predicted = both(found)
    ours = entity_scores(wanted, predicted)
    if not ours:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = seqeval.classification_report(
            wanted, predicted, output_dict=True, scheme=IOB2
        )
    assert ours.keys() == {k for k in theirs if not k.endswith(" avg")}
    for name, score in [*ours.items(), ("micro avg", total(ours))]:
        expected = theirs[name]
        assert score.precision == pytest.approx(expected["precision"])
        assert score.recall == pytest.approx(expected["recall"])
        assert score.f1 == pytest.approx(expected["f1-score"])
        assert score.there == expected["support"]


masked = st.lists(
    st.lists(
        st.tuples(st.sampled_from((None, *TAGS)), st.sampled_from(TAGS)), max_size=9
    ),
    max_size=5,
)


@given(masked)
def test_arrays_score_as_strings_do(found: list[list[tuple[str | None, str]]]) -> None:
    width = max(map(len, found), default=0)
    shape = (len(found), width)
    wanted = np.full(shape, -1, dtype=np.int64)
    predicted = np.zeros(shape, dtype=np.int64)
    ids = {tag: number for number, tag in enumerate(TAGS)}
    for row, sequence in enumerate(found):
        for place, (tag, guess) in enumerate(sequence):
            wanted[row, place] = -1 if tag is None else ids[tag]
            predicted[row, place] = ids[guess]
    expected = total(
        entity_scores(
            [[w for w, _ in s] for s in found], [[p for _, p in s] for s in found]
        )
    )
    assert TagArrays.of(TAGS).score(wanted, predicted) == expected


def test_what_is_predicted_where_no_label_is_asked_does_not_count() -> None:
    wanted = [("B-A", None, "I-A")]
    assert entity_scores(wanted, [("B-A", "B-A", "I-A")]) == {"A": Score(1, 1, 1)}


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
        (("O", "I-A"), False),
        (("O",), False),
        (("O", "B-"), False),
        (("O", "B-A", "X"), False),
        (("0", "1"), False),
        ((), False),
    ],
)
def test_what_bio_tags_are(labels: tuple[str, ...], expected: bool) -> None:
    assert are_bio(labels) is expected
    measure = Measure.ENTITY_F1 if expected else Measure.ACCURACY
    assert Measure.suited(labels, tagging=True) is measure
    assert Measure.suited(labels, tagging=False) is Measure.ACCURACY


def test_iob1_becomes_iob2() -> None:
    iob1 = ("I-A", "I-A", "B-A", "I-A", "I-B", "O", "I-B", None, "I-B", "B-A", "I-B")
    iob2 = ("B-A", "I-A", "B-A", "I-A", "B-B", "O", "B-B", None, "B-B", "B-A", "B-B")
    assert iob2_from_iob1(iob1) == iob2
    assert [i for i in range(len(iob1)) if opens_inside(iob1, i)] == [0, 4, 6, 8, 10]


@given(st.lists(st.sampled_from(TAGS), max_size=9))
def test_iob2_stays_and_is_valid(tags: list[str]) -> None:
    once = iob2_from_iob1(tags)
    assert iob2_from_iob1(once) == once
    assert not any(opens_inside(once, position) for position in range(len(once)))


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
