"""The options of ``tprog train`` that are not settings themselves."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from cyclopts import Parameter

from transformer_programs.program.nodes import Pooling, Scope
from transformer_programs.settings import Recipe
from transformer_programs.tasks.options import ReadOptions, Splitting

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
    count_counts: bool | None = None
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
    device: str | None = None
    """Where to train: cpu, cuda, mps [default: cpu]."""


def change(recipe: Recipe, model: ModelOptions, training: TrainingOptions) -> Recipe:
    """The settings, with the options that were given."""
    return Recipe(
        replace(recipe.model, **_given(model)),
        replace(recipe.training, **_given(training)),
    )


def _given(options: ModelOptions | TrainingOptions) -> dict[str, Any]:
    return {name: value for name, value in asdict(options).items() if value is not None}


@dataclass(frozen=True, slots=True)
class DataOptions:
    """What is learned from: inputs drawn from a task, or a file."""

    size: int = 20_000
    """Inputs drawn from a task."""
    vocabulary_size: int | None = None
    """The size of a task's vocabulary, special tokens counted."""
    max_length: int | None = None
    """The most tokens per sequence, a task's frame counted."""
    data_seed: int = 0
    """Draws a task's inputs, and splits the data."""
    tokens_column: str | None = None
    """The file's field or column with the tokens [default: tokens or text]."""
    label_column: str | None = None
    """The file's field or column with the labels [default: tags or label]."""
    split: Splitting = "whitespace"
    """Where a text is split into tokens."""
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

    def reading(self) -> ReadOptions:
        """How a file is read."""
        return ReadOptions(
            tokens_column=self.tokens_column,
            label_column=self.label_column,
            split=self.split,
            validation=self.validation,
            test=self.test,
            seed=self.data_seed,
            max_vocabulary=self.max_vocabulary,
            closed_vocabulary=self.closed_vocabulary,
            max_length=self.max_length,
            truncate=self.truncate,
        )
