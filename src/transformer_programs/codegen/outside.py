"""Large tables, which stand in a file beside the program: ``tables.json``.

Hundreds of words with their classes, tables of thousands of cells and thousands of
weights are not what a person reads line by line. ``program.py`` says what they are,
shows the most frequent words of every class, and reads the rest when it first needs it;
it holds the file's SHA-256, and takes no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from transformer_programs.analysis import ClosedForms
from transformer_programs.codegen.layout import WIDTH, dict_of, lay_out, literal, width
from transformer_programs.codegen.tables import ORDERED
from transformer_programs.program import Domain, Kind, Program, Value
from transformer_programs.system import TABLES

"""The name of the file."""

MOST_WORDS = 256
"""More words stand in the file, with their classes."""

MOST_CELLS = 2048
"""A larger table stands in the file."""

MOST_ROWS = 512
"""If there are more rows of weights, all stand in the file."""

SHOWN_WORDS = 8
"""Words that are shown of a class."""

_SHORTEST = 3
"""Shown of a class in any case, however long they are."""

READER = '''\
@lru_cache(maxsize=None)
def tables() -> dict[str, Any]:
    """What the file beside this one holds."""
    try:
        text = Path(__file__).with_name(TABLES).read_bytes()
    except OSError as error:
        raise ValueError(f"{TABLES}: expected it beside {__file__}") from error
    if hashlib.sha256(text).hexdigest() != TABLES_SHA256:
        raise ValueError(f"{TABLES}: not the file that belongs to {__file__}")
    found: dict[str, Any] = json.loads(text)
    return found
'''

CLASSES = '''\
def classes(word: str) -> list[Any]:
    """All classes of a known word, in the order in which they are computed."""
    return FRAME[word] if word in FRAME else tables()["words"][word]
'''


@dataclass(frozen=True)
class Outside:
    """What of a program stands in ``tables.json``.

    Attributes:
        program: the program.
        closed: the closed forms of its tables, which need no table.
    """

    program: Program
    closed: ClosedForms

    @cached_property
    def words(self) -> bool:
        """Whether the known words do."""
        if len(self.program.input.vocabulary) <= MOST_WORDS:
            return False
        return bool(self._classes) or not self.ordered

    @property
    def tokens(self) -> bool:
        """Whether the file alone lists the known words."""
        return self.words and not self.ordered

    @cached_property
    def ordered(self) -> bool:
        """Whether words are compared by their order."""
        return any(map(self.closed.ranks_tokens, self.program.statements))

    @cached_property
    def word_classes(self) -> tuple[str, ...]:
        """The variables that are classes of words in the file, in order."""
        return tuple(self._classes) if self.words else ()

    @cached_property
    def large(self) -> frozenset[str]:
        """The variables whose tables over two variables stand in the file."""
        domains = self.program.domains
        return frozenset(
            s.output
            for s in self.program.tables
            if len(s.inputs) == 2 and s.entries > MOST_CELLS
            # Tables over ordered inputs are often short: rows hold from a value on.
            if not any(domains[name].kind in ORDERED for name in s.inputs)
            if not self.closed.has(s)
        )

    @cached_property
    def weights(self) -> bool:
        """Whether the weights of the readout do."""
        domains = self.program.domains
        categorical = (
            term
            for term in self.program.readout.terms
            if not domains[term.variable].numerical
        )
        return sum(sum(map(any, t.weights)) for t in categorical) > MOST_ROWS

    @property
    def heavy(self) -> bool:
        """Whether tables or weights stand in the file."""
        return bool(self.word_classes or self.large or self.weights)

    @property
    def needed(self) -> bool:
        """Whether there is such a file."""
        return self.words or self.heavy

    @cached_property
    def text(self) -> str | None:
        """The text of the file; None if there is none."""
        if not self.needed:
            return None
        parts = [*self._words(), *self._tables(), *self._weights()]
        return "{\n" + ",\n".join(parts) + "\n}\n"

    def blocks(self) -> Iterator[list[str]]:
        """Yield the names of the file and the functions that read it."""
        if self.text is None:
            return
        found = hashlib.sha256(self.text.encode()).hexdigest()
        yield [f"TABLES = {literal(TABLES)}", f"TABLES_SHA256 = {literal(found)}"]
        yield READER.splitlines()
        if self.word_classes:
            entries = dict_of(
                (literal(t), f"[{', '.join(map(literal, self._classes_of(t)))}]")
                for t in self.program.input.frame
            )
            yield lay_out("FRAME: dict[str, list[Any]] = ", entries)
            yield CLASSES.splitlines()

    def words_of(self, variable: str) -> Iterator[str]:
        """Yield for every class of words its first words, and how many there are."""
        form = self.program.input
        domain, table = self._classes[variable]
        groups: dict[int, list[str]] = {}
        for word in form.symbols:
            index = table[form.vocabulary.ids[word]]
            groups.setdefault(index, []).append(word)
        for index in sorted(groups):
            name = str(domain.value(index))
            yield f"{name}: {_shown(groups[index], WIDTH - len(name) - 8)}"

    def _words(self) -> Iterator[str]:
        if self.words:
            words = self.program.input.symbols
            rows = ((word, self._classes_of(word)) for word in words)
            entries = (f"{_json(word)}: {_json(row)}" for word, row in rows)
            yield _object("words", entries if self.word_classes else _filled(entries))

    def _classes_of(self, word: str) -> list[Value]:
        index = self.program.input.vocabulary.ids[word]
        return [domain.value(table[index]) for domain, table in self._classes.values()]

    @cached_property
    def _classes(self) -> dict[str, tuple[Domain, tuple[int, ...]]]:
        """The variables that are classes of words: their domains and tables."""
        tables = (s for s in self.program.tables if s.of_tokens)
        return {s.output: (s.domain, s.table) for s in tables if not self.closed.has(s)}

    def _tables(self) -> Iterator[str]:
        domains, parts = self.program.domains, []
        for statement in self.program.tables:
            if statement.output in self.large:
                first, second = (domains[name] for name in statement.inputs)
                cells = [_json(statement.domain.value(x)) for x in statement.table]
                size = second.size
                rows = (cells[i * size : (i + 1) * size] for i in range(first.size))
                lines = [_by_value(second, row) for row in rows]
                table = _by_value(first, lines, lines=True)
                parts.append(f"{_json(statement.output)}: {table}")
        if parts:
            yield _object("tables", parts)

    def _weights(self) -> Iterator[str]:
        if self.weights:
            domains = self.program.domains
            parts = (
                f"{_json(term.variable)}: "
                + _by_value(
                    domains[term.variable], map(_json, term.weights), lines=True
                )
                for term in self.program.readout.terms
                if not domains[term.variable].numerical
            )
            yield _object("weights", parts)


def _shown(words: list[str], columns: int) -> str:
    """The first of some words, as many as fit, and how many more there are."""
    taken: list[str] = []
    for word in words[:SHOWN_WORDS]:
        if len(taken) >= _SHORTEST and width(" ".join([*taken, word])) > columns - 12:
            break
        taken.append(word)
    more = len(words) - len(taken)
    return " ".join(taken) + (f" (+{more})" if more else "")


def _object(name: str, lines: Iterable[str]) -> str:
    """An entry of the file, a line for each of its own entries."""
    return f"{_json(name)}: {{\n" + ",\n".join(lines) + "\n}"


def _filled(entries: Iterable[str]) -> Iterator[str]:
    """Entries, as many on a line as fit."""
    line = ""
    for entry in entries:
        if line and width(line) + width(entry) > WIDTH - 3:
            yield line
            line = ""
        line += f", {entry}" if line else entry
    yield line


def _by_value(domain: Domain, items: Iterable[str], *, lines: bool = False) -> str:
    """What belongs to every value: a list if values are 0, 1, ..., else an object."""
    opening, closing, items = "[", "]", list(items)
    if domain.kind is Kind.TOKEN:
        opening, closing = "{", "}"
        pairs = zip(domain.tokens, items, strict=True)
        items = [f"{_json(token)}: {item}" for token, item in pairs]
    if lines:
        return f"{opening}\n" + ",\n".join(items) + f"\n{closing}"
    return opening + ", ".join(items) + closing


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)
