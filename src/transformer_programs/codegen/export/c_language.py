"""C: what it says differently from Python, its literals, and its arrays."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from transformer_programs.codegen.export.common import WIDTH, listing, plain_ascii
from transformer_programs.codegen.export.expressions import (
    COMPARED,
    OR,
    Fragment,
    UntranslatableError,
    equality,
)

_TYPES = (
    ("int8_t", 1 << 7),
    ("int16_t", 1 << 15),
    ("int32_t", 1 << 31),
    ("int64_t", 1 << 63),
)

MOST_BYTES = 4000
"""Standard C promises strings of 4,095 bytes."""


class C:
    """What C says differently; it computes with numbers alone."""

    equal, unequal = "==", "!="

    def text(self, value: str) -> str:
        """Refuse texts."""
        raise UntranslatableError(value)

    def call(self, function: str, arguments: Sequence[Fragment]) -> Fragment:
        """Return a call."""
        if any(argument.kind == "text" for argument in arguments):
            raise UntranslatableError(function)
        texts = ", ".join(argument.text for argument in arguments)
        match function:
            case "int":
                (only,) = arguments
                return Fragment(only.text, "number", only.bound)
            case "min" | "max" | "abs":
                name = {"min": "least", "max": "most", "abs": "distance"}[function]
                return Fragment(f"{name}({texts})", "number")
            case "//" | "%":
                name = {"//": "quotient", "%": "remainder_of"}[function]
                return Fragment(f"{name}({texts})", "number")
        raise UntranslatableError(function)

    def member(
        self, value: Fragment, listed: Sequence[Fragment], *, inside: bool
    ) -> Fragment:
        """Return whether a value is one of a list."""
        sign = self.equal if inside else self.unequal
        parts = [equality(sign, value, part).text for part in listed]
        if not inside:
            return Fragment(f"({' && '.join(parts)})", "truth")
        return Fragment(f"({' || '.join(parts)})", "truth")

    def chosen(self, listed: Sequence[Fragment], index: Fragment) -> Fragment:
        """Return an item of a list, by comparing the index."""
        if any(part.kind == "text" for part in listed):
            raise UntranslatableError("a choice of texts")
        *some, last = [part.within(OR) for part in listed]
        at = index.within(COMPARED)
        text = "".join(f"{at} == {i} ? {item} : " for i, item in enumerate(some))
        return Fragment(f"({text}{last})", "number")


def literal(text: str) -> str:
    """Return a text as a C string in UTF-8, of which all but letters is escaped."""
    found = ""
    for byte in text.encode():
        character = chr(byte)
        if character in '"\\?':  # of which two begin a trigraph
            found += "\\" + character
        elif 32 <= byte < 127:
            found += character
        else:
            found += f"\\{byte:03o}"
    return f'"{found}"'


def comment(text: str, indent: int = 0) -> list[str]:
    """Return the lines of a comment, which nothing in it ends."""
    safe = plain_ascii(text).replace("*/", "* /").replace("/*", "/ *")
    safe = safe.replace("??", "? ?")
    margin = " " * indent
    lines = textwrap.wrap(safe, WIDTH - indent - 6, break_on_hyphens=False) or [""]
    lines = [f"{margin} * {line}" for line in lines]
    lines[0] = f"{margin}/* {lines[0][indent + 3 :]}"
    return [*lines[:-1], f"{lines[-1]} */"]


def type_for(values: Sequence[int]) -> str:
    """Return the smallest type of numbers that holds all values."""
    largest = max((abs(value) for value in values), default=0)
    return next(name for name, size in _TYPES if largest < size)


def array(
    name: str, values: Sequence[int], width: int | None = None, kind: str = ""
) -> Iterator[str]:
    """Yield the definition of an array, or of rows of some width.

    It has the smallest type that holds the values, unless its kind is given.
    """
    kind = kind or type_for(values)
    if width is None:
        texts, shape = [*map(str, values)], f"[{len(values)}]"
    else:
        rows = (values[i : i + width] for i in range(0, len(values), width))
        texts = [f"{{{', '.join(map(str, row))}}}" for row in rows]
        shape = f"[{len(texts)}][{width}]"
    yield listing(f"static const {kind} {name}{shape} = {{", texts, "};", 0)


def strings(name: str, texts: Sequence[str]) -> str:
    """Return the definition of an array of strings."""
    items = [literal(text) for text in texts]
    return listing(
        f"static const char *const {name}[{len(texts)}] = {{", items, "};", 0
    )


HELPERS = {
    "least": """\
static long long least(long long a, long long b) {
  return a < b ? a : b;
}""",
    "most": """\
static long long most(long long a, long long b) {
  return a > b ? a : b;
}""",
    "distance": """\
static long long distance(long long a) {
  return a < 0 ? -a : a;
}""",
    "remainder_of": """\
/* With the sign of the divisor. */
static long long remainder_of(long long a, long long b) {
  long long r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}""",
    "cell_of": """\
/* The cell of a table of which every row lists what is not usual. */
static int32_t cell_of(const int32_t *starts, const int32_t *columns,
                       const int32_t *cells, int32_t row, int32_t column,
                       int32_t usual) {
  int32_t low = starts[row], high = starts[row + 1];
  while (low < high) {
    const int32_t middle = low + (high - low) / 2;
    if (columns[middle] < column) low = middle + 1;
    else high = middle;
  }
  return low < starts[row + 1] && columns[low] == column ? cells[low] : usual;
}""",
    "class_of": """\
static long long class_of(long long wanted, long long count) {
  return wanted >= 0 && wanted < count ? wanted : -1;
}""",
    "quotient": """\
/* Rounded down. */
static long long quotient(long long a, long long b) {
  return (a - remainder_of(a, b)) / b;
}""",
}
"""Functions of expressions, by name."""


def fill_in(template: str, parts: Mapping[str, str]) -> str:
    """Return a template with parts in their places, which are the keys.

    All at once: what is filled in may look like a place. A program called "names" has
    functions that begin with it.
    """
    places = "|".join(map(re.escape, sorted(parts, key=len, reverse=True)))
    return re.sub(places, lambda place: parts[place[0]], template)
