"""The options of ``tprog train`` and ``tprog baseline``, and what they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from transformer_programs.cli.base import Flag
from transformer_programs.data import Format, TagScheme
from transformer_programs.errors import (
    DataError,
    SettingsError,
    TaskError,
    TrainingError,
)
from transformer_programs.program import Pooling, Scope, Splitting
from transformer_programs.settings import Learner, Recipe


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Changes to the model that suits the task or data."""

    layers: int | None = None
    """Layers; in each, heads come first and tables read them too."""
    categorical_heads: int | None = None
    """Heads per layer that copy a value from the nearest match."""
    numerical_heads: int | None = None
    """Heads per layer that count matches."""
    set_predicates: bool | None = None
    """Whether every second head matches a set of keys for each query, not one."""
    tables: int | None = None
    """Lookup tables per layer over two variables, counts among them."""
    cardinality: int | None = None
    """Values per learned variable; by default the larger of vocabulary and length."""
    word_classes: int | None = None
    """Learned classes per token; 0 keeps every token apart."""
    fixed_classes: bool | None = None
    """Let every second restart keep the word classes that it begins with."""
    window: int | None = None
    """Neighbours on each side whose word classes and surfaces the readout reads too."""
    pairs: int | None = None
    """Tables over a word class and that of a word before, each entry with weights."""
    scope: Scope | None = None
    """The widest scope of a head; each learns its own within it."""
    pooling: Pooling | None = None
    """How scores become one label per sequence; none: a label per token."""


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """Changes to the training that suits the task or data."""

    steps: int | None = None
    """Gradient steps."""
    batch_size: int | None = None
    """Sequences per step."""
    group_by_length: bool | None = None
    """Take sequences of about the same length in a step: faster."""
    learning_rate: float | None = None
    """Step size of Adam."""
    annealing: bool | None = None
    """Let the step size fall from the first step on, along half a cosine."""
    restarts: int | None = None
    """Models trained side by side from different random starts; the best is kept."""
    halvings: int | None = None
    """How often the less accurate half of the restarts is given up."""
    combine: bool | None = None
    """Let all restarts become one program that adds up their scores, if better."""
    tau_start: float | None = None
    """Temperature of random choices at the first step."""
    tau_end: float | None = None
    """Temperature at the end, nearly 0: then choices are made."""
    settle: float | None = None
    """By what part of the steps the first layer's choices are final before the last's;
    above 0 noise falls, too."""
    dropout: float | None = None
    """The share of positions that mean pooling leaves out at random."""
    fixed_penalty: float | None = None
    """How small weights are held in restarts that keep their first word classes."""
    evaluations: int | None = None
    """How often programs are evaluated on validation data."""
    polish: int | None = None
    """Passes over the single choices of the learned program; 0: none."""
    readout_scale: int | None = None
    """Integer steps per unit of the readout's weights."""
    seed: int | None = None
    """Fixes every random choice of training [default: 0]."""
    threads: int | None = None
    """CPU threads [default: 1]; more rarely pay."""
    device: str | None = None
    """Where to train: cpu, cuda, mps [default: cpu]."""


@dataclass(frozen=True, slots=True)
class StandardOptions:
    """Changes to the standard Transformer that suits the task or data."""

    layers: int | None = None
    """Layers [default: as many as the program's]."""
    heads: int | None = None
    """Attention heads per layer [default: 8; 4 where the program has fewer than 8]."""
    width: int | None = None
    """Numbers per token in the residual stream [default: 64]."""
    feed_forward: int | None = None
    """Hidden units of each feed-forward network [default: 128]."""
    causal: bool | None = None
    """Whether positions see only those before them [default: as the program's]."""
    dropout: float | None = None
    """The share of activations that training leaves out [default: 0]."""
    steps: int | None = None
    """Gradient steps [default: 1500]."""
    batch_size: int | None = None
    """Sequences per step [default: 256]."""
    learning_rate: float | None = None
    """The largest step size of AdamW [default: 0.003]."""
    evaluations: int | None = None
    """How often the model is evaluated on validation data [default: 15]."""
    seed: int | None = None
    """Fixes every random choice of training [default: 0]."""
    threads: int | None = None
    """CPU threads [default: 1]."""
    device: str | None = None
    """Where to train: cpu, cuda, mps [default: cpu]."""


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Changes to the search for an exact program."""

    search_work: float | None = None
    """Budget, in millions of operations: about a second a thousand [default: 40000;
    8000 for files with more than 64 different tokens]."""
    search_seconds: float | None = None
    """Limit on wall time as well [default: none]: the result then depends on the
    machine."""
    search_layers: int | None = None
    """Layers of candidates [default: 4]; each reads what those before it wrote."""
    search_beam: int | None = None
    """Candidates of one kind that a layer hands on [default: 40]."""
    search_sample: int | None = None
    """Sequences that candidates are counted on at first [default: 240]."""
    search_growth: int | None = None
    """Sequences that join them when the best program still errs [default: 80]."""
    max_statements: int | None = None
    """Larger programs are not considered [default: 16]."""


@dataclass(frozen=True, slots=True)
class DataOptions:
    """What is learned from: inputs drawn from a task, a file, or a data set."""

    dataset: str | None = None
    """A data set of Hugging Face: conll2003, trec, rotten_tomatoes, SetFit/subj,
    ag_news, another of the hub, or a folder that save_to_disk wrote."""
    configuration: str | None = None
    """Which configuration of the data set, if it has several."""
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
    format: Format | None = None
    """How the file is written [default: by its extension, else its first lines]."""
    delimiter: str | None = None
    """The character between columns, or tab [default: by the names of columns]."""
    columns: str | None = None
    """Names of the columns where the first line is data, such as text,label."""
    encoding: str | None = None
    """The encoding of the files [default: UTF-8, or as they look]."""
    no_label: str | None = None
    """A tag that stands for none, neither learned nor scored."""
    split: Splitting | None = None
    """Where a text is split into tokens [default: whitespace]."""
    validation: str | None = None
    """A separate file of validation data."""
    test: str | None = None
    """A separate file of test data."""
    max_vocabulary: int | None = None
    """The most tokens that are told apart; others become <unk>."""
    more_words: str | None = None
    """Word vectors whose words are told apart too, though training lacks them."""
    closed_vocabulary: Flag = False
    """Make an unknown token an error, not <unk>."""
    truncate: Flag = False
    """Cut sequences longer than --max-length, instead of refusing them."""
    frame: Flag = False
    """Put <s> before every sequence, and </s> after it."""
    max_training_length: int | None = None
    """The most tokens of sequences in training; longer ones stay in the test alone."""
    tag_scheme: TagScheme | None = None
    """How tags write entities; iob1 is read as IOB2 [default: found out]."""
    language: Flag = False
    """Read sentences as suits them: --max-vocabulary 20000 --lowercase --fold-digits
    --frame --surfaces shape,prefix,suffix2,suffix, and the words of --vectors too."""
    surfaces: str | None = None
    """Read characters too, also of unknown tokens: such as shape,prefix,suffix2."""
    surface_values: int | None = None
    """The most values of each surface; others become one [default: 64]."""
    lowercase: Flag = False
    """Put tokens into lower case before they are looked up."""
    fold_digits: Flag = False
    """Take each run of digits for 0 when a token is looked up."""


OF_TASKS = ("size", "vocabulary_size")
"""Data options that mean nothing for files."""

OF_WRITTEN = ("format", "delimiter", "columns", "encoding")
"""Data options of how a file is written."""

OF_FILES = (
    *OF_WRITTEN,
    "no_label",
    *("tokens_column", "label_column", "split", "validation", "test"),
    *("max_vocabulary", "more_words", "closed_vocabulary"),
    *("truncate", "frame"),
    "max_training_length",
    *(
        "language",
        "surfaces",
        "surface_values",
        "lowercase",
        "fold_digits",
        "tag_scheme",
    ),
)
"""Data options that mean nothing for tasks."""

OF_DATASETS = ("dataset", "configuration")
"""Data options that say which data set of Hugging Face it is."""

OF_BOTH = ("seed",)
"""Training options that the search reads as well."""

Options = DataOptions | ModelOptions | SearchOptions | StandardOptions | TrainingOptions


def learner(
    chosen: Learner | None,
    model: ModelOptions,
    training: TrainingOptions,
    search: SearchOptions,
) -> Learner | None:
    """The learner; None to take what suits the data.

    Options of gradient descent alone ask for it.

    Raises:
        SettingsError: for options that the chosen learner does not read.
    """
    of_gradient = [n for n in (*given(model), *given(training)) if n not in OF_BOTH]
    unread = {Learner.SEARCH: of_gradient, Learner.GRADIENT: list(given(search))}
    if chosen is not None and unread.get(chosen):
        raise SettingsError(
            f"{shown(unread[chosen])}: not for --learner {chosen}; omit it, or choose "
            "--learner auto, which uses both"
        )
    if chosen is None and of_gradient:
        return Learner.AUTO if given(search) else Learner.GRADIENT
    return chosen


def change(
    recipe: Recipe,
    model: ModelOptions,
    training: TrainingOptions,
    search: SearchOptions,
) -> Recipe:
    """The settings, with the options that were given."""
    changes = {setting(n): v for n, v in given(search).items()}
    changes |= {n: v for n, v in given(training).items() if n in OF_BOTH}
    with as_typed(model):
        recipe = replace(recipe, model=replace(recipe.model, **given(model)))
    with as_typed(training):
        recipe = replace(recipe, training=replace(recipe.training, **given(training)))
    with as_typed(search):
        return replace(recipe, search=replace(recipe.search, **changes))


@contextmanager
def as_typed(*options: Options) -> Iterator[None]:
    """In this context, errors name options as they are typed, not as fields."""
    try:
        yield
    except (DataError, SettingsError, TaskError, TrainingError) as error:
        text = str(error)
        for field in (field for part in options for field in fields(part)):
            name, option = setting(field.name), shown([field.name])
            text = re.sub(_mention(name), option, text)
        raise type(error)(text) from error


def _mention(name: str) -> str:
    """What mentions a setting in a message: a name in Python, or a word compared."""
    if "_" in name:
        return rf"(?<![\w/.'\"-]){name}(?![\w/'\"-]|\.\w)"
    return rf"(?<![\w-]){name}(?= (?:[<>]=?|needs) )|(?<=<= ){name}\b|(?<=set ){name}\b"


def setting(option: str) -> str:
    """The setting that an option sets, as Python names it."""
    return option.removeprefix("search_").removeprefix("data_")


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
