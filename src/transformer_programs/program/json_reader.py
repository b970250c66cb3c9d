"""Reading JSON that somebody else wrote: every shape is checked, every error placed."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from transformer_programs.errors import SchemaError

Json = Any
"""What ``json.loads`` gives; every use of it is checked."""

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

Read = Callable[[Json, str], T]
"""Turns a JSON value, found at a place, into what it stands for."""


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
            raise SchemaError(f"{self._at(name)}: unknown field")

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
    got = json.dumps(value)
    shown = got if len(got) <= 40 else got[:37] + "..."
    return SchemaError(f"{place or 'document'}: expected {expected}, got {shown}")


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


def one_of(kinds: type[E]) -> Read[E]:
    """Read the value of a member of an enumeration."""

    def read_member(value: Json, place: str) -> E:
        values = [member.value for member in kinds]
        if value not in values:
            raise wrong(place, "one of " + ", ".join(values), value)
        return kinds(value)

    return read_member
