"""Reading JSON that somebody else wrote: every shape is checked, every error placed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from transformer_programs.errors import SchemaError

DEPTH = 64
"""The most lists and objects inside each other; ours have less than ten."""

DIGITS = 100
"""The most characters of a number; ours have 19 digits at most."""

_MANY_DIGITS = re.compile(f"[0-9]{{{DIGITS}}}")

Json = Any
"""What ``json.loads`` gives; every use of it is checked."""

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

Read = Callable[[Json, str], T]
"""Turns a JSON value, found at a place, into what it stands for."""


def parse(text: str) -> Json:
    """The value that a JSON text stands for, within limits of depth and digits.

    Raises:
        SchemaError: if it is no JSON, names a field twice, is nested deeper than
            ``DEPTH``, or has a number that is not finite or of too many digits.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_fields,
            parse_constant=_no_number,
            # Asked only where there may be one: it takes longer than reading.
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
    """The object that a JSON text stands for.

    Raises:
        SchemaError: as for ``parse``, and if it is something else.
    """
    value = parse(text)
    if not isinstance(value, dict):
        raise SchemaError(f"expected a JSON object, got {shown(value)}")
    return value


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
    """Level by level, without recursion."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEPTH):
        inner = [v.values() if isinstance(v, dict) else v for v in level]
        level = [x for items in inner for x in items if isinstance(x, dict | list)]
        if not level:
            return
    raise _too_deep()


class JsonObject:
    """A JSON object that must hold exactly the fields that are taken from it."""

    def __init__(self, value: Json, place: str) -> None:
        if not isinstance(value, dict):
            raise wrong(place, "an object", value)
        self.fields = dict(value)
        self.place = place

    def take(self, name: str, read: Read[T]) -> T:
        """Read a field and strike it off the list."""
        if name not in self.fields:
            raise SchemaError(f"{self._at(name)}: this field is missing")
        return read(self.fields.pop(name), self._at(name))

    def end(self) -> None:
        """Refuse every field that was not taken."""
        for name in self.fields:
            raise SchemaError(f"{self._at(shown(name)[1:-1])}: unknown field")

    def _at(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name


def object_of(kind: Callable[..., T], /, **fields: Read[Any]) -> Read[T]:
    """Read an object of exactly these fields, and make one thing of them.

    Args:
        kind: is called with what was read, by the names of the fields.
        fields: how each is read.
    """

    def read_object(value: Json, place: str) -> T:
        document = JsonObject(value, place)
        found = {name: document.take(name, read) for name, read in fields.items()}
        document.end()
        return kind(**found)

    return read_object


def wrong(place: str, expected: str, value: Json) -> SchemaError:
    """The error for a value that is not what is expected at its place."""
    return SchemaError(
        f"{place or 'document'}: expected {expected}, got {shown(value)}"
    )


def shown(value: Json) -> str:
    """A value as JSON has it, if it is short; else how it begins."""
    if isinstance(value, dict | list) and len(value) > 40:
        value = list(value)[:40]
    got = json.dumps(value[:40] if isinstance(value, str) else value)
    return got if len(got) <= 40 else got[:37] + "..."


def string(value: Json, place: str) -> str:
    """Read a string."""
    if not isinstance(value, str):
        raise wrong(place, "a string", value)
    return value


def optional_string(value: Json, place: str) -> str | None:
    """Read a string or null."""
    return None if value is None else string(value, place)


def integer(value: Json, place: str) -> int:
    """Read an integer; ``true`` is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(place, "an integer", value)
    return value


def truth(value: Json, place: str) -> bool:
    """Read ``true`` or ``false``."""
    if not isinstance(value, bool):
        raise wrong(place, "true or false", value)
    return value


def list_of(read: Read[T]) -> Read[tuple[T, ...]]:
    """Read a list whose items are read by ``read``."""

    def read_list(value: Json, place: str) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise wrong(place, "a list", value)
        return tuple(read(item, f"{place}[{i}]") for i, item in enumerate(value))

    return read_list


def by_name(read: Read[T]) -> Read[dict[str, T]]:
    """Read an object whose fields have any names."""

    def read_all(value: Json, place: str) -> dict[str, T]:
        found = JsonObject(value, place).fields
        return {name: read(item, f"{place}.{name}") for name, item in found.items()}

    return read_all


def one_of(kinds: type[E]) -> Read[E]:
    """Read the value of a member of an enumeration."""

    def read_member(value: Json, place: str) -> E:
        values = [member.value for member in kinds]
        if value not in values:
            raise wrong(place, "one of " + ", ".join(values), value)
        return kinds(value)

    return read_member


def record_of(kind: type[T], *, whole: bool = False) -> Read[T]:
    """Read an object as a dataclass of plain fields, or of such dataclasses.

    Args:
        kind: the dataclass.
        whole: whether fields with defaults must be there, too.
    """
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    stored = {name: field for name, field in known.items() if field.init}

    def read_record(value: Json, place: str) -> T:
        document = JsonObject(value, place)
        found = {}
        for name, field in stored.items():
            needed = field.default is MISSING and field.default_factory is MISSING
            if needed or whole or name in document.fields:
                found[name] = document.take(name, _of_type(hints[name]))
        document.end()
        return kind(**found)

    return read_record


def _of_type(hint: Any) -> Read[Any]:
    options = get_args(hint) if get_origin(hint) in (UnionType, Union) else (hint,)

    def read(value: Json, place: str) -> Any:
        for one in options:
            if is_dataclass(one) and isinstance(one, type) and isinstance(value, dict):
                return record_of(one)(value, place)
            if isinstance(one, type) and issubclass(one, StrEnum):
                if isinstance(value, str) and value in list(one):
                    return one(value)
            elif _is_of(value, one):
                return value
        raise wrong(place, " or ".join(map(_in_words, options)), value)

    return read


def _is_of(value: Json, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return isinstance(value, str) and value in get_args(hint)
    if hint is float:
        return type(value) in (int, float)
    return type(value) is hint


def _in_words(hint: Any) -> str:
    """A type as messages name it."""
    names = {str: "a string", int: "an integer", float: "a number"}
    names |= {bool: "true or false", NoneType: "null"}
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(get_args(hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "one of " + ", ".join(hint)
    return names.get(hint, "an object")
