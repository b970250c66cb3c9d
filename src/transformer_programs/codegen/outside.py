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
from functools import cached_property
from typing import Any

from transformer_programs.analysis import ClosedForms
from transformer_programs.codegen.decide import weights_in_json
from transformer_programs.codegen.layout import WIDTH, dict_of, lay_out, literal, width
from transformer_programs.codegen.tables import ORDERED
from transformer_programs.language import Domain, Kind, Value
from transformer_programs.system import TABLES

MOST_WORDS = 256  # more words stand in the file, with their classes
MOST_CELLS = 2048  # a larger table stands in the file
MOST_LISTED = 64  # of its cells, unless so few differ from the default
MOST_ROWS = 512  # if there are more rows of weights, all stand in the file
FEW_ROWS = 32  # but for those of decisions with so few
MOST_LINES = 300  # of code; a program with more has narrower limits
NARROW = (32, 16, 32)  # of cells, of those listed, and of rows, then
SHOWN_WORDS = 8  # words that are shown of a class

_SHORTEST = 3  # shown of a class in any case, however long they are


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


class Outside:
    """What of a program stands in ``tables.json``.

    Attributes:
        closed: the closed forms of the program, which need no table.
        ordered: whether words are compared by their order.
        words: whether the known words stand there.
        tokens: whether the file alone lists the known words.
        word_classes: the variables that are classes of words in the file, in order.
        large: the other variables whose tables stand in the file.
        defaults: of those of which it lists some cells alone, the value of the others.
        sparse: of those, the ones of which it has a row for every value of the first
            input.
        weights: whether the weights of the readout do.
        decisions: the variables that are decided by weights in the file.
    """

    def __init__(self, closed: ClosedForms, *, narrow: bool = False) -> None:
        most_cells, most_listed, most_rows = MOST_CELLS, MOST_LISTED, MOST_ROWS
        if narrow:
            most_cells, most_listed, most_rows = NARROW
        self.closed, self._program = closed, closed.program
        program, domains = closed.program, closed.domains
        # The domains and tables of the variables that are classes of words.
        self._classes = {
            table.output: (table.domain, table.table)
            for table in program.tables
            if table.of_tokens and not closed.has(table)
        }
        self.ordered = any(map(closed.ranks_tokens, program.statements))
        many = len(program.input.vocabulary) > MOST_WORDS
        self.words = many and (bool(self._classes) or not self.ordered)
        self.tokens = self.words and not self.ordered
        self.word_classes = tuple(self._classes) if self.words else ()
        self._large = {
            table.output: table
            for table in program.tables
            if table.entries > most_cells and table.uncommon > most_listed
            if not (table.of_tokens and (self.words or not narrow))
            # Tables over ordered inputs are often short: rows hold from a value on.
            if narrow or not any(domains[name].kind in ORDERED for name in table.inputs)
            if not closed.has(table)
        }
        self.large = frozenset(self._large)
        # Of those that are mostly one value, by text, the others are listed.
        self.defaults = {
            name: table.domain.value(table.commonest)
            for name, table in self._large.items()
            if domains[table.inputs[-1]].tokens
            if len(table.inputs) == 1 or narrow or self._by_text(name)
            if 2 * table.uncommon < table.entries
        }
        self.sparse = frozenset(
            name for name in self.defaults if not self._by_text(name)
        )
        terms = program.readout.terms
        self._weighed = [t for t in terms if not domains[t.variable].numerical]
        rows = sum(sum(map(any, t.weights)) for t in self._weighed)
        self.weights = rows > most_rows
        decided = {
            decide.output: sum(sum(map(any, term.weights)) for term in decide.terms)
            for decide in program.decisions
            if not closed.has(decide)
        }
        many = sum(decided.values()) > most_rows
        self.decisions = frozenset(
            name for name, rows in decided.items() if many and rows > FEW_ROWS
        )

    def _by_text(self, name: str) -> bool:
        domains, inputs = self.closed.domains, self._large[name].inputs
        return all(bool(domains[read].tokens) for read in inputs)

    @property
    def heavy(self) -> bool:
        """Whether tables or weights stand in the file."""
        return bool(self.word_classes or self.large or self.weights or self.decisions)

    @property
    def needed(self) -> bool:
        """Whether there is such a file."""
        return self.words or self.heavy

    @cached_property
    def text(self) -> str | None:
        """The text of the file; None if there is none."""
        if not self.needed:
            return None
        parts = [*self._words(), *self._tables(), *self._decisions(), *self._weights()]
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
                for t in self._program.input.frame
            )
            yield lay_out("FRAME: dict[str, list[Any]] = ", entries)
            yield CLASSES.splitlines()

    def words_of(self, variable: str) -> Iterator[str]:
        """Yield for every class of words its first words, and how many there are."""
        form = self._program.input
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
            words = self._program.input.symbols
            rows = ((word, self._classes_of(word)) for word in words)
            entries = (f"{_json(word)}: {_json(row)}" for word, row in rows)
            yield _object("words", entries if self.word_classes else _filled(entries))

    def _classes_of(self, word: str) -> list[Value]:
        index = self._program.input.vocabulary.ids[word]
        return [domain.value(table[index]) for domain, table in self._classes.values()]

    def _tables(self) -> Iterator[str]:
        parts = [f"{_json(name)}: {self._cells(name)}" for name in self._large]
        if parts:
            yield _object("tables", parts)

    def _cells(self, name: str) -> str:
        table = self._large[name]
        first, *more = (self.closed.domains[read] for read in table.inputs)
        written = [*map(_json, table.domain.values)]
        cells = [written[x] for x in table.table]
        if not more and name in self.defaults:
            return "{\n" + ",\n".join(self._named(name, first, cells)) + "\n}"
        if not more:
            return _by_value(first, cells, lines=True)
        (second,) = more
        starts = range(0, len(cells), second.size)
        if name not in self.defaults:
            rows = [_by_value(second, cells[i : i + second.size]) for i in starts]
            return _by_value(first, rows, lines=True)
        rows = [
            f"{{{', '.join(self._named(name, second, cells[i : i + second.size]))}}}"
            for i in starts
        ]
        if name in self.sparse:
            return _by_value(first, rows, lines=True)
        pairs = zip(first.tokens, rows, strict=True)
        named = [f"{_json(value)}: {row}" for value, row in pairs if row != "{}"]
        return "{\n" + ",\n".join(named) + "\n}"

    def _decisions(self) -> Iterator[str]:
        domains = self.closed.domains
        parts = [
            _object(d.output, weights_in_json(d.terms, domains))
            for d in self._program.decisions
            if d.output in self.decisions
        ]
        if parts:
            yield _object("decisions", parts)

    def _named(self, name: str, domain: Domain, cells: list[str]) -> list[str]:
        # The cells of a row that are not the commonest, by their values.
        default = _json(self.defaults[name])
        pairs = zip(domain.tokens, cells, strict=True)
        return [f"{_json(value)}: {cell}" for value, cell in pairs if cell != default]

    def _weights(self) -> Iterator[str]:
        if self.weights:
            parts = []
            for term in self._weighed:
                rows = map(_json, term.weights)
                text = _by_value(self.closed.domains[term.variable], rows, lines=True)
                parts.append(f"{_json(term.variable)}: {text}")
            yield _object("weights", parts)


def _shown(words: list[str], columns: int) -> str:
    taken: list[str] = []
    for word in words[:SHOWN_WORDS]:
        if len(taken) >= _SHORTEST and width(" ".join([*taken, word])) > columns - 12:
            break
        taken.append(word)
    more = len(words) - len(taken)
    return " ".join(taken) + (f" (+{more})" if more else "")


def _object(name: str, lines: Iterable[str]) -> str:
    return f"{_json(name)}: {{\n" + ",\n".join(lines) + "\n}"


def _filled(entries: Iterable[str]) -> Iterator[str]:
    # As many on a line as fit.
    line = ""
    for entry in entries:
        if line and width(line) + width(entry) > WIDTH - 3:
            yield line
            line = ""
        line += f", {entry}" if line else entry
    yield line


def _by_value(domain: Domain, items: Iterable[str], *, lines: bool = False) -> str:
    # A list if values are 0, 1, ..., else an object.
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
