"""What a task is, and the register of the tasks that have names.

A task is an exact definition (a pure function from tokens to labels) together with the
inputs that it is asked about. ``docs/tasks.md`` shows how to add one.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache

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
from transformer_programs.program import InputFormat, Pooling, Vocabulary
from transformer_programs.settings import (
    SEED,
    DrawSettings,
    ModelSettings,
    TrainSettings,
)
from transformer_programs.system import LONGEST_SEQUENCE
from transformer_programs.tasks.algebra import Formula
from transformer_programs.tasks.generate import Draw, check_drawn_fit, sample_distinct
from transformer_programs.tasks.space import InputSpace

BEGIN = "<s>"
END = "</s>"
PAD = "<pad>"

LARGEST_VOCABULARY = 1_000
"""The most tokens that a task can be asked to have."""

Definition = Callable[[tuple[str, ...]], Target]
"""Bare tokens to one label per token (None where none is asked), or to one label."""


TRAINING = TrainSettings(
    steps=3000, restarts=16, halvings=4, tau_end=0.05, settle=0.5, polish=6
)
"""How models of tasks are trained: many restarts, most of them given up early, layer
after layer made final, and the choices of the best looked at once more."""


@dataclass(frozen=True, slots=True, repr=False)
class Task:
    """A function on token sequences, and the inputs on which it is learned.

    Attributes:
        name: a short name, for the command line.
        summary: what is computed, in one line.
        definition: the exact function, defined on every sequence of the symbols.
        symbols: the tokens of bare inputs, in their natural order.
        labels: the labels that ``definition`` gives.
        max_length: the most tokens of an input, its frame included.
        begin: the token put before every input, if any.
        end: the token put after every input, if any.
        min_length: the fewest bare tokens of a generated input.
        alphabets: the symbols that generated inputs have at each position, used in
            turn; by default every symbol everywhere.
        draw: how inputs of one length are drawn; uniformly by default.
        model: the shape of model that suits the task. Its pooling says whether there
            is a label per token (none) or one per sequence.
        training: how such models are trained.
        resize: makes the task of another vocabulary size (which counts the frame and
            ``<pad>``, as the paper does) and ``max_length``. Without it, the symbols
            are fixed and only ``max_length`` can change.
        formula: the definition once more, in a form that a solver can read.

    Raises:
        TaskError: for attributes that contradict each other.
    """

    name: str
    summary: str
    definition: Definition
    symbols: tuple[str, ...]
    labels: tuple[str, ...]
    max_length: int
    begin: str | None = None
    end: str | None = None
    min_length: int = 1
    alphabets: tuple[tuple[str, ...], ...] = ()
    draw: Draw | None = None
    model: ModelSettings = field(default_factory=ModelSettings)
    training: TrainSettings = TRAINING
    resize: Callable[[Task, int, int], Task] | None = None
    formula: Formula | None = None

    def __repr__(self) -> str:
        return f"<Task {self.name!r}: {self.summary}>"

    def __post_init__(self) -> None:
        """Refuse what makes no task."""
        for problem, found in (
            ("the symbols must be distinct", _repeated(self.symbols)),
            ("the labels must be distinct", _repeated(self.labels)),
            ("no label may be", set(self.labels) & {PAD}),
            (
                "the frame is among the symbols",
                {self.begin, self.end} & {*self.symbols},
            ),
            (
                "alphabets hold tokens that are no symbols",
                {token for a in self.alphabets for token in a} - {*self.symbols},
            ),
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
        """Whether there is a label for every token, not one for the sequence."""
        return self.model.pooling is Pooling.NONE

    @property
    def input(self) -> InputFormat:
        """The token sequences that a program for the task accepts."""
        frame = tuple(t for t in (self.begin, self.end) if t is not None)
        vocabulary = Vocabulary(self.symbols + frame)
        return InputFormat(vocabulary, self.max_length, self.begin, self.end)

    @property
    def vocabulary_size(self) -> int:
        """Symbols, frame and ``<pad>``, which is how the paper counts."""
        return len(self.input.vocabulary) + 1

    @property
    def space(self) -> InputSpace:
        """Every bare sequence that the task asks about."""
        lengths = range(self.min_length, self.input.max_bare_length + 1)
        return InputSpace(self.alphabets or (self.symbols,), lengths)

    @property
    def domain_size(self) -> int:
        """How many inputs exist."""
        return self.space.size

    def enumerate(self) -> Iterator[tuple[str, ...]]:
        """Every input once, lazily: shorter ones first, the last position fastest."""
        return self.space.enumerate()

    def target(self, tokens: tuple[str, ...]) -> Target:
        """What the definition says about bare tokens, checked.

        Raises:
            TaskError: if the definition fails or breaks its promise.
        """
        what = f"task {self.name!r}: the definition"
        target = called(f"{what} fails for {tokens!r}", (), self.definition, tokens)
        if self.tagging:
            fits = (
                isinstance(target, tuple)
                and len(target) == len(tokens)
                and all(label is None or self._is_label(label) for label in target)
            )
            expected = f"a tuple of {len(tokens)} labels"
        else:
            fits = self._is_label(target)
            expected = "one label"
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
        """The same task at another size.

        Args:
            vocabulary_size: symbols, frame and ``<pad>``; unchanged by default.
            max_length: the most tokens, frame included; unchanged by default.

        Raises:
            TaskError: for a size that the task cannot have.
        """
        size = self.vocabulary_size if vocabulary_size is None else vocabulary_size
        length = self.max_length if max_length is None else max_length
        for name, value, most in (
            ("vocabulary_size", size, LARGEST_VOCABULARY),
            ("max_length", length, LONGEST_SEQUENCE),
        ):
            if value > most:
                raise TaskError(
                    f"task {self.name!r}: expected ",
                    SettingName(name),
                    f" <= {most}, got {value}",
                )
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
        """Distinct labelled inputs, shuffled and split 80/10/10 (paper, appendix B.1).

        Args:
            size: how many inputs. Where no more exist, all are used and a note says so.
            seed: fixes every random choice.
            vocabulary_size: as for ``build``.
            max_length: as for ``build``.

        Raises:
            TaskError: for fewer than 3 inputs, a size that the task cannot have, or a
                seed outside 0..2**63 - 1.
        """
        task = self.build(vocabulary_size, max_length)
        try:
            SEED.check(SettingName("seed", DrawSettings), seed)
        except SettingsError as error:
            raise TaskError(f"task {task.name!r}: ", *error.args) from None
        if size < 3:
            raise TaskError(
                f"task {task.name!r}: expected ",
                SettingName("size"),
                f" >= 3, to split inputs, got {size}",
            )
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
        sequences = [sequences[index] for index in rng.permutation(len(sequences))]
        validation = part_size(len(sequences), VALIDATION_FRACTION)
        test = validation + part_size(len(sequences), TEST_FRACTION)
        return Dataset(
            name=task.name,
            input=task.input,
            labels=task.labels,
            tagging=task.tagging,
            train=task.examples(sequences[test:]),
            validation=task.examples(sequences[:validation]),
            test=task.examples(sequences[validation:test]),
            notes=notes,
        )

    def examples(self, sequences: list[tuple[str, ...]]) -> Examples:
        """The sequences with the labels that the definition gives them.

        Raises:
            TaskError: if the definition breaks its promise.
        """
        return Examples(tuple(sequences), tuple(map(self.target, sequences)))


_register: dict[str, Task] = {}
"""Tasks that were registered; the built-in ones are known without."""


@cache
def _built_in() -> dict[str, Task]:
    from transformer_programs.tasks.builtin import BUILT_IN  # it imports this module

    return {task.name: task for task in BUILT_IN}


def _known() -> dict[str, Task]:
    """All tasks by name, the built-in ones first."""
    return _built_in() | _register


def register(task: Task, *, replace: bool = False) -> Task:
    """Make a task known by its name; returns it.

    Args:
        task: what to register.
        replace: whether a task of the same name may be replaced.

    Raises:
        TaskError: if the name is taken.
    """
    if task.name in _known() and not replace:
        raise TaskError(
            f"there is a task {task.name!r} already; choose another name, "
            "or pass replace=True"
        )
    _register[task.name] = task
    return task


def get(name: str) -> Task:
    """The task with this name.

    Raises:
        TaskError: for an unknown name; the message lists the known ones.
    """
    known = _known()
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise TaskError(f"unknown task {name!r}; {hint}known tasks: {', '.join(names())}")


def names() -> tuple[str, ...]:
    """The names of all tasks, in the order in which they were registered."""
    return tuple(_known())


def _repeated(tokens: tuple[str, ...]) -> set[str]:
    return {token for token, times in Counter(tokens).items() if times > 1}
