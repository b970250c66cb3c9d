"""What a user can choose: the learner, the shape of a model, how it is trained.

Plain frozen data without torch, so that tasks can name their defaults and the command
line can show them. Field docstrings are the command line's help.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from transformer_programs.errors import SettingsError
from transformer_programs.program import Pooling, Scope


def at_least(least: int, **values: int) -> None:
    """Refuse sizes that make no model or training.

    Raises:
        SettingsError: for the first value below the least.
    """
    for name, value in values.items():
        if value < least:
            raise SettingsError(f"expected {name} >= {least}, got {value}")


MOST_THREADS = 256
"""CPU threads, and processes, beyond which systems end a program without a word."""


def at_most(most: int, **values: int) -> None:
    """Refuse sizes that nothing could be done with.

    Raises:
        SettingsError: for the first value above the most.
    """
    for name, value in values.items():
        if value > most:
            raise SettingsError(f"expected {name} <= {most}, got {value}")


def check_seed(seed: int) -> None:
    """Refuse what no random generator takes.

    Raises:
        SettingsError: unless 0 <= seed < 2**63.
    """
    if not 0 <= seed < 1 << 63:
        raise SettingsError(f"expected 0 <= seed < 2**63, got {seed}")


class Learner(StrEnum):
    """How a program is learned."""

    AUTO = "auto"
    """By search, and if it finds no exact program by gradient descent as well."""
    SEARCH = "search"
    """By proposing modules and counting (docs/search.md)."""
    GRADIENT = "gradient"
    """By gradient descent on a relaxed model (paper, section 3)."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The shape of a Transformer Program (paper, section 3 and appendix B).

    >>> tp.ModelSettings(layers=1, word_classes=2).layers
    1
    """

    layers: int = 3
    """Layers; in each, heads come first and tables read them too."""
    categorical_heads: int = 4
    """Heads per layer that copy a value from the nearest match."""
    numerical_heads: int = 4
    """Heads per layer that count all matches."""
    set_predicates: bool = False
    """Whether every second head matches a set of keys for each query, and not one key:
    for relations such as "less than"."""
    tables: int = 4
    """Lookup tables per layer over two variables, counts among them."""
    cardinality: int | None = None
    """Values per categorical variable; by default the larger of vocabulary and
    length."""
    word_classes: int = 0
    """Learned classes per token; 0 gives every token its own value, which suits small
    vocabularies."""
    fixed_classes: bool = False
    """Whether every second restart keeps the classes that words begin with, which are
    then clusters of word vectors and of the labels that words occur with: for data that
    would be learned too closely."""
    window: int = 0
    """Neighbours on each side, within ``scope``, whose word classes and surfaces the
    readout also reads; of use in tagging alone."""
    pairs: int = 0
    """Tables over a word class and that of a word before, with weights of their own for
    every entry: class 0 and its neighbour, class 1 and its, ..., then two before."""
    scope: Scope = Scope.ALL
    """The widest scope of a head. Each learns its own: all, or only those before or
    after; causal, or only those before."""
    pooling: Pooling = Pooling.NONE
    """Labels per position (none), or one per sequence (mean or first)."""

    def __post_init__(self) -> None:
        """Refuse sizes that make no model; take names for members."""
        for name, kind in (("scope", Scope), ("pooling", Pooling)):
            value = getattr(self, name)
            if value not in list(kind):
                names = ", ".join(member.value for member in kind)
                raise SettingsError(f"expected {name} {names}, got {value!r}")
            object.__setattr__(self, name, kind(value))
        at_least(1, layers=self.layers)
        if self.cardinality is not None:
            at_least(2, cardinality=self.cardinality)
        at_least(
            0,
            categorical_heads=self.categorical_heads,
            numerical_heads=self.numerical_heads,
            tables=self.tables,
            word_classes=self.word_classes,
            window=self.window,
            pairs=self.pairs,
        )
        for name, value in (
            ("pairs", self.pairs),
            ("fixed_classes", self.fixed_classes),
        ):
            if value and not self.word_classes:
                raise SettingsError(
                    f"{name}={value} needs word_classes >= 1, got word_classes=0"
                )


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How models are trained (paper, section 3.5 and appendix B).

    >>> tp.TrainSettings(steps=200, restarts=4, seed=1).steps
    200
    """

    steps: int = 2400
    """Gradient steps."""
    batch_size: int = 64
    """Sequences per step."""
    group_by_length: bool = False
    """Whether the sequences of a step are of about the same length: steps are then
    shorter, as little is padded, and differ more from each other."""
    learning_rate: float = 0.05
    """Step size of Adam; it falls in the last tenth of the steps."""
    annealing: bool = False
    """Whether the step size falls from the first step on, along half a cosine: then
    training fits the data less closely, which suits noisy ones."""
    restarts: int = 8
    """Models trained side by side from different random starts; the best is kept."""
    halvings: int = 0
    """How often, up to half of the steps, the less accurate half of the restarts is
    given up."""
    combine: bool = False
    """Whether the programs of all restarts become one at the end, whose scores are the
    sums of theirs, if that is better on validation data than the best of them."""
    tau_start: float = 3.0
    """Temperature of the Gumbel-Softmax at the first step."""
    tau_end: float = 0.01
    """Temperature at the last step; it falls geometrically in between."""
    settle: float = 0.0
    """By what part of the steps the first layer makes its choices final before the last
    one, those between in turn: later layers then learn from what it will write. The
    noise in choices then falls, too, to nothing."""
    dropout: float = 0.0
    """The share of positions that mean pooling leaves out of the scores at random."""
    fixed_penalty: float = 0.0
    """What the squares of the readout's weights, summed and times this, add to the loss
    of restarts that keep the classes which words begin with (ridge regression)."""
    evaluations: int = 10
    """How often the hardened models are evaluated on validation data."""
    polish: int = 0
    """Passes, at most, over the single choices of the learned program: each is made
    otherwise where that lowers the loss on training data."""
    readout_scale: int = 10
    """Fixed-point steps per unit when readout weights are rounded to integers."""
    seed: int = 0
    """Fixes every random choice."""
    threads: int = 1
    """CPU threads; the tensors are small, so that more rarely pay."""
    device: str = "cpu"
    """Where to train, as PyTorch names it: cpu, cuda, cuda:1, mps."""

    def __post_init__(self) -> None:
        """Refuse values that cannot train."""
        at_least(
            1,
            steps=self.steps,
            batch_size=self.batch_size,
            restarts=self.restarts,
            evaluations=self.evaluations,
            readout_scale=self.readout_scale,
            threads=self.threads,
        )
        at_least(0, halvings=self.halvings, polish=self.polish)
        at_most(MOST_THREADS, threads=self.threads)
        check_seed(self.seed)
        if not 0 < self.tau_end <= self.tau_start < math.inf:
            raise SettingsError(
                "expected finite 0 < tau_end <= tau_start, got "
                f"tau_start={self.tau_start}, tau_end={self.tau_end}"
            )
        for name in ("dropout", "settle"):
            if not 0 <= getattr(self, name) < 1:
                value = getattr(self, name)
                raise SettingsError(f"expected 0 <= {name} < 1, got {value}")
        if not 0 <= self.fixed_penalty < math.inf:
            raise SettingsError(
                f"expected a finite fixed_penalty >= 0, got {self.fixed_penalty}"
            )
        if not 0 < self.learning_rate < math.inf:
            raise SettingsError(
                f"expected a finite learning_rate > 0, got {self.learning_rate}"
            )


def warm_start(training: TrainSettings) -> TrainSettings:
    """The settings for a training that starts at a program.

    A start has firm choices, and its heads take the nearest match without a
    temperature: it bears a hot beginning, and from a hot one damaged predicates are
    mended further than from a cooler one.
    """
    return replace(training, tau_start=3.0, tau_end=0.1, learning_rate=0.05)


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How long and how widely to search (docs/search.md).

    >>> tp.SearchSettings(layers=1, max_statements=4).layers
    1
    """

    work: float = 40_000
    """Budget in millions of operations, about a second a thousand; the best program
    found so far is returned when it is spent."""
    seconds: float | None = None
    """Limit on wall time, on which the result then depends; none if None."""
    layers: int = 4
    """Layers of candidates: each reads what the layers before it wrote."""
    beam: int = 40
    """Candidates of one kind that a layer hands on."""
    sample: int = 240
    """Training sequences that candidates are counted on at first."""
    growth: int = 80
    """Failing sequences that join the sample when the best program is not exact."""
    max_statements: int = 16
    """Larger programs are not considered."""
    seed: int = 0
    """Fixes the choice of the sample, the only choice by chance."""

    def __post_init__(self) -> None:
        """Refuse budgets that allow no search."""
        at_least(
            1,
            layers=self.layers,
            beam=self.beam,
            sample=self.sample,
            growth=self.growth,
            max_statements=self.max_statements,
        )
        check_seed(self.seed)
        if not 0 < self.work < math.inf:
            raise SettingsError(f"expected finite work > 0, got {self.work}")
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise SettingsError(f"expected finite seconds > 0, got {self.seconds}")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings that suit some data."""

    model: ModelSettings
    training: TrainSettings = TrainSettings()
    search: SearchSettings = SearchSettings()
    learner: Learner = Learner.AUTO
    causal: bool = False
    """Whether a label may depend on its token and those before alone."""


SLICE = 8_000
"""Units of work of a search among the words of texts."""

LONG_TEXT = 256
"""Texts of more tokens are not searched unasked: candidates look at all pairs."""

LARGE_VOCABULARY = 64
"""Above it tokens are read through learned word classes."""


def suited_recipe(tagging: bool, vocabulary_size: int, max_length: int = 1) -> Recipe:
    """Settings for data of which nothing more is known."""
    if vocabulary_size > LARGE_VOCABULARY:
        recipe = _recipe_for_words(tagging)
        if max_length > LONG_TEXT:
            return replace(recipe, learner=Learner.GRADIENT)
        return recipe
    return _recipe_for_symbols(tagging)


def _recipe_for_symbols(tagging: bool) -> Recipe:
    """Classification starts with a table over token and position; tagging needs heads.

    The values of the table are weighed and summed: an additive score, easy to read.
    """
    model = ModelSettings(
        layers=1,
        categorical_heads=4 if tagging else 0,
        numerical_heads=0,
        tables=1,
        cardinality=12,
        pooling=Pooling.NONE if tagging else Pooling.MEAN,
    )
    training = TrainSettings(
        steps=1600,
        batch_size=32,
        learning_rate=0.03,
        restarts=4,
        tau_start=1.0,
        tau_end=0.1,
        dropout=0.3,
    )
    return Recipe(model, training)


def _recipe_for_words(tagging: bool) -> Recipe:
    """Sums over the classes of words, their characters, and pairs of words.

    The search gets a slice of work: its grammar compares tokens, which means little
    among many words, but a rule about a few of them is found in seconds.
    """
    model = ModelSettings(
        layers=1,
        categorical_heads=0,
        numerical_heads=0,
        tables=0,
        cardinality=64,
        word_classes=4,
        fixed_classes=not tagging,
        window=2 if tagging else 0,
        pairs=0 if tagging else 2,
        pooling=Pooling.NONE if tagging else Pooling.MEAN,
    )
    training = TrainSettings(
        steps=3000 if tagging else 4000,
        batch_size=32 if tagging else 64,
        learning_rate=0.02,
        annealing=True,
        restarts=3 if tagging else 2,
        combine=True,
        tau_start=1.0,
        tau_end=0.1,
        dropout=0.0 if tagging else 0.3,
        fixed_penalty=0.0 if tagging else 0.001,
        readout_scale=30,
    )
    return Recipe(model, training, SearchSettings(work=SLICE))


SHARED = "seed"
"""The setting that the search has as well, under the same name."""


def search_name(field: str) -> str:
    """The name of a setting of the search among all settings."""
    return field if field == "max_statements" else f"search_{field}"


MODEL_FIELDS = {field.name: field.name for field in fields(ModelSettings)}
TRAINING_FIELDS = {field.name: field.name for field in fields(TrainSettings)}
SEARCH_FIELDS = {
    search_name(field.name): field.name
    for field in fields(SearchSettings)
    if field.name != SHARED
}
"""The fields of settings, by the names that they have here."""


def apply(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """A recipe with some settings replaced.

    Raises:
        SettingsError: if the result contradicts itself.
    """
    search = _named(settings, SEARCH_FIELDS | {SHARED: SHARED})
    return replace(
        recipe,
        model=replace(recipe.model, **_named(settings, MODEL_FIELDS)),
        training=replace(recipe.training, **_named(settings, TRAINING_FIELDS)),
        search=replace(recipe.search, **search),
    )


def _named(settings: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Those settings that have one of the names, by the names of their fields."""
    return {names[name]: settings[name] for name in settings if name in names}
