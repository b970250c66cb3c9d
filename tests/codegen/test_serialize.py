from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from golden_programs import BY_NAME, GOLDEN
from strategies import awkward_tokens, programs
from transformer_programs.codegen.python import emit_python
from transformer_programs.codegen.serialize import (
    from_json,
    program_hash,
    program_schema,
    to_json,
)
from transformer_programs.errors import ProgramError, SchemaError
from transformer_programs.language.nodes import Aggregate, Head, Program, Table

QUOTES = BY_NAME["quotes"].program

Path = tuple[str | int, ...]


@given(programs(awkward_tokens) | programs(awkward_tokens, characters=True))
def test_round_trip(program: Program) -> None:
    text = to_json(program)
    again = from_json(text)
    assert again == program
    assert to_json(again) == text
    assert text.isascii()
    assert text.endswith("}\n")


def test_equal_programs_have_equal_bytes_and_hashes() -> None:
    text = to_json(QUOTES)
    shuffled = json.dumps(dict(reversed(json.loads(text).items())), indent=3)
    again = from_json(shuffled)
    assert again is not QUOTES
    assert to_json(again) == text
    assert program_hash(again) == program_hash(QUOTES)
    assert program_hash(QUOTES) == hashlib.sha256(text.encode()).hexdigest()


def test_different_programs_have_different_hashes() -> None:
    assert len({program_hash(golden.program) for golden in GOLDEN}) == len(GOLDEN)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("folding", "digits"), 1, "input.folding.digits: expected true or false, got"),
        (("folding",), None, "input.folding: expected an object, got null"),
        (("surfaces", 0, "kind"), "ending", "input.surfaces[0].kind: expected one of"),
        (("surfaces", 1, "values"), "x", "input.surfaces[1].values: expected a list"),
        (("surfaces", 1, "more"), 1, "input.surfaces[1].more: unknown field"),
    ],
)
def test_what_is_read_of_characters_is_checked(
    place: Path, value: Any, message: str
) -> None:
    document = json.loads(to_json(BY_NAME["names"].program))
    _at(document["input"], place[:-1])[place[-1]] = value
    assert refused(json.dumps(document)).startswith(message)


def test_a_statement_a_line() -> None:
    lines = to_json(QUOTES).splitlines()
    for statement in QUOTES.statements:
        match statement:
            case Head(aggregate=Aggregate.NEAREST):
                kind = "attend"
            case Head():
                kind = "count"
            case Table(inputs=("tokens",)):
                kind = "embed"
            case _:
                kind = "lookup"
        start = f'    {{"{kind}": "{statement.output}", '
        assert sum(line.startswith(start) for line in lines) == 1


def edited(edit: Callable[[Any], None]) -> str:
    document = json.loads(to_json(QUOTES))
    edit(document)
    return json.dumps(document)


def refused(text: str) -> str:
    with pytest.raises(SchemaError) as caught:
        from_json(text, "here.json")
    message = str(caught.value)
    assert message.startswith("here.json: ")
    assert "\n" not in message
    return message.removeprefix("here.json: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON: "),
        ("{", "not JSON: "),
        ('{"format": ', "not JSON: "),
        ("\x00", "not JSON: "),
        ("[" * 200_000, "lists and objects are nested deeper than 64"),
        ("[" * 65 + "]" * 65, "lists and objects are nested deeper than 64"),
        ('{"version": ' + "9" * 6000 + "}", "expected numbers of few digits, got one"),
        ('{"format": NaN}', "expected finite numbers, got NaN"),
        ('{"format": 1e999}', "expected finite numbers, got 1e999"),
        ('{"a": 1, "a": 1}', 'the field "a" is there more than once'),
    ],
    ids=lambda text: text[:12],
)
def test_not_json(text: str, message: str) -> None:
    assert refused(text).startswith(message)


@pytest.mark.parametrize("text", ["null", "[]", "3", "{}", '{"format": "other"}'])
def test_not_a_program_file(text: str) -> None:
    assert '"format": "transformer-program"' in refused(text)


@pytest.mark.parametrize("version", [0, 2, "1", None, 1.0])
def test_unknown_version(version: Any) -> None:
    message = refused(edited(lambda document: document.update(version=version)))
    assert message.startswith(f"schema version {json.dumps(version)} is unknown")
    assert "reads version 1" in message


def test_true_is_no_version() -> None:
    refused(edited(lambda document: document.update(version=True)))


def _objects(value: Any, place: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(value, dict):
        yield place, value
        for name, item in value.items():
            yield from _objects(item, (*place, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _objects(item, (*place, index))


def _spelled(place: Path) -> str:
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def _at(document: Any, place: Path) -> Any:
    for part in place:
        document = document[part]
    return document


OBJECTS = dict(_objects(json.loads(to_json(QUOTES))))
FIELDS = [
    (place, name)
    for place, fields in OBJECTS.items()
    for name in fields
    if (place, name) not in [((), "format"), ((), "version")]
]
STATEMENT_KINDS = ("embed", "attend", "count", "lookup")


def by_place(field: Any) -> str:
    return _spelled(field) if isinstance(field, tuple) else str(field)


@pytest.mark.parametrize(("place", "name"), FIELDS, ids=by_place)
def test_missing_field(place: Path, name: str) -> None:
    def remove(document: Any) -> None:
        del _at(document, place)[name]

    message = refused(edited(remove))
    if name in STATEMENT_KINDS:
        expected = f"{_spelled(place)}: expected one of embed, attend, count, lookup"
        assert message.startswith(expected)
    else:
        assert message == f"{_spelled((*place, name))}: this field is missing"


@pytest.mark.parametrize("place", OBJECTS, ids=by_place)
def test_unknown_field(place: Path) -> None:
    message = refused(edited(lambda doc: _at(doc, place).update(zzz=1)))
    assert message == f"{_spelled((*place, 'zzz'))}: unknown field"


WRONG = (None, True, 1.5, {}, "text", [[None]], [3])


def _allowed(right: Any, wrong: Any, name: str) -> bool:
    """Whether the reader may take it: another value of a right type."""
    if isinstance(wrong, str):
        kinds = ("kind", "scope", "pooling")
        return (isinstance(right, str) or right is None) and name not in kinds
    if isinstance(wrong, dict):
        return isinstance(right, dict)
    if wrong is None:
        return name in ("unknown", "begin", "end")
    return wrong == [3] and name == "table"


@pytest.mark.parametrize(("place", "name"), FIELDS, ids=by_place)
def test_wrong_type(place: Path, name: str) -> None:
    right = OBJECTS[place][name]
    for wrong in WRONG:
        if _allowed(right, wrong, name):
            continue

        def spoil(document: Any, wrong: Any = wrong) -> None:
            _at(document, place)[name] = wrong

        message = refused(edited(spoil))
        assert message.startswith(_spelled((*place, name)))
        assert ": expected " in message
        assert ", got " in message


def test_wrong_items_are_named() -> None:
    def spoil(document: Any) -> None:
        document["statements"][3]["predicate"][1] = [1, "two"]

    assert refused(edited(spoil)) == (
        'statements[3].predicate[1][1]: expected an integer, got "two"'
    )


def test_two_kinds_in_a_statement() -> None:
    message = refused(edited(lambda doc: doc["statements"][0].update(count="x")))
    assert message.startswith("statements[0]: expected one of embed, ")


def test_long_values_are_cut() -> None:
    message = refused(edited(lambda doc: doc.update(name=["x" * 500])))
    assert len(message) < 100


def _conforms(value: Any, schema: dict[str, Any], parts: dict[str, Any]) -> bool:
    """Whether a value is as a schema says, as far as ours say anything."""
    if "$ref" in schema:
        return _conforms(value, parts[schema["$ref"].removeprefix("#/$defs/")], parts)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return any(_conforms(value, one, parts) for one in schema[several])
    if "enum" in schema:
        return value in schema["enum"]
    kinds = {"object": dict, "array": list, "string": str, "integer": int}
    kinds |= {"boolean": bool, "null": type(None)}
    if "type" in schema and type(value) is not kinds[schema["type"]]:
        return False
    if isinstance(value, list):
        return all(_conforms(item, schema["items"], parts) for item in value)
    if isinstance(value, dict):
        known, more = schema.get("properties", {}), schema["additionalProperties"]
        return set(schema.get("required", ())) <= value.keys() and all(
            _conforms(item, known.get(name, more), parts)
            if known.get(name, more)
            else False
            for name, item in value.items()
        )
    return True


def test_the_schema_is_that_of_programs() -> None:
    schema = json.loads(json.dumps(program_schema()))
    parts = schema["$defs"]
    assert {"Embed", "Attend", "Count", "Lookup", "Readout"} <= parts.keys()
    for golden in GOLDEN:
        document = json.loads(to_json(golden.program))
        assert _conforms(document, schema, parts)
        assert not _conforms(document | {"more": 1}, schema, parts)
        for name in document.keys() - {"aliases"}:
            less = {other: document[other] for other in document if other != name}
            assert not _conforms(less, schema, parts)
            assert not _conforms(document | {name: 3.5}, schema, parts)
        document["statements"].append({"embed": "x"})
        assert not _conforms(document, schema, parts)


def test_a_program_that_breaks_the_rules() -> None:
    text = edited(lambda doc: doc["statements"][0]["table"].append(7))
    with pytest.raises(ProgramError, match="2 violations") as caught:
        from_json(text)
    assert caught.value.violations[0].startswith("statement 0 ('class'): its table has")


def test_huge_numbers_are_refused() -> None:
    text = edited(lambda doc: doc["statements"][0]["table"].__setitem__(0, 10**30))
    with pytest.raises(ProgramError, match=r"outside 0\.\.2"):
        from_json(text)


def test_aliases_are_kept_and_mean_nothing() -> None:
    program = BY_NAME["hist"].program
    named = replace(program, aliases=(("frequency", "num_attn_0_1"),))
    assert named == program
    assert "aliases" not in to_json(program)
    assert from_json(to_json(named)).aliases == named.aliases
    assert "frequency is num_attn_0_1." in " ".join(emit_python(named).split())
    document = json.loads(to_json(named))
    document["aliases"] = {"frequency": '"""'}
    with pytest.raises(SchemaError, match="expected names of variables"):
        from_json(json.dumps(document))
