"""``certificate.json`` back into a certificate; every field is checked."""

from __future__ import annotations

import json

from transformer_programs.errors import SchemaError
from transformer_programs.program.json_reader import (
    Json,
    JsonObject,
    integer,
    list_of,
    one_of,
    optional_string,
    string,
    wrong,
)
from transformer_programs.verify.agreement import Comparison
from transformer_programs.verify.certificate import (
    FORMAT,
    QUESTIONS,
    VERSION,
    Certificate,
    Finding,
    InputDomain,
    Question,
)
from transformer_programs.verify.judgement import Judgement, Method


def certificate_from_json(text: str, name: str) -> Certificate:
    """The certificate that a text stands for.

    Args:
        text: what ``Certificate.to_json`` wrote.
        name: what messages call it, such as its path.

    Raises:
        SchemaError: if it is no certificate of this version.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise SchemaError(f"{name}: not JSON: {error}") from error
    try:
        return _certificate(document)
    except SchemaError as error:
        raise SchemaError(f"{name}: {error}") from error


def _certificate(document: Json) -> Certificate:
    fields = JsonObject(document, "")
    found = fields.take("format", string), fields.take("version", integer)
    if found != (FORMAT, VERSION):
        raise SchemaError(
            f"expected format {FORMAT!r} version {VERSION}, got {found[0]!r} version "
            f"{found[1]}; 'tprog verify RUN' writes a new one"
        )
    certificate = Certificate(
        program_sha256=fields.take("program_sha256", string),
        model_sha256=fields.take("model_sha256", optional_string),
        file_sha256=fields.take("file_sha256", string),
        domain=fields.take("domain", _domain),
        inputs=fields.take("inputs", _counts),
        seed=fields.take("seed", integer),
        comparisons=fields.take("comparisons", list_of(_comparison)),
        findings=fields.take("findings", list_of(_finding)),
        date=fields.take("date", string),
        versions=fields.take("versions", _strings),
    )
    fields.end()
    return certificate


def _domain(value: Json, place: str) -> InputDomain:
    fields = JsonObject(value, place)
    domain = InputDomain(
        tokens=fields.take("tokens", integer),
        lengths=fields.take("lengths", _pair),
        size=fields.take("size", _size),
    )
    fields.end()
    return domain


def _size(value: Json, place: str) -> int | str:
    return value if isinstance(value, str) else integer(value, place)


def _pair(value: Json, place: str) -> tuple[int, int]:
    found = list_of(integer)(value, place)
    if len(found) != 2:
        raise wrong(place, "two integers", value)
    return found[0], found[1]


def _optional_pair(value: Json, place: str) -> tuple[int, int] | None:
    return None if value is None else _pair(value, place)


def _counts(value: Json, place: str) -> dict[str, int]:
    fields = JsonObject(value, place).fields
    return {name: integer(n, f"{place}.{name}") for name, n in fields.items()}


def _strings(value: Json, place: str) -> dict[str, str]:
    fields = JsonObject(value, place).fields
    return {name: string(text, f"{place}.{name}") for name, text in fields.items()}


def _comparison(value: Json, place: str) -> Comparison:
    fields = JsonObject(value, place)
    names = fields.take("implementations", list_of(string))
    if len(names) != 2:
        raise wrong(f"{place}.implementations", "two names", list(names))
    comparison = Comparison(
        implementations=(names[0], names[1]),
        inputs=fields.take("inputs", integer),
        exhaustive=fields.take("exhaustive", _flag),
        differences=fields.take("differences", integer),
        seconds=fields.take("seconds", _seconds),
        labels_only=fields.take("labels_only", _flag),
    )
    fields.end()
    return comparison


def _flag(value: Json, place: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(place, "true or false", value)
    return value


def _seconds(value: Json, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(place, "a number of seconds", value)
    return float(value)


def _finding(value: Json, place: str) -> Finding:
    fields = JsonObject(value, place)
    finding = Finding(
        question=fields.take("question", _question),
        reference_sha256=fields.take("reference_sha256", optional_string),
        judgement=fields.take("judgement", _judgement),
    )
    fields.end()
    return finding


def _question(value: Json, place: str) -> Question:
    fields = JsonObject(value, place)
    question = Question(
        option=fields.take("option", string),
        text=fields.take("text", string),
        drawn=fields.take("drawn", integer),
        lengths=fields.take("lengths", _optional_pair),
        solver=fields.take("solver", _flag),
        solver_seconds=fields.take("solver_seconds", _seconds),
    )
    fields.end()
    if question.option not in QUESTIONS or question.drawn < 1:
        raise wrong(place, "a question of tprog verify", value)
    return question


def _judgement(value: Json, place: str) -> Judgement:
    fields = JsonObject(value, place)
    judgement = Judgement(
        claim=fields.take("claim", string),
        method=fields.take("method", one_of(Method)),
        lengths=fields.take("lengths", _pair),
        inputs=fields.take("inputs", _size),
        seconds=fields.take("seconds", _seconds),
        proved_lengths=fields.take("proved_lengths", _optional_pair),
        reservation=fields.take("reservation", string),
    )
    fields.end()
    return judgement
