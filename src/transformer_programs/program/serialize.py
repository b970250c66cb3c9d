"""A program as JSON, and back.

The text is canonical: equal programs give equal bytes, so that its hash names the
program. A reader refuses what it does not know: unknown versions, missing or additional
fields, wrong types, and programs that are not valid.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from transformer_programs.errors import SchemaError
from transformer_programs.program.nodes import (
    TOKENS,
    Aggregate,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Statement,
    Table,
    Term,
)
from transformer_programs.program.rules import NAME, check
from transformer_programs.program.splitting import SPLITTINGS, Splitting
from transformer_programs.program.surface import Folding, Surface, SurfaceKind
from transformer_programs.program.types import Domain, InputFormat, Kind, Vocabulary
from transformer_programs.system import (
    Json,
    JsonObject,
    integer,
    list_of,
    object_of,
    one_of,
    optional_string,
    parse,
    shown,
    string,
    truth,
    wrong,
)

FORMAT = "transformer-program"
VERSION = 1


def to_json(program: Program) -> str:
    """The canonical text of a program, ending with a line break."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "name": program.name,
        "input": input_to_json(program.input),
        "statements": [_statement_to_json(s) for s in program.statements],
        "readout": {
            "labels": list(program.readout.labels),
            "pooling": program.readout.pooling.value,
            "terms": [
                {"variable": t.variable, "weights": [list(row) for row in t.weights]}
                for t in program.readout.terms
            ],
        },
    }
    if program.aliases:
        document["aliases"] = dict(program.aliases)
    lines = [f"  {json.dumps(k)}: {_layout(v)}" for k, v in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def program_hash(program: Program) -> str:
    """The SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(to_json(program).encode()).hexdigest()


def from_json(text: str, source: str = "program.json") -> Program:
    """Read a program.

    Args:
        text: what ``to_json`` wrote.
        source: the file's name, for messages.

    Raises:
        SchemaError: if the text is not a program of a known version.
        ProgramError: if it is one that breaks the rules.
    """
    try:
        document = parse(text)
    except SchemaError as error:
        raise SchemaError(f"{source}: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise SchemaError(
            f'{source}: expected an object with "format": "{FORMAT}"; '
            "this is not a program file"
        )
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise SchemaError(
            f"{source}: schema version {shown(version)} is unknown, this package reads "
            f"version {VERSION}; use the package version that wrote the file"
        )
    try:
        program = _program(JsonObject(document, ""))
    except SchemaError as error:
        raise SchemaError(f"{source}: {error}") from None
    check(program)
    return program


def _layout(value: Json) -> str:
    """One line per item of a list of objects: compact, yet fit for a diff."""
    if isinstance(value, list) and value:
        items = ",\n    ".join(json.dumps(item) for item in value)
        return f"[\n    {items}\n  ]"
    return json.dumps(value)


def _domain_to_json(domain: Domain) -> Json:
    if domain.kind is Kind.TOKEN:
        return {"kind": domain.kind.value, "tokens": list(domain.tokens)}
    return {"kind": domain.kind.value, "size": domain.size}


def input_to_json(form: InputFormat) -> dict[str, Json]:
    """An input format as JSON can hold it; without what it does not have."""
    document: dict[str, Json] = {
        "tokens": list(form.vocabulary.tokens),
        "unknown": form.vocabulary.unknown,
        "max_length": form.max_length,
        "begin": form.begin,
        "end": form.end,
    }
    if form.folding is not None:
        document["folding"] = asdict(form.folding)
    if form.surfaces:
        document["surfaces"] = [
            {
                "name": surface.name,
                "kind": surface.kind.value,
                "length": surface.length,
                "values": list(surface.values),
            }
            for surface in form.surfaces
        ]
    if form.split is not None:
        document["split"] = form.split
    return document


def _statement_to_json(statement: Statement) -> Json:
    match statement:
        case Table() if statement.of_tokens:
            return {
                "embed": statement.output,
                "domain": _domain_to_json(statement.domain),
                "table": list(statement.table),
            }
        case Head():
            return {
                _NAMES[statement.aggregate]: statement.output,
                "query": statement.query,
                "key": statement.key,
                "value": statement.value,
                "scope": statement.scope.value,
                "predicate": [list(row) for row in statement.predicate],
            }
        case Table():
            return {
                "lookup": statement.output,
                "inputs": list(statement.inputs),
                "domain": _domain_to_json(statement.domain),
                "table": list(statement.table),
            }


_KINDS = {"attend": Aggregate.NEAREST, "count": Aggregate.SUM}
_NAMES = {aggregate: kind for kind, aggregate in _KINDS.items()}


_integers = list_of(integer)
_strings = list_of(string)
_rows = list_of(_integers)


def _program(document: JsonObject) -> Program:
    document.take("format", string)
    document.take("version", integer)
    program = Program(
        name=document.take("name", string),
        input=document.take("input", read_input),
        statements=document.take("statements", list_of(_statement)),
        readout=document.take("readout", _readout),
        aliases=document.take("aliases", _aliases)
        if "aliases" in document.fields
        else (),
    )
    document.end()
    return program


def _aliases(value: Json, place: str) -> tuple[tuple[str, str], ...]:
    fields = JsonObject(value, place).fields
    found = {name: string(old, f"{place}.{name}") for name, old in fields.items()}
    for name in (*found, *found.values()):
        if not NAME.fullmatch(name):
            raise wrong(place, "names of variables", name)
    return tuple(found.items())


_folding = object_of(Folding, lowercase=truth, digits=truth)

_surface = object_of(
    Surface, name=string, kind=one_of(SurfaceKind), length=integer, values=_strings
)


def _splitting(value: Json, place: str) -> Splitting:
    for known in SPLITTINGS:
        if value == known:
            return known
    raise wrong(place, "one of " + ", ".join(SPLITTINGS), value)


INPUT_FIELDS = {
    "tokens": _strings,
    "unknown": optional_string,
    "max_length": integer,
    "begin": optional_string,
    "end": optional_string,
}
"""What every input format has as JSON, and how it is read."""

OPTIONAL_INPUT_FIELDS = {
    "folding": _folding,
    "surfaces": list_of(_surface),
    "split": _splitting,
}
"""What an input format may have besides."""


def read_input(value: Json, place: str) -> InputFormat:
    """Read an input format.

    Raises:
        SchemaError: if ``value`` is not what ``input_to_json`` gives.
    """
    document = JsonObject(value, place)
    given: dict[str, Any] = {
        name: document.take(name, read) for name, read in INPUT_FIELDS.items()
    }
    optional: dict[str, Any] = {
        name: document.take(name, read)
        for name, read in OPTIONAL_INPUT_FIELDS.items()
        if name in document.fields
    }
    document.end()
    vocabulary = Vocabulary(given.pop("tokens"), given.pop("unknown"))
    return InputFormat(vocabulary, **given, **optional)


def _domain(value: Json, place: str) -> Domain:
    fields = JsonObject(value, place)
    kind = fields.take("kind", one_of(Kind))
    if kind is Kind.TOKEN:
        domain = Domain.of_tokens(fields.take("tokens", _strings))
    else:
        domain = Domain(kind, fields.take("size", integer))
    fields.end()
    return domain


def _statement(value: Json, place: str) -> Statement:
    fields = JsonObject(value, place)
    kinds = [k for k in ("embed", "attend", "count", "lookup") if k in fields.fields]
    if len(kinds) != 1:
        raise wrong(place, "one of embed, attend, count, lookup", value)
    (kind,) = kinds
    statement: Statement
    output = fields.take(kind, string)
    if kind == "embed":
        statement = Table(
            output,
            (TOKENS,),
            table=fields.take("table", _integers),
            domain=fields.take("domain", _domain),
        )
    elif kind == "lookup":
        statement = Table(
            output,
            inputs=fields.take("inputs", _strings),
            table=fields.take("table", _integers),
            domain=fields.take("domain", _domain),
        )
    else:
        statement = Head(
            output,
            query=fields.take("query", string),
            key=fields.take("key", string),
            value=fields.take("value", string),
            predicate=fields.take("predicate", _rows),
            scope=fields.take("scope", one_of(Scope)),
            aggregate=_KINDS[kind],
        )
    fields.end()
    return statement


_term = object_of(Term, variable=string, weights=_rows)

_readout = object_of(
    Readout, labels=_strings, terms=list_of(_term), pooling=one_of(Pooling)
)
