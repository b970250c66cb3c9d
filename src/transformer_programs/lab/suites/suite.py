"""Tasks of public suites: definitions with an own way to draw and to list inputs.

The size of an input is the number of its tokens, if a task does not say otherwise: of
``x | f(x)`` it is the number of tokens of x, as the suite has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product

import numpy as np

from transformer_programs.data import Dataset, Examples
from transformer_programs.errors import TaskError
from transformer_programs.language import Pooling
from transformer_programs.settings import ModelSettings
from transformer_programs.tasks import Task

Tokens = tuple[str, ...]

Labels = tuple[str | None, ...]
"""One label per token, None where there is none."""

Sample = Callable[[np.random.Generator, int], Tokens | None]
"""Draws an input of a size; None if there is none of this size."""

Inputs = Callable[[int], Iterable[Tokens]]
"""Gives all inputs of a size."""

FRAME = "<s>"
"""The token before inputs."""

PER_SEQUENCE = ModelSettings(pooling=Pooling.FIRST)
"""Model settings of a task with one label per sequence."""

ATTEMPTS = 8
"""How often as many inputs are drawn as are still wanted, before there are fewer."""


@dataclass(frozen=True, slots=True, repr=False)
class SuiteTask(Task):
    """A task of a public suite.

    Attributes:
        sizes: Sizes of the inputs that it is learned from.
        longer: Greater sizes at which programs are judged, in ranges; none if longer
            inputs have other labels.
        sample: Draws an input; by default uniformly from all sequences of a size.
        inputs: Lists all inputs of a size; by default all sequences.
        causal: Whether programs may read only a token and those before, as the suite
            has it.
    """

    sizes: range = range(1, 2)
    longer: tuple[range, ...] = ()
    sample: Sample | None = None
    inputs: Inputs | None = None
    causal: bool = False

    def dataset(
        self,
        size: int = 20_000,
        seed: int = 0,
        vocabulary_size: int | None = None,
        max_length: int | None = None,
    ) -> Dataset:
        """Draw distinct labelled inputs, split 80/10/10; see ``Task.dataset``.

        If there are not more than ``size`` inputs, all are used.
        """
        task = self.build(vocabulary_size, max_length)
        rng = np.random.default_rng(seed)
        sequences = list(islice(self._listed(), size + 1))
        notes: tuple[str, ...] = ()
        if len(sequences) > size:
            sequences = self.draw_distinct(self.sizes, size, rng)
        if len(sequences) < size:
            notes = (f"{len(sequences):,} inputs, not {size:,}: no more were found",)
        if len(sequences) < 3:
            raise TaskError(
                f"task {self.name!r}: expected 3 inputs to split, got {len(sequences)}"
            )
        return task.split(sequences, rng, notes)

    def _listed(self) -> Iterator[Tokens]:
        for size in self.sizes:
            yield from self.inputs_of(size)

    def inputs_of(self, size: int) -> Iterable[Tokens]:
        """Return all inputs of a size, lazily."""
        if self.inputs is not None:
            return self.inputs(size)
        return product(*self.space.alphabets_of(size))

    def all_inputs(self, most: int) -> tuple[list[Tokens], int]:
        """Return every input of the smallest sizes, at most so many in all.

        Returns:
            The inputs, and the largest of these sizes, 0 without any.
        """
        found: list[Tokens] = []
        largest = 0
        for size in self.sizes:
            these = list(islice(self.inputs_of(size), most + 1 - len(found)))
            if len(found) + len(these) > most:
                break
            found, largest = found + these, size
        return found, largest if found else 0

    def draw_distinct(
        self, sizes: range, count: int, rng: np.random.Generator
    ) -> list[Tokens]:
        """Draw distinct inputs of uniform sizes; fewer if no more are found."""
        drawn: dict[Tokens, None] = {}  # an ordered set
        for _ in range(ATTEMPTS):
            for size in rng.choice(sizes, size=count - len(drawn)).tolist():
                tokens = self.drawn(rng, size)
                if tokens is not None:
                    drawn[tokens] = None
            if len(drawn) == count:
                break
        return list(drawn)

    def drawn(self, rng: np.random.Generator, size: int) -> Tokens | None:
        """Draw one input of a size; None if there is none."""
        if self.sample is not None:
            return self.sample(rng, size)
        alphabets = self.space.alphabets_of(size)
        ids = rng.integers([len(letters) for letters in alphabets]).tolist()
        return tuple(letters[i] for letters, i in zip(alphabets, ids, strict=True))

    def labelled(self, sequences: Iterable[Tokens]) -> Examples:
        """Label inputs, even with labels that those of training do not have."""
        tokens = tuple(sequences)
        return Examples(tokens, tuple(map(self.definition, tokens)))


@dataclass(frozen=True, slots=True)
class Suite:
    """A public suite of tasks.

    Attributes:
        name: Its name on the command line.
        title: Its name on the page.
        about: Where it is from, and what its inputs and labels are.
        tasks: Its tasks.
        best: The best published result on all of it, in words.
        published: Results on single tasks, by column and task.
    """

    name: str
    title: str
    about: str
    tasks: tuple[SuiteTask, ...]
    best: str
    published: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def picked(rng: np.random.Generator, letters: Tokens | str, count: int) -> Tokens:
    """Draw so many letters, uniformly."""
    return tuple(letters[i] for i in rng.integers(len(letters), size=count).tolist())


def integers(first: int, last: int) -> Tokens:
    """Return the integers from the first to the last, as tokens."""
    return tuple(map(str, range(first, last + 1)))
