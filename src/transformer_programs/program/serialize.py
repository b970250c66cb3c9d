"""A program as JSON, and back.

The text is canonical: equal programs give equal bytes, so that its hash names the
program. A reader refuses what it does not know: unknown versions, missing or additional
fields, wrong types, and programs that are not valid.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache, partial
from typing import Any, Literal

from transformer_programs.errors import SchemaError
from transformer_programs.program.nodes import (
    Attend,
    Count,
    Embed,
    Lookup,
    Program,
    Statement,
)
from transformer_programs.program.rules import NAME, check
from transformer_programs.program.splitting import Splitting
from transformer_programs.program.surface import Folding
from transformer_programs.program.types import Domain, InputFormat, Kind, Vocabulary
from transformer_programs.system import (
    Json,
    decode,
    document_of,
    parse,
    shown,
    wrong,
)

FORMAT = "transformer-program"
VERSION = 1

STATEMENTS = {"embed": Embed, "attend": Attend, "count": Count, "lookup": Lookup}
"""The kinds of statements, by the field that names the variable they write."""

_KEYS = {kind: key for key, kind in STATEMENTS.items()}

INPUT_FIELDS = ("tokens", "unknown", "max_length", "begin", "end")
"""What every input format has in JSON."""

OPTIONAL_INPUT_FIELDS = ("folding", "surfaces", "split")
"""What an input format may have besides."""


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
        _check_version(document)
        program = _read(document)
    except SchemaError as error:
        raise SchemaError(f"{source}: {error}") from None
    check(program)
    return program


def _check_version(document: Json) -> None:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise SchemaError(
            f'expected an object with "format": "{FORMAT}"; this is not a program file'
        )
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise SchemaError(
            f"schema version {shown(version)} is unknown, this package reads version "
            f"{VERSION}; use the package version that wrote the file"
        )


def _read(document: Json) -> Program:
    fields = decode(document, _documents()["program"])
    del fields["format"], fields["version"]
    fields["statements"] = tuple(
        _statement(found, f"statements[{index}]")
        for index, found in enumerate(fields["statements"])
    )
    aliases = fields.pop("aliases", {})
    for name in (*aliases, *aliases.values()):
        if not NAME.fullmatch(name):
            raise wrong("aliases", "names of variables", name)
    return Program(**fields, aliases=tuple(aliases.items()))


def _statement(value: Json, place: str) -> Statement:
    kinds = [kind for kind in STATEMENTS if isinstance(value, dict) and kind in value]
    if len(kinds) != 1:
        raise wrong(place, "one of " + ", ".join(STATEMENTS), value)
    statement: Statement = decode(value, _documents()[kinds[0]], place)
    return statement


def read_input(value: Json, place: str) -> InputFormat:
    """Return the input format that `input_to_json` wrote.

    Raises:
        SchemaError: If `value` is anything else.
    """
    form: InputFormat = decode(value, _documents()["input"], place)
    return form


def program_schema() -> dict[str, Any]:
    """Return the JSON schema of ``program.json``."""
    import msgspec

    documents = _documents()
    named = [documents[name] for name in ("program", *STATEMENTS)]
    (program, *statements), parts = msgspec.json.schema_components(
        named, ref_template="#/$defs/{name}"
    )
    parts["Program"]["properties"]["statements"]["items"] = {"oneOf": statements}
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": draft, **program, "$defs": parts}


@cache
def _documents() -> dict[str, Any]:
    """Return what a program, its input and every kind of statement are in JSON."""
    domain = document_of(
        Domain,
        title="TokenDomain",
        make=Domain.of_tokens,
        tag=Kind.TOKEN.value,
        without=("kind", "size"),
    )
    for kind in (Kind.POSITION, Kind.CLASS, Kind.NUMBER):
        domain |= document_of(
            Domain,
            title=f"{kind.capitalize()}Domain",
            make=partial(Domain, kind),
            tag=kind.value,
            without=("kind", "tokens"),
        )
    form = document_of(
        InputFormat,
        make=_input_format,
        without=("vocabulary",),
        tokens=tuple[str, ...],
        unknown=str | None,
        folding=Folding,
        split=Splitting,
        optional=OPTIONAL_INPUT_FIELDS,
    )
    program = document_of(
        Program,
        make=dict,
        format=Literal[FORMAT],
        version=Literal[VERSION],
        input=form,
        statements=tuple[Any, ...],
        aliases=dict[str, str],
        optional=("aliases",),
    )
    statements = {
        key: document_of(
            kind,
            title=key.capitalize(),
            names={"output": key},
            **({"domain": domain} if kind in (Embed, Lookup) else {}),
        )
        for key, kind in STATEMENTS.items()
    }
    return {"program": program, "input": form, **statements}


def _input_format(
    tokens: tuple[str, ...], unknown: str | None, **fields: Any
) -> InputFormat:
    return InputFormat(Vocabulary(tokens, unknown), **fields)


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
        case Embed():
            return {
                "embed": statement.output,
                "domain": _domain_to_json(statement.domain),
                "table": list(statement.table),
            }
        case Attend() | Count():
            return {
                _KEYS[type(statement)]: statement.output,
                "query": statement.query,
                "key": statement.key,
                "value": statement.value,
                "scope": statement.scope.value,
                "predicate": [list(row) for row in statement.predicate],
            }
        case Lookup():
            return {
                "lookup": statement.output,
                "inputs": list(statement.inputs),
                "domain": _domain_to_json(statement.domain),
                "table": list(statement.table),
            }
