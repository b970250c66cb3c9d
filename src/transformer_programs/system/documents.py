"""JSON documents: parsed within limits, decoded by declaration.

The types are the schema. A document is declared by the dataclass that it becomes
(`document_of`) and by what is different in JSON. msgspec checks values against these
types at the speed of C; the path to what is wrong is only looked for once something is.
"""

from __future__ import annotations

import dataclasses
import json
import re
import types
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from enum import Enum
from functools import reduce
from operator import or_
from typing import (
    Any,
    ClassVar,
    Literal,
    NoReturn,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from transformer_programs.errors import SchemaError

DEPTH = 64
"""The deepest nesting of lists and objects; our own documents stay below ten."""

DIGITS = 100
"""The most characters of an integer; our own have at most 19."""

_TOO_DEEP = f"lists and objects are nested deeper than {DEPTH}"

_MANY_DIGITS = re.compile(f"[0-9]{{{DIGITS}}}")

Json = Any
"""A parsed JSON value, whose shape has not been checked yet."""


def parse(text: str) -> Json:
    """Return the value of a JSON text.

    Raises:
        SchemaError: If it is not JSON, repeats a field, is nested deeper than `DEPTH`,
            or holds a number that is not finite or has too many digits.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_fields,
            parse_constant=_no_number,
            # Checking every integer takes longer than parsing: only where one is long.
            parse_int=_integer if _MANY_DIGITS.search(text) else None,
            parse_float=_finite,
        )
    except SchemaError:
        raise
    except RecursionError:
        raise SchemaError(_TOO_DEEP) from None
    except ValueError as error:
        found = str(error) if text.strip() else "there is nothing in it"
        raise SchemaError(f"not JSON: {found}") from None
    _check_depth(value)
    return value


def parse_object(text: str) -> dict[str, Json]:
    """Return the object of a JSON text; raises as `parse` does if it is none."""
    value = parse(text)
    if not isinstance(value, dict):
        raise SchemaError(f"expected a JSON object, got {shown(value)}")
    return value


def take_version(document: dict[str, Json], name: str, *known: int) -> int:
    """Take the fields "format" and "version" out of a document; return the version.

    Raises:
        SchemaError: If these are not `name` and one of the known versions, of which
            the first is the current one.
    """
    found = document.pop("format", None), document.pop("version", None)
    for version in known:
        if found == (name, version) and type(found[1]) is int:
            return version
    raise SchemaError(
        f"expected format {name!r} version {known[0]}, got {shown(found[0])} version "
        f"{shown(found[1])}"
    )


def shown(value: Json) -> str:
    """Return a value as JSON, cut to 40 characters."""
    if isinstance(value, dict | list) and len(value) > 40:
        value = list(value)[:40]
    got = json.dumps(value[:40] if isinstance(value, str) else value)
    return got if len(got) <= 40 else got[:37] + "..."


def _bare(name: str) -> str:
    """Return the name of a field as JSON has it, without quotes, cut if it is long."""
    return shown(name)[1:-1]


def wrong(place: str, expected: str, value: Json) -> SchemaError:
    """Return the error for a value that is not what its place expects."""
    return SchemaError(
        f"{place or 'document'}: expected {expected}, got {shown(value)}"
    )


def _fields(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise SchemaError(f"the field {shown(twice)} is there more than once")
    return found


def _no_number(name: str) -> Json:
    raise SchemaError(f"expected finite numbers, got {name}")


def _integer(digits: str) -> int:
    if len(digits) > DIGITS:
        raise SchemaError(f"expected numbers of few digits, got one of {len(digits):,}")
    return int(digits)


def _finite(text: str) -> float:
    number = float(text)
    if not abs(number) < float("inf"):
        raise SchemaError(f"expected finite numbers, got {text[:40]}")
    return number


def _check_depth(value: Json) -> None:
    # Level by level: recursion would meet the limit of the interpreter first.
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEPTH):
        inner = [v.values() if isinstance(v, dict) else v for v in level]
        level = [x for items in inner for x in items if isinstance(x, dict | list)]
        if not level:
            return
    raise SchemaError(_TOO_DEEP)


TAG = "kind"
"""The field that tells apart the documents of a union."""


_REFUSED = (msgspec.ValidationError, UnicodeEncodeError)
"""What msgspec raises; the latter for halves of characters where no text belongs."""


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON object with exactly the declared fields."""

    make: ClassVar[Callable[..., Any]] = dict
    """Called with the fields by name; returns what the document stands for."""


def document_of(
    kind: type,
    *,
    title: str = "",
    make: Callable[..., Any] | None = None,
    tag: str | None = None,
    names: Mapping[str, str] | None = None,
    optional: Collection[str] | None = (),
    without: Collection[str] = (),
    **declared: Any,
) -> Any:
    """Return the document that has the fields of a dataclass.

    Args:
        kind: The dataclass. Dataclasses among its fields become documents, too.
        title: The name of the document in a JSON schema, that of `kind` by default.
        make: What is called with the fields, `kind` by default.
        tag: The value of the field "kind" in JSON, for members of a union.
        names: Names of fields in JSON, where they differ.
        optional: Fields that may be missing; None for all that have a default. Others
            are required even then: no default stands in for what is missing.
        without: Fields that are not stored.
        **declared: Types of further fields, and of those whose type in JSON is not that
            in the dataclass.
    """
    hints = get_type_hints(kind) | declared
    own = {field.name: field for field in dataclasses.fields(kind)}
    if optional is None:
        optional = [name for name, field in own.items() if _has_default(field)]
    stored = [name for name in dict.fromkeys((*declared, *own)) if name not in without]
    return msgspec.defstruct(
        title or kind.__name__,
        [
            (name, _declared(hints[name]), *([msgspec.UNSET] * (name in optional)))
            for name in stored
        ],
        bases=(Document,),
        namespace={"make": staticmethod(make or kind)},
        rename=names or {},
        tag=tag,
        tag_field=tag and TAG,
        kw_only=True,
    )


def _has_default(field: dataclasses.Field[Any]) -> bool:
    defaults = (field.default, field.default_factory)
    return any(default is not dataclasses.MISSING for default in defaults)


def _declared(hint: Any) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return document_of(hint)
    if hint is float:
        return int | float  # a number is kept as it was written
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is None or origin is Literal:
        return hint
    inner = tuple(_declared(argument) for argument in arguments)
    return reduce(or_, inner) if _is_union(hint) else origin[inner]


def decode(value: Json, declared: Any, place: str = "") -> Any:
    """Return what a parsed JSON value stands for.

    Args:
        value: The parsed value.
        declared: Its type, made of documents, tuples, dicts, enumerations, literals
            and plain types.
        place: Where it stands in its file, such as "recipe.model"; "" for all of it.

    Raises:
        SchemaError: If it is not of this type; names the place.
    """
    with suppress(*_REFUSED):
        return _made(msgspec.convert(value, declared))
    return _refuse(value, declared, place)


def _made(found: Any) -> Any:
    """Return a decoded value with the things that its documents stand for."""
    if isinstance(found, Document):
        stored = ((name, getattr(found, name)) for name in found.__struct_fields__)
        given = {n: _made(item) for n, item in stored if item is not msgspec.UNSET}
        return found.make(**given)
    if isinstance(found, dict):
        return {name: _made(item) for name, item in found.items()}
    # Long lists of numbers are as they should be.
    if isinstance(found, tuple) and found and isinstance(found[0], tuple | Document):
        return tuple(map(_made, found))
    return found


def _refuse(value: Json, declared: Any, place: str) -> NoReturn:
    """Raise the error for the first part of a value that is not as declared."""
    options = get_args(declared) if _is_union(declared) else (declared,)
    documents = [*filter(_is_document, options)]
    begin = f"{place}." if place else ""
    if isinstance(value, dict) and documents:
        options = (_chosen(value, documents, begin),)
        _check_names(value, options[0], begin)
    for option in options:
        for part, inner in _parts(value, option):
            if not _fits(value[part], inner):
                at = (
                    f"{place}[{part}]" if isinstance(part, int) else begin + _bare(part)
                )
                _refuse(value[part], inner, at)
    raise wrong(place, _in_words(options), value)


def _chosen(value: dict[str, Json], documents: list[Any], begin: str) -> Any:
    tags = {document.__struct_config__.tag: document for document in documents}
    if None in tags:
        return tags[None]
    if TAG not in value:
        raise SchemaError(f"{begin}{TAG}: this field is missing")
    if value[TAG] not in [*tags]:
        raise wrong(f"{begin}{TAG}", "one of " + ", ".join(tags), value[TAG])
    return tags[value[TAG]]


def _check_names(value: dict[str, Json], document: Any, begin: str) -> None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(document)}
    for name, field in fields.items():
        if field.required and name not in value:
            raise SchemaError(f"{begin}{name}: this field is missing")
    for name in value:
        if name not in fields and name != document.__struct_config__.tag_field:
            raise SchemaError(f"{begin}{_bare(name)}: unknown field")


def _parts(value: Json, declared: Any) -> Iterable[tuple[Any, Any]]:
    arguments = get_args(declared)
    if isinstance(value, list) and get_origin(declared) is tuple:
        if arguments[-1] is Ellipsis:
            return ((index, arguments[0]) for index in range(len(value)))
        # A list of another length is wrong as a whole.
        return enumerate(arguments) if len(arguments) == len(value) else ()
    if isinstance(value, dict) and get_origin(declared) is dict:
        return ((name, arguments[1]) for name in value)
    if isinstance(value, dict) and _is_document(declared):
        fields = msgspec.structs.fields(declared)
        return ((f.encode_name, f.type) for f in fields if f.encode_name in value)
    return ()


def _fits(value: Json, declared: Any) -> bool:
    try:
        msgspec.convert(value, declared)
    except _REFUSED:
        return False
    return True


def _is_union(declared: Any) -> bool:
    return get_origin(declared) in (types.UnionType, Union)


def _is_document(declared: Any) -> bool:
    return isinstance(declared, type) and issubclass(declared, Document)


_WORDS: dict[Any, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    types.NoneType: "null",
}


def _in_words(options: Collection[Any]) -> str:
    words = []
    for option in options:
        arguments = get_args(option)
        if get_origin(option) is Literal:
            words.append("one of " + ", ".join(map(str, arguments)))
        elif isinstance(option, type) and issubclass(option, Enum):
            words.append("one of " + ", ".join(member.value for member in option))
        elif get_origin(option) is tuple:
            fixed = bool(arguments) and arguments[-1] is not Ellipsis
            words.append(f"a list of {len(arguments)} items" if fixed else "a list")
        elif option is not int or float not in options:
            words.append(_WORDS.get(option, "an object"))
    return " or ".join(dict.fromkeys(words))
