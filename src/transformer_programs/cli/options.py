"""The options of ``tprog train``, and what they ask for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from transformer_programs.errors import SettingsError
from transformer_programs.program.nodes import Pooling, Scope
from transformer_programs.settings import Recipe
from transformer_programs.tasks.options import ReadOptions, Splitting
from transformer_programs.tasks.sources import FileSource, Source, TaskSource

Flag = Annotated[bool, Parameter(negative="")]
"""An option that is given or not."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Changes to the model that suits the task or data."""

    layers: int | None = None
    """Layers; in each, heads come first and tables read them too."""
    categorical_heads: int | None = None
    """Heads per layer that copy a value from the nearest match."""
    numerical_heads: int | None = None
    """Heads per layer that count matches."""
    categorical_tables: int | None = None
    """Lookup tables per layer over two categorical variables."""
    numerical_tables: int | None = None
    """Lookup tables per layer over two counts."""
    cardinality: int | None = None
    """Values per learned variable; by default the larger of vocabulary and length."""
    word_classes: int | None = None
    """Learned classes per token; 0 keeps every token apart."""
    hidden: int | None = None
    """Hidden units of the network that learns a table over counts."""
    sum_counts: bool | None = None
    """Whether counting heads may also sum earlier counts."""
    scope: Scope | None = None
    """Which positions heads may look at."""
    pooling: Pooling | None = None
    """How scores become one label per sequence; none: a label per token."""


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """Changes to the training that suits the task or data."""

    steps: int | None = None
    """Gradient steps."""
    batch_size: int | None = None
    """Sequences per step."""
    learning_rate: float | None = None
    """Step size of Adam."""
    restarts: int | None = None
    """Models trained side by side from different random starts; the best is kept."""
    tau_start: float | None = None
    """Temperature of random choices at the first step."""
    tau_end: float | None = None
    """Temperature at the end, nearly 0: then choices are made."""
    dropout: float | None = None
    """The share of positions that mean pooling leaves out at random."""
    evaluations: int | None = None
    """How often programs are evaluated on validation data."""
    readout_scale: int | None = None
    """Integer steps per unit of the readout's weights."""
    seed: int | None = None
    """Fixes every random choice of training [default: 0]."""
    threads: int | None = None
    """CPU threads [default: 1]; more rarely pay."""
    device: str | None = None
    """Where to train: cpu, cuda, mps [default: cpu]."""


@dataclass(frozen=True, slots=True)
class DataOptions:
    """What is learned from: inputs drawn from a task, or a file."""

    size: int | None = None
    """Inputs drawn from a task [default: 20000]."""
    vocabulary_size: int | None = None
    """The size of a task's vocabulary, special tokens counted."""
    max_length: int | None = None
    """The most tokens per sequence, a task's frame counted."""
    data_seed: int | None = None
    """Draws a task's inputs, and splits the data [default: 0]."""
    tokens_column: str | None = None
    """The file's field or column with the tokens [default: tokens or text]."""
    label_column: str | None = None
    """The file's field or column with the labels [default: tags or label]."""
    split: Splitting | None = None
    """Where a text is split into tokens [default: whitespace]."""
    validation: str | None = None
    """A separate file of validation data."""
    test: str | None = None
    """A separate file of test data."""
    max_vocabulary: int | None = None
    """The most tokens that are told apart; others become <unk>."""
    closed_vocabulary: Flag = False
    """Make an unknown token an error, not <unk>."""
    truncate: Flag = False
    """Cut sequences longer than --max-length, instead of refusing them."""


OF_TASKS = ("size", "vocabulary_size")
"""Data options that mean nothing for files."""

OF_FILES = (
    *("tokens_column", "label_column", "split", "validation", "test"),
    *("max_vocabulary", "closed_vocabulary", "truncate"),
)
"""Data options that mean nothing for tasks."""

Options = DataOptions | ModelOptions | TrainingOptions


def source(task: str | None, data: Path | None, options: DataOptions) -> Source:
    """Where the data are from.

    Raises:
        SettingsError: for neither a task nor a file, or both, or options of the other.
    """
    if (task is None) == (data is None):
        raise SettingsError(
            "expected a task or --data FILE, got "
            + ("neither" if task is None else "both")
            + "; 'tprog tasks' lists the tasks"
        )
    wrong = [n for n in given(options) if n in (OF_FILES if task else OF_TASKS)]
    if wrong:
        kind, other = ("a file", "a task") if task else ("a task", "a file")
        raise SettingsError(
            f"{shown(wrong)}: for data of {kind}, but they are of {other}; omit it"
        )
    chosen = given(options)
    seed = {"seed": chosen.pop("data_seed")} if "data_seed" in chosen else {}
    if task is not None:
        return TaskSource(task, **chosen, **seed)
    return FileSource(str(data), ReadOptions(**chosen, **seed))


def change(recipe: Recipe, model: ModelOptions, training: TrainingOptions) -> Recipe:
    """The settings, with the options that were given."""
    return Recipe(
        replace(recipe.model, **given(model)),
        replace(recipe.training, **given(training)),
    )


def given(options: Options) -> dict[str, Any]:
    """The options that are not left at their default, which is None or False."""
    values = asdict(options)
    return {
        field.name: values[field.name]
        for field in fields(options)
        if values[field.name] is not field.default
    }


def shown(names: list[str]) -> str:
    """Options as they are typed."""
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)
