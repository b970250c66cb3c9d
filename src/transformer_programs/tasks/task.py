"""Tasks: an exact definition and the inputs on which it is learned.

``docs/how-to/tasks.md`` shows how to add one.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from transformer_programs.data import (
    TEST_FRACTION,
    VALIDATION_FRACTION,
    Dataset,
    Examples,
    Target,
    brief,
    called,
    part_size,
)
from transformer_programs.errors import SettingName, SettingsError, TaskError
from transformer_programs.language import InputFormat, Pooling, Vocabulary
from transformer_programs.settings import (
    SEED,
    DrawSettings,
    ModelSettings,
    TrainSettings,
)
from transformer_programs.system import LONGEST_SEQUENCE
from transformer_programs.tasks.algebra import Formula
from transformer_programs.tasks.inputs import (
    Draw,
    InputSpace,
    check_drawn_fit,
    sample_distinct,
)

BEGIN = "<s>"
END = "</s>"
PAD = "<pad>"

LARGEST_VOCABULARY = 1_000
"""The most tokens that a task can be asked to have."""

Tokens = tuple[str, ...]
"""Bare tokens, in definitions."""

Tags = tuple[str | None, ...]
"""One label per token, None where there is none."""

Definition = Callable[[Tokens], Target]
"""From bare tokens to one label, or to one per token, None where there is none."""

Resize = Callable[["Task", int, int], "Task"]
"""From a task, a vocabulary size and a maximum length to the task of that size."""

TRAINING = TrainSettings(
    steps=3000, restarts=16, halvings=4, tau_end=0.05, settle=0.5, polish=6
)
"""Default training: many restarts, most of them given up early; layers are made final
one after the other, and the choices of the best model are looked at once more."""

_CATALOG = "transformer_programs.tasks.catalog."


@dataclass(frozen=True, slots=True, repr=False)
class Task:
    """A function on token sequences, and the inputs on which it is learned.

    Attributes:
        name: Short name, for the command line.
        summary: What is computed, in one line.
        definition: Exact function, defined on every sequence of the symbols.
        symbols: Tokens of bare inputs, in their natural order.
        labels: Labels that ``definition`` gives.
        max_length: Most tokens of an input, its frame included.
        begin: Token put before every input, if any.
        end: Token put after every input, if any.
        min_length: Fewest bare tokens of a generated input.
        alphabets: Symbols that generated inputs have at each position, used in turn;
            by default every symbol everywhere.
        draw: Draws inputs of one length; uniformly by default.
        model: Shape of model that suits the task. Its pooling says whether there is a
            label per token (none) or one per sequence.
        training: How such models are trained.
        resize: Makes the task of another vocabulary size (which counts the frame and
            ``<pad>``, as the paper does) and ``max_length``. Without it, the symbols
            are fixed and only ``max_length`` can change.
        formula: The definition in a form that a solver can read.

    Raises:
        TaskError: If attributes contradict each other.
    """

    name: str
    summary: str
    definition: Definition
    symbols: Tokens
    labels: Tokens
    max_length: int
    begin: str | None = None
    end: str | None = None
    min_length: int = 1
    alphabets: tuple[Tokens, ...] = ()
    draw: Draw | None = None
    model: ModelSettings = field(default_factory=ModelSettings)
    training: TrainSettings = TRAINING
    resize: Resize | None = None
    formula: Formula | None = None

    def __repr__(self) -> str:
        return f"<Task {self.name!r}: {self.summary}>"

    def __post_init__(self) -> None:
        symbols, frame = {*self.symbols}, {self.begin, self.end}
        others = {*chain.from_iterable(self.alphabets)} - symbols
        for problem, found in (
            ("the symbols must be distinct", _repeated(self.symbols)),
            ("the labels must be distinct", _repeated(self.labels)),
            ("no label may be", {*self.labels} & {PAD}),
            ("the frame is among the symbols", frame & symbols),
            ("alphabets hold tokens that are no symbols", others),
        ):
            if found:
                shown = ", ".join(sorted(map(repr, found)))
                raise TaskError(f"task {self.name!r}: {problem}: {shown}")
        if not 1 <= self.min_length <= self.input.max_bare_length:
            raise TaskError(
                f"task {self.name!r}: ",
                SettingName("max_length"),
                f" {self.max_length} leaves room for {self.input.max_bare_length} bare "
                f"tokens, expected at least {max(1, self.min_length)}",
            )
        if not self.symbols or not self.labels or not all(self.alphabets):
            raise TaskError(f"task {self.name!r}: no symbols or no labels")

    @property
    def tagging(self) -> bool:
        """Whether there is a label per token, not one per sequence."""
        return self.model.pooling is Pooling.NONE

    @property
    def input(self) -> InputFormat:
        """Token sequences that a program for the task accepts."""
        frame = tuple(t for t in (self.begin, self.end) if t is not None)
        vocabulary = Vocabulary(self.symbols + frame)
        return InputFormat(vocabulary, self.max_length, self.begin, self.end)

    @property
    def vocabulary_size(self) -> int:
        """Number of symbols, frame and ``<pad>``, as the paper counts."""
        return len(self.input.vocabulary) + 1

    @property
    def space(self) -> InputSpace:
        """All bare sequences that are inputs of the task."""
        lengths = range(self.min_length, self.input.max_bare_length + 1)
        return InputSpace(self.alphabets or (self.symbols,), lengths)

    @property
    def domain_size(self) -> int:
        """Number of inputs that exist."""
        return self.space.size

    def enumerate(self) -> Iterator[Tokens]:
        """Yield every input once: by length, the last position varying fastest."""
        return self.space.enumerate()

    def target(self, tokens: Tokens) -> Target:
        """Return the checked result of the definition.

        Raises:
            TaskError: If the definition fails or gives something else than labels.
        """
        what = f"task {self.name!r}: the definition"
        target = called(f"{what} fails for {tokens!r}", (), self.definition, tokens)
        fits, expected = self._is_label(target), "one label"
        if self.tagging:
            expected = f"a tuple of {len(tokens)} labels"
            fits = (
                isinstance(target, tuple)
                and len(target) == len(tokens)
                and all(label is None or self._is_label(label) for label in target)
            )
        if not fits:
            raise TaskError(
                f"{what} gives {brief(target)} for {tokens!r}, "
                f"expected {expected} among {', '.join(map(repr, self.labels))}"
            )
        return target

    def _is_label(self, found: object) -> bool:
        return isinstance(found, str) and found in self.labels

    def build(
        self, vocabulary_size: int | None = None, max_length: int | None = None
    ) -> Task:
        """Return the task at another size.

        Args:
            vocabulary_size: Number of symbols, frame and ``<pad>``.
            max_length: Most tokens, frame included.

        Raises:
            TaskError: If the task cannot have this size.
        """
        size = self.vocabulary_size if vocabulary_size is None else vocabulary_size
        length = self.max_length if max_length is None else max_length
        for name, value, most in (
            ("vocabulary_size", size, LARGEST_VOCABULARY),
            ("max_length", length, LONGEST_SEQUENCE),
        ):
            if value > most:
                expected = f"task {self.name!r}: expected ", SettingName(name)
                raise TaskError(*expected, f" <= {most}, got {value}")
        if self.resize is not None:
            what = f"task {self.name!r}: its resize fails"
            task = called(what, TaskError, self.resize, self, size, length)
            if not isinstance(task, Task):
                raise TaskError(f"{what}: expected a task, got {brief(task)}")
            return task
        if size != self.vocabulary_size:
            raise TaskError(
                f"task {self.name!r}: the symbols are fixed, so the vocabulary size is "
                f"{self.vocabulary_size}, got {size}"
            )
        return replace(self, max_length=length)

    def dataset(
        self,
        size: int = 20_000,
        seed: int = 0,
        vocabulary_size: int | None = None,
        max_length: int | None = None,
    ) -> Dataset:
        """Draw distinct labelled inputs, split 80/10/10 at random (appendix B.1).

        Args:
            size: Number of inputs. If no more exist, all are used and a note says so.
            seed: Fixes every random choice.
            vocabulary_size: As for ``build``.
            max_length: As for ``build``.

        Raises:
            TaskError: If there are fewer than 3 inputs, or as for ``build``.
        """
        task = self.build(vocabulary_size, max_length)
        try:
            SEED.check(SettingName("seed", DrawSettings), seed)
        except SettingsError as error:
            raise TaskError(f"task {task.name!r}: ", *error.args) from None
        if size < 3:
            expected = f"task {task.name!r}: expected ", SettingName("size")
            raise TaskError(*expected, f" >= 3, to split inputs, got {size}")
        exist = task.space.size_up_to(size)
        check_drawn_fit(task.space, {"size": size, "max_length": task.max_length})
        if exist < 3:
            raise TaskError(
                f"task {task.name!r}: expected 3 inputs to split, {exist} exist"
            )
        rng = np.random.default_rng(seed)
        notes: tuple[str, ...] = ()
        if exist <= size:
            sequences = list(task.enumerate())
            notes = (
                f"{exist:,} unique inputs exist; {size:,} were asked for: all are used",
            )
        else:
            sequences = sample_distinct(task.space, size, rng, task.draw)
        return task.split(sequences, rng, notes)

    def split(
        self,
        sequences: list[Tokens],
        rng: np.random.Generator,
        notes: tuple[str, ...] = (),
    ) -> Dataset:
        """Return inputs with their labels, split 80/10/10 at random."""
        sequences = [sequences[index] for index in rng.permutation(len(sequences))]
        validation = part_size(len(sequences), VALIDATION_FRACTION)
        test = validation + part_size(len(sequences), TEST_FRACTION)
        return Dataset(
            name=self.name,
            input=self.input,
            labels=self.labels,
            tagging=self.tagging,
            train=self.examples(sequences[test:]),
            validation=self.examples(sequences[:validation]),
            test=self.examples(sequences[validation:test]),
            notes=notes,
        )

    def examples(self, sequences: list[Tokens]) -> Examples:
        """Label sequences by the definition."""
        return Examples(tuple(sequences), tuple(map(self.target, sequences)))


def _repeated(tokens: Tokens) -> set[str]:
    return {token for token, times in Counter(tokens).items() if times > 1}


def task_hash(task: Task, file_sha256: str = "") -> str:
    """Hash a task at its size: its inputs, labels, and the text of its functions.

    For the functions that these call stand the package version and the hash of the
    file that registers the task, "" for a built-in one.
    """
    settings: list[Any] = [
        *(task.name, task.symbols, task.labels, task.max_length, task.begin, task.end),
        *(task.min_length, task.alphabets, task.tagging, file_sha256),
        *(_text(part) for part in (task.definition, task.formula, task.draw)),
    ]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()


def _text(function: Callable[..., object] | None) -> list[str]:
    if function is None:
        return []
    if isinstance(function, partial):
        given = sorted(function.keywords.items())
        named = [(name, _named(value)) for name, value in given]
        return [*_text(function.func), *map(_named, function.args), repr(named)]
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        return [getattr(function, "__qualname__", type(function).__qualname__)]
    if function.__module__.startswith(_CATALOG):
        # Certificates hold hashes in which a formula is called like its definition.
        text = text.replace("_formula(", "(", 1)
    return [text]


def _named(value: object) -> str:
    """Return a text for a value that is the same in every process."""
    return getattr(value, "__qualname__", None) or repr(value)
