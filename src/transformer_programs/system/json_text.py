"""JSON text of unknown origin, parsed within limits of depth and size."""

from __future__ import annotations

import json
import re
from typing import Any

from transformer_programs.errors import SchemaError

DEPTH = 64
"""The deepest nesting of lists and objects; our own documents stay below ten."""

DIGITS = 100
"""The most characters of an integer; our own have at most 19."""

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
        raise _too_deep() from None
    except ValueError as error:
        raise SchemaError(f"not JSON: {error}") from None
    _check_depth(value)
    return value


def parse_object(text: str) -> dict[str, Json]:
    """Return the object of a JSON text.

    Raises:
        SchemaError: As for `parse`, and if the text is not an object.
    """
    value = parse(text)
    if not isinstance(value, dict):
        raise SchemaError(f"expected a JSON object, got {shown(value)}")
    return value


def take_version(document: dict[str, Json], name: str, *known: int) -> int:
    """Take the fields "format" and "version" out of a document; return the version.

    Args:
        document: The document.
        name: The format that it must have.
        *known: The versions that are read, the current one first.

    Raises:
        SchemaError: If it has another format or version.
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


def bare(name: str) -> str:
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


def _too_deep() -> SchemaError:
    return SchemaError(f"lists and objects are nested deeper than {DEPTH}")


def _check_depth(value: Json) -> None:
    # Level by level: recursion would meet the limit of the interpreter first.
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEPTH):
        inner = [v.values() if isinstance(v, dict) else v for v in level]
        level = [x for items in inner for x in items if isinstance(x, dict | list)]
        if not level:
            return
    raise _too_deep()
