from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import pytest

from transformer_programs.errors import SchemaError
from transformer_programs.system.documents import (
    decode,
    document_of,
    parse,
    parse_object,
    take_version,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float | None = 0.5


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    points: tuple[Point, ...]
    size: tuple[int, int]
    colour: Colour = Colour.RED
    closed: bool = True
    join: Literal["round", "flat"] | None = None
    notes: dict[str, int] | None = None
    cached: int = 7


def shape(**changes: Any) -> dict[str, Any]:
    return {
        "name": "a",
        "points": [{"x": 1, "y": 2.5}, {"x": 0.0, "y": None}],
        "size": [3, 4],
        "colour": "blue",
        "closed": False,
        "join": "flat",
        "notes": {"a": 1},
    } | changes


SHAPE = document_of(Shape, without=("cached",))
LENIENT = document_of(Shape, optional=None, points=tuple[Point, ...])


def refused(value: Any, declared: Any = SHAPE, place: str = "") -> str:
    with pytest.raises(SchemaError) as caught:
        decode(value, declared, place)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_dataclasses_are_decoded() -> None:
    points = (Point(1, 2.5), Point(0.0, None))
    found = decode(shape(), SHAPE)
    assert found == Shape(
        "a", points, (3, 4), Colour.BLUE, False, "flat", {"a": 1}, cached=7
    )
    assert type(found.colour) is Colour


def test_numbers_stay_as_they_were_written() -> None:
    found = decode(shape(), SHAPE)
    assert [type(point.x) for point in found.points] == [int, float]
    assert decode(10**30, int) == 10**30


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 3}, "name: expected a string, got 3"),
        ({"points": {}}, "points: expected a list, got {}"),
        ({"points": [{"x": 1, "y": 1}, 3]}, "points[1]: expected an object, got 3"),
        ({"points": [{"x": True, "y": 1}]}, "points[0].x: expected a number, got true"),
        (
            {"points": [{"x": 1, "y": "a"}]},
            'points[0].y: expected a number or null, got "a"',
        ),
        ({"points": [{"x": 1}]}, "points[0].y: this field is missing"),
        ({"points": [{"x": 1, "y": 1, "z": 1}]}, "points[0].z: unknown field"),
        ({"size": [1]}, "size: expected a list of 2 items, got [1]"),
        ({"size": [1, 2.0]}, "size[1]: expected an integer, got 2.0"),
        ({"colour": "green"}, 'colour: expected one of red, blue, got "green"'),
        ({"closed": 1}, "closed: expected true or false, got 1"),
        ({"join": "x"}, 'join: expected one of round, flat or null, got "x"'),
        ({"notes": {"a": 1, "b": "c"}}, 'notes.b: expected an integer, got "c"'),
        ({"notes": {"\n": ""}}, 'notes.\\n: expected an integer, got ""'),
        ({"cached": 1}, "cached: unknown field"),
        ({"\x1b": 1}, "\\u001b: unknown field"),
    ],
)
def test_errors_name_the_place_and_what_was_found(
    changes: dict[str, Any], message: str
) -> None:
    assert refused(shape(**changes)) == message
    assert refused(shape(**changes), place="a.b") == f"a.b.{message}"


@pytest.mark.parametrize("name", list(shape()))
def test_no_default_stands_in_for_what_is_missing(name: str) -> None:
    document = shape()
    del document[name]
    assert refused(document) == f"{name}: this field is missing"


def test_fields_may_be_optional() -> None:
    least = {"name": "a", "points": [], "size": [1, 2]}
    assert decode(least, LENIENT) == Shape("a", (), (1, 2))
    assert refused({"name": "a"}, LENIENT) == "points: this field is missing"


def test_other_documents_than_dataclasses() -> None:
    assert refused([]) == "document: expected an object, got []"
    assert refused([], dict[str, int], "x") == "x: expected an object, got []"
    assert decode({"a": [1]}, dict[str, Any]) == {"a": [1]}


def test_unions_are_told_apart_by_their_kind() -> None:
    union = document_of(Point, tag="point") | document_of(
        Shape, tag="shape", names={"name": "called"}, optional=None
    )
    assert decode({"kind": "point", "x": 1, "y": 2}, union) == Point(1, 2)
    found = decode(
        {"kind": "shape", "called": "b", "points": [], "size": [1, 2]}, union
    )
    assert found == Shape("b", (), (1, 2))
    for value, message in (
        ({}, "kind: this field is missing"),
        ({"kind": []}, "kind: expected one of point, shape, got []"),
        ({"kind": "line"}, 'kind: expected one of point, shape, got "line"'),
        ({"kind": "shape", "name": "b"}, "called: this field is missing"),
        ({"kind": "point", "x": 1, "y": {}}, "y: expected a number or null, got {}"),
        ({"kind": "point", "x": 1, "y": 2, "z": 3}, "z: unknown field"),
        (None, "document: expected an object, got null"),
    ):
        assert refused(value, union) == message


def test_further_fields_and_what_is_made_of_them() -> None:
    document = document_of(Point, make=dict, without=("y",), more=tuple[str, ...])
    assert decode({"x": 1, "more": ["a"]}, document) == {"x": 1, "more": ("a",)}


def test_versions() -> None:
    document = {"format": "ours", "version": 2, "a": 1}
    assert take_version(document, "ours", 3, 2) == 2
    assert document == {"a": 1}
    for other in ({}, {"format": "ours"}, {"format": "ours", "version": True}):
        with pytest.raises(SchemaError, match="expected format 'ours' version 1, got "):
            take_version(dict(other), "ours", 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 65 + "]" * 65, "nested deeper than 64"),
        ('{"a": ' * 100_000, "nested deeper than 64"),
        ("[1" + "0" * 100 + "]", "numbers of few digits, got one of 101"),
        ("[-Infinity]", "finite numbers, got -Infinity"),
        ("[1e400]", "finite numbers, got 1e400"),
        ('[{"b": {"a": 1, "a": 1}}]', 'the field "a" is there more than once'),
        ("[1,]", "not JSON: "),
        ("\ufeff[]", "not JSON: "),
    ],
)
def test_limits_of_texts(text: str, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        parse(text)


def test_texts_within_the_limits() -> None:
    assert parse("[" * 64 + "]" * 64)
    assert parse("[1" + "0" * 99 + "]") == [10**99]
    with pytest.raises(SchemaError, match=r"expected a JSON object, got \[1\]"):
        parse_object("[1]")
