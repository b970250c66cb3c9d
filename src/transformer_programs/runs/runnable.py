"""Programs that can be called, traced, explained and written down.

``Program`` is the data class of the package ``language`` with all that can be done with
a program as methods: the one class that users meet. It equals the plain data, stands
wherever that is expected, and is valid: constructing a program checks the rules.
Passes over programs work on the plain data, which may break rules on the way.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis import (
    AnyLength,
    Derivations,
    Explanation,
    LengthBound,
    explain,
    lengths_in_words,
)
from transformer_programs.codegen import (
    code_lines,
    emit,
    heart,
    statements_in_words,
    table_entries,
    to_json,
)
from transformer_programs.errors import UnknownTokenWarning
from transformer_programs.language import (
    Interpreter,
    Program as Plain,
    Value,
    check,
    encode_batch,
    tokens_of,
    unknown_in_words,
)
from transformer_programs.optimize import Resized, resized
from transformer_programs.runs.generation import (
    Allowance,
    Generated,
    allows,
    generate,
    last_label,
)
from transformer_programs.runs.pictures.svg import Picture
from transformer_programs.system import FILE, PROGRAM, TABLES

_Sized = tuple[Interpreter, Callable[[str, int], Value]]
"""What runs a program, and the value that a variable has for an id."""


@dataclass(frozen=True, repr=False, eq=False)
class Program(Plain):
    """A Transformer Program: discrete, exact and readable.

    Args:
        name: What the program is about.
        input: The token sequences that it accepts.
        statements: Heads and tables, executed in order; each may read the variables
            ``tokens``, ``positions`` and ``ones``, and those written above it.
        readout: Turns variables into labels.

    Raises:
        ProgramError: If it breaks the rules of ``docs/reference/semantics.md``; names
            every violation.

    >>> letters = tp.InputFormat(tp.Vocabulary(("a", "b")), max_length=4)
    >>> count = tp.Head(
    ...     output="count",
    ...     query="tokens",
    ...     key="tokens",
    ...     value="ones",
    ...     predicate=((0,), (1,)),
    ...     aggregate=tp.Aggregate.SUM,
    ... )
    >>> often = tp.Table("often", ("count",), (0, 0, 1, 1, 1), tp.Domain.of_classes(2))
    >>> readout = tp.Readout(("once", "more"), (tp.Term("often", ((1, 0), (0, 1))),))
    >>> program = tp.Program("repeated", letters, (count, often), readout)
    >>> program(["a", "b", "a"])
    ['more', 'once', 'more']
    >>> program.trace(["a", "b", "a"])["count"]
    [2, 1, 2]
    >>> "count" in program.source
    True
    """

    def __post_init__(self) -> None:
        check(self.data)

    @classmethod
    def of(cls, data: Plain) -> Program:
        """Return the program that plain data mean.

        Raises:
            ProgramError: If they break the rules.
        """
        if isinstance(data, cls):
            return data
        return cls(data.name, data.input, data.statements, data.readout, data.aliases)

    @cached_property
    def data(self) -> Plain:
        """The same program as plain data, for passes that take it apart."""
        return Plain(self.name, self.input, self.statements, self.readout, self.aliases)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Program):
            return self.data == other.data
        return self.data == other if isinstance(other, Plain) else NotImplemented

    __hash__ = Plain.__hash__

    def __reduce__(self) -> tuple[object, ...]:
        """Keep only what defines the program in copies and pickles."""
        fields = (self.name, self.input, self.statements, self.readout, self.aliases)
        return type(self), fields

    def __call__(
        self, tokens: Sequence[str], *, any_length: bool = False
    ) -> list[str] | str:
        """Return the labels of a sequence: a list, or one label for classification.

        Args:
            tokens: A list of tokens; or a text, if the program was learned from texts,
                which is split as they were.
            any_length: Whether it may be longer than the program's ``max_length``.

        Warns:
            UnknownTokenWarning: If the program reads some as the unknown token.

        Raises:
            InputError: If the program does not accept the tokens.
            LengthError: For ``any_length``, if the program is bound to its length.
        """
        (labels,) = self.batch([tokens], any_length=any_length)
        self._warn_of_unknown(tokens)
        return labels

    def batch(
        self, sequences: Sequence[Sequence[str]], *, any_length: bool = False
    ) -> list[list[str] | str]:
        """Return the labels of many sequences, much faster than one by one.

        Arguments and errors are those of a call; unknown tokens give no warning.
        """
        sequences = self._tokens_of(sequences)
        interpreter, _ = self._sized(sequences, any_length=any_length)
        return interpreter.labels(sequences)

    def scores(self, sequences: Sequence[Sequence[str]]) -> list[NDArray[np.int64]]:
        """Return the scores of many sequences; a label is the first of the largest.

        Scores compare the labels of one sequence, or of one of its positions; they are
        not probabilities.

        Arguments and errors are those of a call.

        Returns:
            For each sequence its scores, in the order of ``readout.labels``: (labels,)
            for classification, else (tokens, labels).
        """
        form, sequences = self.input, self._tokens_of(sequences)
        scores = self._interpreter.scores(encode_batch(form, sequences))
        if not self.tagging:
            return list(scores)
        return [
            row[form.offset : form.offset + len(tokens)]
            for row, tokens in zip(scores, sequences, strict=True)
        ]

    def trace(
        self, tokens: Sequence[str], *, any_length: bool = False
    ) -> dict[str, list[Value]]:
        """Return every variable by name, at every position of the framed sequence.

        Arguments, warnings and errors are those of a call.
        """
        tokens = tokens_of(self.input, tokens)
        interpreter, value = self._sized([tokens], any_length=any_length)
        traced = interpreter.trace(encode_batch(interpreter.program.input, [tokens]))
        self._warn_of_unknown(tokens)
        return {
            name: [value(name, int(index)) for index in ids[0]]
            for name, ids in traced.items()
        }

    def next(self, tokens: Sequence[str], *, any_length: bool = False) -> str:
        """Return the label at the last token: what follows, if labels say that.

        The label stays as it is when the sequence grows, because no head of the program
        looks at later tokens. Arguments, warnings and errors are those of a call.

        Raises:
            InputError: Also for no tokens, which have no label.
            SettingsError: If the program has one label per sequence, or a head that
                looks at later tokens.
        """
        label = last_label(self, tokens, any_length=any_length)
        self._warn_of_unknown(tokens)
        return label

    def generate(
        self,
        tokens: Sequence[str],
        *,
        most: int | None = None,
        stop: str | None = None,
        seed: int = 0,
    ) -> Generated:
        """Go on with a sequence: its last label says what follows, time and again.

        A label is the next token; or it is made of the tokens that are allowed next,
        separated by commas or white space, else one character each, of which one is
        chosen at random. A label, or a part of one, that is no token ends the sequence.

        Args:
            tokens: At least one token to begin with.
            most: The most tokens in all; by default as many as the program takes. More
                need a program that holds at any length.
            stop: A label, or a part of labels, that ends the sequence as well.
            seed: Seed of the choices among allowed tokens.

        Raises:
            InputError, SettingsError: As for ``next``, or if labels are neither.
            LengthError: If the program is bound to its length, and ``most`` is more.
        """
        found = generate(self, tokens, most=most, stop=stop, seed=seed)
        self._warn_of_unknown(tokens)
        return found

    def allows(
        self,
        tokens: Sequence[str],
        *,
        stop: str | None = None,
        any_length: bool = False,
    ) -> Allowance:
        """Check whether every token is allowed by the label before it, and the end too.

        The first token, which no label precedes, is taken as it is. Labels are read as
        ``generate`` does; the end is allowed everywhere if no label speaks of it.

        Args:
            tokens: A whole sequence, of at least one token.
            stop: As for ``generate``.
            any_length: As for a call.

        Returns:
            The result, which is true or false; else it says where and why.

        Raises:
            InputError, SettingsError: As for ``generate``.
            LengthError: As for a call.
        """
        found = allows(self, tokens, stop=stop, any_length=any_length)
        self._warn_of_unknown(tokens)
        return found

    def explain(
        self,
        tokens: Sequence[str],
        *,
        versus: str | None = None,
        any_length: bool = False,
    ) -> Explanation:
        """Explain the labels of a sequence: what every value adds to the scores.

        Warnings and errors are those of a call.

        Args:
            tokens: The sequence, as for a call.
            versus: The label to compare the winner with; by default the runner-up.
            any_length: As for a call.

        Raises:
            SettingsError: If there is no such label, or no other label.
        """
        tokens = tokens_of(self.input, tokens)
        interpreter, value = self._sized([tokens], any_length=any_length)
        found = explain(interpreter, tokens, value, versus, self.data)
        self._warn_of_unknown(tokens)
        return found

    def plot_attention(
        self,
        tokens: Sequence[str],
        variables: Sequence[str] | None = None,
        *,
        any_length: bool = False,
    ) -> Picture:
        """Draw what every head looks at in a sequence, and what every statement gives.

        The text of a statement stands beside its rows: what a head reads at the
        positions that it looks at, the query below, and the result, which is filled. A
        dashed line goes to position 0 where a head that copies finds no match.

        Warnings and errors are those of a call.

        Args:
            tokens: The sequence, as for a call.
            variables: The statements to draw, by what they write; by default all.
            any_length: As for a call.

        Raises:
            SettingsError: If the sequence is too long to be drawn, or no statement
                writes such a variable.

        >>> letters = tp.InputFormat(tp.Vocabulary(("a", "b")), max_length=4)
        >>> same = ((0,), (1,))
        >>> copy = tp.Head("copy", "tokens", "tokens", "positions", same)
        >>> weights = ((1, 0), *[(0, 1)] * 3)
        >>> readout = tp.Readout(("0", "1"), (tp.Term("copy", weights),))
        >>> program = tp.Program("nearest", letters, (copy,), readout)
        >>> program.plot_attention(["a", "b", "a"]).save("attention.svg").name
        'attention.svg'
        """
        from transformer_programs.runs.pictures.attention import (
            Traced,
            attention_picture,
        )

        tokens = tokens_of(self.input, tokens)
        interpreter, value = self._sized([tokens], any_length=any_length)
        (labels,) = interpreter.labels([tokens])
        found = Derivations(interpreter, tokens, value, self.data)
        shown = variables
        if shown is None:
            shown = [statement.output for statement in self.statements]
        self._warn_of_unknown(tokens)
        return attention_picture(Traced(self, self.source, found, labels, shown))

    def plot_circuit(self) -> Picture:
        """Draw the program as a graph: who reads which variable as query, key, value.

        Layers follow each other downwards, from the inputs to the labels. A blue box
        copies a value, an orange one counts or adds up, a green one computes at its own
        position. Of a large program draw a part: ``run.circuit(...).program``.

        Raises:
            SettingsError: If the program has too many statements to be drawn.

        >>> letters = tp.InputFormat(tp.Vocabulary(("a", "b")), max_length=4)
        >>> same = ((0,), (1,))
        >>> copy = tp.Head("copy", "tokens", "tokens", "tokens", same)
        >>> readout = tp.Readout(("a", "b"), (tp.Term("copy", ((1, 0), (0, 1))),))
        >>> tp.Program("nearest", letters, (copy,), readout).plot_circuit()
        <Picture: 262 x 314 pixels; save it as FILE.svg>
        """
        from transformer_programs.runs.pictures.circuit import circuit_picture

        return circuit_picture(self.data)

    def plot_table(self, variable: str | None = None) -> Picture:
        """Draw what a statement does with all values that it can read, as a heat map.

        Of a head it is the predicate: which keys match which query; of a table its
        entries; of a decision, and of the readout, the weights.

        Args:
            variable: The variable that the statement writes; by default the readout.

        Raises:
            SettingsError: If no statement writes it.

        >>> letters = tp.InputFormat(tp.Vocabulary(("a", "b")), max_length=4)
        >>> same = ((0,), (1,))
        >>> copy = tp.Head("copy", "tokens", "tokens", "tokens", same)
        >>> readout = tp.Readout(("a", "b"), (tp.Term("copy", ((1, 0), (0, 1))),))
        >>> program = tp.Program("nearest", letters, (copy,), readout)
        >>> program.plot_table("copy").save("copy.svg").name
        'copy.svg'
        """
        from transformer_programs.runs.pictures.table import table_picture

        return table_picture(self, variable)

    def resize(self, max_length: int) -> Program:
        """Return the same program for inputs of another length.

        ``max_length`` is the most tokens of an input, its frame included.

        Raises:
            LengthError: If the program is bound to its length; names the statements.
        """
        return Program.of(resized(self.data, max_length).program)

    @cached_property
    def _interpreter(self) -> Interpreter:
        return Interpreter(self.data)

    def _sized(self, sequences: Sequence[Sequence[str]], *, any_length: bool) -> _Sized:
        # The program itself, or at a length that has room for all sequences.
        if not any_length:
            return self._interpreter, lambda name, i: self.domains[name].value(i)
        longest = max(map(len, sequences), default=0) + self.input.frame_size
        longer: tuple[Interpreter, Resized] | None = self.__dict__.get("_longer")
        if longer is None or longest > longer[1].program.input.max_length:
            found = resized(self.data, max(longest, self.input.max_length))
            longer = self.__dict__["_longer"] = Interpreter(found.program), found
        return longer[0], longer[1].value

    def _tokens_of(self, sequences: Sequence[Sequence[str]]) -> list[Sequence[str]]:
        return [tokens_of(self.input, sequence) for sequence in sequences]

    def _warn_of_unknown(self, tokens: Sequence[str]) -> None:
        text = unknown_in_words(self.input, tokens_of(self.input, tokens))
        if text is not None:
            # The line to name is the caller's of the method that calls this.
            warnings.warn(text, UnknownTokenWarning, stacklevel=3)

    @cached_property
    def _meaning(self) -> AnyLength:
        return AnyLength(self.data)

    @property
    def length_bound(self) -> tuple[LengthBound, ...]:
        """What binds the program to inputs of up to its ``max_length``, if anything."""
        return self._meaning.bound

    @property
    def length_free(self) -> bool:
        """Whether the program means something at any length."""
        return not self.length_bound

    @property
    def length(self) -> str:
        """The lengths at which the program means something, in words."""
        return lengths_in_words(self._meaning)

    @property
    def source(self) -> str:
        """The text of ``program.py``."""
        return self._texts[0]

    @property
    def heart(self) -> str:
        """The text of ``program.py`` up to the helpers that all programs share."""
        return heart(self.source)

    @property
    def tables_json(self) -> str | None:
        """The text of ``tables.json``, which the file reads where tables are large."""
        return self._texts[1]

    @cached_property
    def _texts(self) -> tuple[str, str | None]:
        return emit(self.data)

    @property
    def files(self) -> dict[str, str]:
        """The files that keep the program, by name."""
        files = {PROGRAM: to_json(self), FILE: self.source}
        return files if self.tables_json is None else files | {TABLES: self.tables_json}

    @cached_property
    def lines(self) -> int:
        """Lines of code of ``program.py``; comments and helpers do not count."""
        return code_lines(self.source)

    @cached_property
    def entries(self) -> int:
        """Entries of tables, predicates and weights that are written out."""
        return table_entries(self.data)

    @property
    def size(self) -> str:
        """Statements, table entries and lines of code, in words."""
        entries = f"{self.entries:,}" if self.entries else "no"
        return (
            f"{statements_in_words(self)}, "
            f"{entries} table entr{'y' if self.entries == 1 else 'ies'} written out, "
            f"{self.lines:,} line{'' if self.lines == 1 else 's'} of code"
        )

    @property
    def file_sizes(self) -> str:
        """The lines of ``program.py`` in all, and of its tables, in words."""
        lines = self.source.count("\n")
        text = f"{FILE}: {lines:,} lines with comments and helpers"
        if self.tables_json is None:
            return text
        return f"{text}; {TABLES}: {self.tables_json.count(chr(10)):,} lines"

    def __repr__(self) -> str:
        return (
            f"<Program {self.name!r}: {self.size}, "
            f"up to {self.input.max_bare_length} tokens, "
            f"{len(self.readout.labels)} labels>"
        )

    def _repr_html_(self) -> str:
        """Return the folded listing, for notebooks."""
        import html  # slow to load

        title, code = html.escape(repr(self)), html.escape(self.source)
        return (
            f"<details><summary><code>{title}</code></summary>"
            f"<pre>{code}</pre></details>"
        )
