"""Programs as JSON.

The text is canonical: equal programs give equal bytes, so that its hash names the
program. Unknown versions, missing or additional fields, wrong types and programs that
break the rules are refused.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields
from functools import cache, partial
from typing import Any, Literal

from transformer_programs.errors import SchemaError
from transformer_programs.language import (
    NAME,
    TOKENS,
    Aggregate,
    Decide,
    Domain,
    Folding,
    Head,
    InputFormat,
    Kind,
    Program,
    Splitting,
    Statement,
    Table,
    Vocabulary,
    check,
)
from transformer_programs.system import Json, decode, document_of, parse, shown, wrong

FORMAT = "transformer-program"
VERSION = 1

STATEMENTS: dict[str, tuple[type[Statement], dict[str, Any]]] = {
    "embed": (Table, {"inputs": (TOKENS,)}),
    "attend": (Head, {"aggregate": Aggregate.NEAREST}),
    "count": (Head, {"aggregate": Aggregate.SUM}),
    "lookup": (Table, {}),
    "decide": (Decide, {}),
}
"""The kinds of statements in JSON, by the field that names the variable they write: the
class, and the fields that the kind fixes. The first one that fits is written."""

# The fields that come last in the part of a program that they belong to.
_LAST = {"table", "predicate", "terms", "values"}

INPUT_FIELDS = ("tokens", "unknown", "max_length", "begin", "end")
"""What every input format has in JSON."""

OPTIONAL_INPUT_FIELDS = ("folding", "surfaces", "split")
"""What an input format may have besides."""


def to_json(program: Program) -> str:
    """Return the canonical text of a program, which ends with a line break."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "name": program.name,
        "input": input_to_json(program.input),
        "statements": program.statements,
        "readout": program.readout,
    }
    if program.aliases:
        document["aliases"] = dict(program.aliases)
    lines = []
    for name, value in document.items():
        text = json.dumps(value, default=_fields)
        if name == "statements" and program.statements:  # a line each: fit for a diff
            parts = [json.dumps(part, default=_fields) for part in program.statements]
            text = "[\n    " + ",\n    ".join(parts) + "\n  ]"
        lines.append(f"  {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def program_hash(program: Program) -> str:
    """Return the SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(to_json(program).encode()).hexdigest()


def from_json(text: str, source: str = "program.json") -> Program:
    """Return the program that `to_json` wrote.

    Args:
        text: Its text.
        source: The name of its file, for messages.

    Raises:
        SchemaError: If the text is not a program of a known version.
        ProgramError: If the program breaks the rules.
    """
    try:
        program = _read(parse(text))
    except SchemaError as error:
        raise SchemaError(f"{source}: {error}") from None
    check(program)
    return program


def _read(document: Json) -> Program:
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
    given = decode(document, _documents()["program"])
    del given["format"], given["version"]
    statements = enumerate(given.pop("statements"))
    parts = tuple(_statement(found, f"statements[{i}]") for i, found in statements)
    aliases = given.pop("aliases", {})
    for name in (*aliases, *aliases.values()):
        if not NAME.fullmatch(name):
            raise wrong("aliases", "names of variables", name)
    return Program(**given, statements=parts, aliases=tuple(aliases.items()))


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
            make=partial(kind, **said),
            names={"output": key},
            without=said,
            **({} if kind is Head else {"domain": domain}),
        )
        for key, (kind, said) in STATEMENTS.items()
    }
    return {"program": program, "input": form, **statements}


def _input_format(
    tokens: tuple[str, ...], unknown: str | None, **given: Any
) -> InputFormat:
    return InputFormat(Vocabulary(tokens, unknown), **given)


def _fields(thing: Any) -> dict[str, Any]:
    found = {field.name: getattr(thing, field.name) for field in fields(thing)}
    if isinstance(thing, Domain):
        del found["size" if thing.kind is Kind.TOKEN else "tokens"]
    for key, (kind, said) in STATEMENTS.items():
        if type(thing) is kind and said.items() <= found.items():
            output = found.pop("output")
            found = {key: output} | {n: v for n, v in found.items() if n not in said}
            break
    for name in _LAST & found.keys():
        found[name] = found.pop(name)
    return found


def input_to_json(form: InputFormat) -> dict[str, Json]:
    """Return an input format as JSON has it, without what it does not have."""
    document: dict[str, Json] = {
        "tokens": list(form.vocabulary.tokens),
        "unknown": form.vocabulary.unknown,
        "max_length": form.max_length,
        "begin": form.begin,
        "end": form.end,
    }
    optional: dict[str, Json] = {
        "folding": None if form.folding is None else asdict(form.folding),
        "surfaces": [_fields(surface) for surface in form.surfaces],
        "split": form.split,
    }
    return document | {name: value for name, value in optional.items() if value}
